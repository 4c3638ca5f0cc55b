//! The ticket's fields. The inputs start from attributes and are never set by script, so the browser itself
//! keeps what a person has typed and lets every untouched field follow the server.

use crate::api::EditTicket;
use crate::error::Trouble;
use crate::live::use_live;
use crate::model::TicketPage;
use crate::ui::field::{SelectField, TextField, labelled};
use crate::ui::time::{MaybeTime, Time};
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::html;
use leptos::prelude::*;

#[component]
pub fn EditForm(ticket: RwSignal<TicketPage>) -> impl IntoView {
    let live = use_live();
    let save = ServerAction::<EditTicket>::new();
    let trouble = Signal::derive(move || save.value().get().and_then(Result::err));
    let saved = RwSignal::new(false);
    let inner = NodeRef::<html::Div>::new();
    let id = ticket.read_untracked().id.clone();

    let this = id.clone();
    Effect::new(move |_| {
        if save.value().with(|answer| matches!(answer, Some(Ok(())))) {
            let id = this.clone();
            leptos::task::spawn_local(async move {
                // The answer's values become the inputs' defaults; then nothing is "typed" any more.
                if let Ok(now) = crate::api::ticket(id.clone()).await {
                    ticket.try_set(now);
                }
                leptos::task::tick().await;
                forget_typed(inner);
                saved.try_set(true);
                live.moved(&format!("ticket:{id}"));
            });
        }
    });

    let part = move |read: fn(&TicketPage) -> &String| Memo::new(move |_| read(&ticket.read()).clone());
    let title = part(|t| &t.title);
    let description = part(|t| &t.description);
    let status = part(|t| &t.status);
    let kind = part(|t| &t.kind);
    let priority = part(|t| &t.priority);
    let owner = part(|t| &t.owner_email);
    let due = part(|t| &t.due);
    let zone = part(|t| &t.zone);
    let due_hint = format!("Time zone: {}", zone.get_untracked());
    let choices = move |read: fn(&TicketPage) -> &Vec<String>, now: Memo<String>| {
        Memo::new(move |_| with_current(read(&ticket.read()), &now.read()))
    };
    // Which fields there are changes with the mappings; their values follow the server like the others.
    let more = Memo::new(move |_| ticket.read().more.iter().map(|field| field.name.clone()).collect::<Vec<_>>());
    let owners = Memo::new(move |_| {
        let ticket = ticket.read();
        let mut people = vec![(String::new(), "Nobody".to_owned())];
        people.extend(ticket.users.iter().map(|user| (user.email.clone(), format!("{} · {}", user.name, user.email))));
        let owner = &ticket.owner_email;
        if !people.iter().any(|(email, _)| email == owner) {
            people.push((owner.clone(), owner.clone()));
        }
        people
    });

    view! {
        <ActionForm action=save>
            <div class="form ticket" node_ref=inner on:input=move |_| saved.set(false)>
                <FormTrouble trouble/>
                <input type="hidden" name="form[id]" value=id/>
                // Moments are read in the zone in which they were shown, whatever the browser says of itself by then.
                <input type="hidden" name="form[zone]" value=zone/>
                // What the form showed: the server writes only what differs from it.
                <input type="hidden" name="form[shown][title]" value=title/>
                <input type="hidden" name="form[shown][description]" value=description/>
                <input type="hidden" name="form[shown][status]" value=status/>
                <input type="hidden" name="form[shown][kind]" value=kind/>
                <input type="hidden" name="form[shown][priority]" value=priority/>
                <input type="hidden" name="form[shown][owner_email]" value=owner/>
                <input type="hidden" name="form[shown][due]" value=due/>

                <div class="whole"><TextField label="Title" name="form[title]" about="title" value=title trouble/></div>
                <div class="whole">
                    {labelled("Description", "description".into(), "", trouble, move |tied| {
                        view! {
                            <textarea class="textarea" id=tied.id name="form[description]" rows="6"
                                aria-describedby=tied.described_by aria-invalid=tied.invalid>{description}</textarea>
                        }
                    })}
                </div>
                <SelectField label="Status" name="form[status]" about="status" value=status options=choices(|t| &t.statuses, status) trouble/>
                <SelectField label="Type" name="form[kind]" about="kind" value=kind options=choices(|t| &t.kinds, kind) trouble/>
                <SelectField label="Priority" name="form[priority]" about="priority" value=priority
                    options=choices(|t| &t.priorities, priority) trouble/>
                <SelectField label="Owner" name="form[owner_email]" about="owner_email" value=owner options=owners trouble/>
                <TextField label="Due date" name="form[due]" about="due" kind="datetime-local" value=due required=false
                    hint=due_hint trouble/>
                <For each=move || more.get() key=Clone::clone let:name>
                    <More ticket name trouble/>
                </For>
                <div class="whole flex items-center gap-3">
                    <button class="btn btn-sm btn-primary" type="submit" disabled=save.pending()>"Save"</button>
                    <p role="status" class="text-quiet">{move || saved.get().then_some("Saved.")}</p>
                </div>
            </div>
        </ActionForm>
        <dl class="facts mt-4">
            <div><dt>"Requestor"</dt><dd>{move || {
                let name = ticket.read().requestor.clone();
                if name.is_empty() { "unknown".to_owned() } else { name }
            }}</dd></div>
            <div><dt>"Created"</dt><dd>{move || view! { <Time when=ticket.read().created.clone()/> }}</dd></div>
            <div><dt>"Updated"</dt><dd>{move || view! { <Time when=ticket.read().updated.clone()/> }}</dd></div>
            <div><dt>"Closed"</dt><dd>{move || view! { <MaybeTime when=ticket.read().closed.clone() never="not closed"/> }}</dd></div>
        </dl>
    }
}

/// A field that a mapping brought.
#[component]
fn More(ticket: RwSignal<TicketPage>, name: String, trouble: Signal<Option<Trouble>>) -> impl IntoView {
    let field = {
        let name = name.clone();
        Memo::new(move |_| ticket.read().more.iter().find(|field| field.name == name).cloned())
    };
    let value = Memo::new(move |_| field.get().map(|field| field.value).unwrap_or_default());
    let shown = format!("form[shown][more][{name}]");
    let sent = format!("form[more][{name}]");
    field.get_untracked().map(|first| {
        let input = if first.kind == "select" {
            let options = Memo::new(move |_| {
                field.with(|field| field.as_ref().map(|field| with_current(&field.choices, &field.value)).unwrap_or_default())
            });
            view! { <SelectField label=first.label name=sent about=name value options hint=first.hint trouble/> }.into_any()
        } else {
            view! {
                <TextField label=first.label name=sent about=name kind=first.kind value required=false hint=first.hint trouble/>
            }
            .into_any()
        };
        view! {
            <input type="hidden" name=shown value=value/>
            {input}
        }
    })
}

/// The choices as value and text, with the present value among them even when it is no choice any more.
fn with_current(choices: &[String], now: &str) -> Vec<(String, String)> {
    let option =
        |choice: &str| (choice.to_owned(), if choice.is_empty() { "None".to_owned() } else { choice.to_owned() });
    let mut options: Vec<_> = choices.iter().map(|choice| option(choice)).collect();
    if !choices.iter().any(|choice| choice == now) {
        options.insert(0, option(now));
    }
    options
}

/// Puts the form around this element back to its attributes.
pub fn forget_typed(inner: NodeRef<html::Div>) {
    use leptos::wasm_bindgen::JsCast;
    let form = inner.try_get_untracked().flatten().and_then(|inner| inner.closest("form").ok().flatten());
    if let Some(form) = form.and_then(|form| form.dyn_into::<leptos::web_sys::HtmlFormElement>().ok()) {
        form.reset();
    }
}
