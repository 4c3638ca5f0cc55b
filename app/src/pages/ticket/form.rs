//! The ticket's fields. Those that a person has touched stay theirs; every other follows the server.

use crate::api::{EditTicket, answered};
use crate::error::Trouble;
use crate::model::{MoreField, TicketPage};
use crate::ui::field::{SelectField, TextField, labelled};
use crate::ui::time::{MaybeTime, Time};
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn EditForm(ticket: TicketPage) -> impl IntoView {
    let save = ServerAction::<EditTicket>::new();
    let trouble = Signal::stored(met(save));
    let saved = answered::<EditTicket>().is_some();
    let TicketPage { id, title, description, status, kind, priority, owner_email, due, zone, .. } = ticket.clone();
    let due_hint = format!("Time zone: {zone}");
    let statuses = with_current(&ticket.statuses, &status);
    let kinds = with_current(&ticket.kinds, &kind);
    let priorities = with_current(&ticket.priorities, &priority);
    let mut owners = vec![(String::new(), "Nobody".to_owned())];
    owners.extend(ticket.users.iter().map(|user| (user.email.clone(), format!("{} · {}", user.name, user.email))));
    if !owners.iter().any(|(email, _)| *email == owner_email) {
        owners.push((owner_email.clone(), owner_email.clone()));
    }
    let more = ticket.more.into_iter().map(|field| view! { <More field trouble/> }).collect_view();
    let requestor = if ticket.requestor.is_empty() { "unknown".to_owned() } else { ticket.requestor };

    view! {
        <ActionForm action=save>
            <div class="form ticket">
                <FormTrouble trouble/>
                <input type="hidden" name="form[id]" value=id/>
                // Moments are read in the zone in which they were shown, whatever the browser says of itself by then.
                <input type="hidden" name="form[zone]" value=zone/>
                // What the form showed: the server writes only what differs from it.
                <input type="hidden" name="form[shown][title]" value=title.clone()/>
                <input type="hidden" name="form[shown][description]" value=description.clone()/>
                <input type="hidden" name="form[shown][status]" value=status.clone()/>
                <input type="hidden" name="form[shown][kind]" value=kind.clone()/>
                <input type="hidden" name="form[shown][priority]" value=priority.clone()/>
                <input type="hidden" name="form[shown][owner_email]" value=owner_email.clone()/>
                <input type="hidden" name="form[shown][due]" value=due.clone()/>

                <div class="whole"><TextField label="Title" name="form[title]" about="title" value=title trouble/></div>
                <div class="whole">
                    {labelled("Description", "description".into(), "", trouble, move |tied| {
                        view! {
                            <textarea class="textarea" id=tied.id name="form[description]" rows="6"
                                aria-describedby=tied.described_by aria-invalid=tied.invalid>{description}</textarea>
                        }
                    })}
                </div>
                <SelectField label="Status" name="form[status]" about="status" value=status options=statuses trouble/>
                <SelectField label="Type" name="form[kind]" about="kind" value=kind options=kinds trouble/>
                <SelectField label="Priority" name="form[priority]" about="priority" value=priority options=priorities trouble/>
                <SelectField label="Owner" name="form[owner_email]" about="owner_email" value=owner_email options=owners trouble/>
                <TextField label="Due date" name="form[due]" about="due" kind="datetime-local" value=due required=false
                    hint=due_hint trouble/>
                {more}
                <div class="whole flex items-center gap-3">
                    <button class="btn btn-sm btn-primary" type="submit">"Save"</button>
                    <p role="status" class="text-quiet" data-stays=saved>{saved.then_some("Saved.")}</p>
                </div>
            </div>
        </ActionForm>
        <dl class="facts mt-4">
            <div><dt>"Requestor"</dt><dd>{requestor}</dd></div>
            <div><dt>"Created"</dt><dd><Time when=ticket.created/></dd></div>
            <div><dt>"Updated"</dt><dd><Time when=ticket.updated/></dd></div>
            <div><dt>"Closed"</dt><dd><MaybeTime when=ticket.closed never="not closed"/></dd></div>
        </dl>
    }
}

/// A field that a mapping brought.
#[component]
fn More(field: MoreField, trouble: Signal<Option<Trouble>>) -> impl IntoView {
    let MoreField { name, label, kind, value, choices, hint, .. } = field;
    let shown = format!("form[shown][more][{name}]");
    let sent = format!("form[more][{name}]");
    let now = value.clone();
    let input = if kind == "select" {
        let options = with_current(&choices, &value);
        view! { <SelectField label name=sent about=name value options hint trouble/> }.into_any()
    } else {
        view! { <TextField label name=sent about=name kind value required=false hint trouble/> }.into_any()
    };
    view! {
        <input type="hidden" name=shown value=now/>
        {input}
    }
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
