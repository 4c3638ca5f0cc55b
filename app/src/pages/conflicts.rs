//! `/conflicts` and `/conflicts/{id}`: fields about which two people disagree, by record, each with its choice.

use crate::address::{page_value, query, query_page, with_query};
use crate::api::{self, ChooseValue};
use crate::live::{follow, use_live};
use crate::model::{ConflictFilter, ConflictList, ConflictRow, ConflictSide, ValueInput};
use crate::ui::filter::{ConnectionChoice, FilterForm};
use crate::ui::loaded::loaded;
use crate::ui::pager::Pager;
use crate::ui::state::{State, Tone};
use crate::ui::time::{MaybeTime, Time};
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

#[component]
pub fn ConflictsPage() -> impl IntoView {
    let connection = query("connection");
    let page = query_page();
    let filter = Memo::new(move |_| ConflictFilter { connection: connection.get(), page: page.get() });
    let list = Resource::new(move || filter.get(), api::conflicts);
    view! {
        <Title text="Conflicts"/>
        <h1>"Conflicts"</h1>
        <p class="hint mb-4">
            "Two people changed the same field to different values. Until somebody chooses, the field stays as it is on
            both sides; all others flow."
        </p>
        {loaded(list, move |list: ConflictList| view! { <Found list filter connection/> })}
    }
}

#[component]
fn Found(list: ConflictList, filter: Memo<ConflictFilter>, connection: Memo<String>) -> impl IntoView {
    let connections = list.connections.clone();
    let list = follow(list, vec!["conflicts".to_owned()], move || api::conflicts(filter.get_untracked()));
    let rows = Memo::new(move |_| list.read().rows.clone());
    let address = move |page: i64| {
        with_query("/conflicts", &[("connection", &connection.get_untracked()), ("page", &page_value(page))])
    };
    view! {
        <FilterForm path="/conflicts" names=&["connection"]>
            <ConnectionChoice connections connection/>
            <button class="btn btn-sm" type="submit">"Filter"</button>
        </FilterForm>
        <Show
            when=move || !rows.read().is_empty()
            fallback=|| view! { <p class="empty">"No conflict waits for anybody."</p> }
        >
            <For each=move || by_record(rows.get()) key=Vec::clone let:record>
                <Record conflicts=record/>
            </For>
        </Show>
        {move || {
            let ConflictList { total, page, pages, .. } = *list.read();
            view! { <Pager total page pages what=("conflict", "conflicts") address/> }
        }}
    }
}

/// The list comes with the conflicts of one record together.
fn by_record(rows: Vec<ConflictRow>) -> Vec<Vec<ConflictRow>> {
    rows.chunk_by(|one, next| (&one.connection_id, &one.reference) == (&next.connection_id, &next.reference))
        .map(<[ConflictRow]>::to_vec)
        .collect()
}

#[component]
pub fn ConflictPage() -> impl IntoView {
    let params = use_params_map();
    let first = Resource::new(move || params.read().get("id").unwrap_or_default(), api::conflict);
    view! {
        <p class="crumbs"><a class="link" href="/conflicts">"Conflicts"</a></p>
        {loaded(first, |row| view! { <Opened row/> })}
    }
}

#[component]
fn Opened(row: ConflictRow) -> impl IntoView {
    let id = row.id.clone();
    let title = format!("{} · {}", row.field, row.reference);
    let row = follow(row, vec!["conflicts".to_owned()], move || api::conflict(id.clone()));
    view! {
        <Title text=title/>
        <h1>"Conflict"</h1>
        {move || view! { <Record conflicts=vec![row.get()]/> }}
    }
}

/// All conflicts of one record.
#[component]
fn Record(conflicts: Vec<ConflictRow>) -> impl IntoView {
    let heading = conflicts.first().cloned().map(|row| {
        view! {
            <h2>
                <a class="link num" href=row.record_url rel="external noopener" target="_blank">
                    {row.reference}<span class="sr-only">" in ServiceNow, opens in a new tab"</span>
                    <span aria-hidden="true">" ↗"</span>
                </a>
                " "
                <a class="link num" href=format!("/tickets/{}", row.ticket_id)>{row.ticket_number}</a>
            </h2>
            <p class="text-quiet text-xs">
                "by "<a class="link" href=format!("/settings/connections/{}", row.connection_id)>{row.connection}</a>
            </p>
        }
    });
    view! {
        <section class="part">
            {heading}
            {conflicts.into_iter().map(|conflict| view! { <Disagreement conflict/> }).collect_view()}
        </section>
    }
}

/// One field: what each side holds, and the choice.
#[component]
fn Disagreement(conflict: ConflictRow) -> impl IntoView {
    let (tone, word) = match conflict.state.as_str() {
        "open" => (Tone::Act, "Choose".to_owned()),
        "chosen" => (Tone::Busy, format!("{} chose \"{}\"; on its way", conflict.chosen_by, conflict.choice)),
        "resolved" => (Tone::Calm, "Resolved".to_owned()),
        _ => (Tone::Calm, "No longer in conflict".to_owned()),
    };
    let is_over = matches!(tone, Tone::Calm);
    let row = conflict.clone();
    view! {
        <div class="mt-4">
            <h3 class="flex flex-wrap items-center gap-3">
                <a class="link" href=format!("/conflicts/{}", conflict.id)>{conflict.field.clone()}</a>
                <State tone word/>
                <span class="text-xs text-quiet font-normal">"since "<Time when=conflict.opened/></span>
            </h3>
            <div class="scroll">
                <table class="table stack max-w-4xl">
                    <thead>
                        <tr><th scope="col">"ServiceNow"</th><th scope="col">"Base"</th><th scope="col">"Desk"</th></tr>
                    </thead>
                    <tbody>
                        <tr>
                            <td data-label="ServiceNow"><Held side=conflict.servicenow/></td>
                            <td data-label="Base">{conflict.base.map_or_else(|| "never agreed".to_owned(), |base| shown(&base))}</td>
                            <td data-label="Desk"><Held side=conflict.platform/></td>
                        </tr>
                    </tbody>
                </table>
            </div>
            <p class="hint">{conflict.why}</p>
            {(!is_over).then(|| view! { <Choices row/> })}
        </div>
    }
}

fn shown(value: &str) -> String {
    if value.is_empty() { "empty".to_owned() } else { value.to_owned() }
}

#[component]
fn Held(side: ConflictSide) -> impl IntoView {
    let who = if side.who.is_empty() { "somebody".to_owned() } else { side.who };
    view! {
        <p class="value">{shown(&side.value)}</p>
        <p class="text-xs text-quiet">{who}", "<MaybeTime when=side.at/></p>
    }
}

/// Either side's value, or a third. Each button is a form of its own, so they work without scripts.
#[component]
fn Choices(row: ConflictRow) -> impl IntoView {
    let live = use_live();
    let choose = ServerAction::<ChooseValue>::new();
    let trouble = Signal::derive(move || choose.value().get().and_then(Result::err));
    Effect::new(move |_| {
        if choose.value().with(|answer| matches!(answer, Some(Ok(())))) {
            live.moved("conflicts");
        }
    });
    let (id, version) = (StoredValue::new(row.id), row.version);
    let hidden = move |take: &'static str| {
        view! {
            <input type="hidden" name="choice[conflict]" value=id.get_value()/>
            <input type="hidden" name="choice[version]" value=version/>
            <input type="hidden" name="choice[take]" value=take/>
        }
    };
    let label = format!("Another value for {}", row.field);
    let input = match row.input {
        ValueInput::Choice(choices) => view! {
            <select class="select select-sm" name="choice[value]" aria-label=label>
                {choices
                    .into_iter()
                    .map(|choice| {
                        let value = choice.clone();
                        view! { <option value=value>{choice}</option> }
                    })
                    .collect_view()}
            </select>
        }
        .into_any(),
        ValueInput::Text => {
            view! { <textarea class="textarea" name="choice[value]" rows="2" aria-label=label></textarea> }.into_any()
        }
        ValueInput::Moment => {
            view! { <input class="input input-sm" type="datetime-local" name="choice[value]" aria-label=label/> }
                .into_any()
        }
        ValueInput::Email => {
            view! { <input class="input input-sm" type="email" name="choice[value]" aria-label=label/> }.into_any()
        }
    };
    view! {
        <FormTrouble trouble/>
        <div class="flex flex-wrap items-start gap-x-3 gap-y-4 mt-2">
            <ActionForm action=choose>
                {hidden("servicenow")}
                <button class="btn btn-sm" type="submit" disabled=choose.pending()>"Take ServiceNow's"</button>
            </ActionForm>
            <ActionForm action=choose>
                {hidden("platform")}
                <button class="btn btn-sm" type="submit" disabled=choose.pending()>"Take Desk's"</button>
            </ActionForm>
            <details class="basis-full max-w-2xl">
                <summary class="text-quiet">"Another value"</summary>
                <ActionForm action=choose>
                    <div class="form mt-2">
                        {hidden("value")}
                        {input}
                        <button class="btn btn-sm" type="submit" disabled=choose.pending()>"Take this instead"</button>
                    </div>
                </ActionForm>
            </details>
        </div>
    }
}
