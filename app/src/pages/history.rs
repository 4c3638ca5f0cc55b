//! `/history`: what moved, newest first, by connection, record, person, field, kind and time. Each line opens to its story.
//! What comes meanwhile is counted and waits until the reader asks for it: nothing moves under his eyes.

use crate::address::{query, with_query};
use crate::api;
use crate::live::follow;
use crate::model::{ChangeList, ChangeRow, HistoryFilter, KINDS, PurgeRow};
use crate::ui::filter::{ConnectionChoice, FilterForm};
use crate::ui::loaded::{fetched, loaded};
use crate::ui::news::News;
use crate::ui::state::{State, Tone};
use crate::ui::time::Time;
use leptos::prelude::*;
use leptos_meta::Title;

const NAMES: [&str; 9] = ["connection", "record", "person", "field", "kind", "from", "to", "ticket", "found"];
/// New lines are counted so far.
const MANY_NEW: i64 = 100;

#[component]
pub fn HistoryPage() -> impl IntoView {
    let [connection, record, person, field, kind, from, to, ticket, found] = NAMES.map(query);
    let before = query("before");
    let filter = Memo::new(move |_| HistoryFilter {
        connection: connection.get(),
        ticket: ticket.get(),
        record: record.get(),
        person: person.get(),
        field: field.get(),
        kind: kind.get(),
        from: from.get(),
        to: to.get(),
        recovered: *found.read() == "polling",
        before: before.get(),
    });
    let again = RwSignal::new(0_u32);
    let list = fetched(move || (filter.get(), again.get()), |(filter, _)| api::history(filter));
    view! {
        <Title text="History"/>
        <h1>"History"</h1>
        {loaded(list, move |list: ChangeList| view! { <Found list filter again/> })}
    }
}

/// The address of the same search, from another place on.
fn address(filter: &HistoryFilter, before: &str) -> String {
    let HistoryFilter { connection, ticket, record, person, field, kind, from, to, recovered, .. } = filter;
    let found = if *recovered { "polling" } else { "" };
    let values = [connection, record, person, field, kind, from, to, ticket].map(String::as_str);
    let pairs = NAMES.into_iter().zip(values.into_iter().chain([found]));
    with_query("/history", &pairs.chain([("before", before)]).collect::<Vec<_>>())
}

#[component]
fn Found(list: ChangeList, filter: Memo<HistoryFilter>, again: RwSignal<u32>) -> impl IntoView {
    let ChangeList { rows, next, connections, fields, purged } = list;
    let asked = filter.get_untracked();
    let newest = rows.first().map(|row| row.id.clone()).unwrap_or_default();
    let (none, is_first) = (rows.is_empty(), asked.before.is_empty());
    let top = address(&asked, "");
    let older = (!next.is_empty()).then(|| address(&asked, &next));
    let number = rows.first().map(|row| row.ticket_number.clone()).filter(|number| !number.is_empty());
    let rows = Memo::new(move |_| rows.clone());
    view! {
        <FilterForm path="/history" names=&NAMES>
            <Filters connections fields filter/>
        </FilterForm>
        <Only filter=asked.clone() number/>
        {is_first.then(|| {
            let here = address(&asked, "");
            let count = follow(0, vec!["history".to_owned()], move || api::newer_history(asked.clone(), newest.clone()));
            view! { <News count most=MANY_NEW what=("change", "changes") here again/> }
        })}
        {if none {
            view! {
                <p class="empty">
                    {if older.is_some() {
                        "Nothing among the lines that were looked through. There are older ones."
                    } else {
                        "Nothing here. Each change on either side adds a line, also when it was decided not to pass it on."
                    }}
                </p>
            }
            .into_any()
        } else {
            view! { <ChangeTable rows/> }.into_any()
        }}
        <nav class="flex flex-wrap items-center gap-2 py-3" aria-label="Pages">
            {(!is_first).then(|| view! { <a class="btn btn-sm" href=top>"Newest"</a> })}
            {older.map(|older| view! { <a class="btn btn-sm" href=older>"Older"</a> })}
        </nav>
        <Purged purged/>
    }
}

#[component]
fn Filters(connections: Vec<(String, String)>, fields: Vec<String>, filter: Memo<HistoryFilter>) -> impl IntoView {
    let connection = Memo::new(move |_| filter.read().connection.clone());
    let text = |name: &'static str, label: &'static str, kind: &'static str, value: String| {
        let id = format!("filter-{name}");
        view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                <input class="input input-sm" id=id type=kind name=name value=value/>
            </div>
        }
    };
    let choice = |name: &'static str, label: &'static str, all: Vec<(String, String)>, value: String| {
        let id = format!("filter-{name}");
        view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                <select class="select select-sm" id=id name=name>
                    <option value="">"All"</option>
                    {all
                        .into_iter()
                        .map(|(choice, text)| {
                            let selected = choice == value;
                            view! { <option value=choice selected=selected>{text}</option> }
                        })
                        .collect_view()}
                </select>
            </div>
        }
    };
    let asked = filter.get_untracked();
    let kinds = KINDS.map(|(kind, words)| (kind.to_owned(), words.to_owned())).to_vec();
    let fields = fields.into_iter().map(|field| (field.clone(), field)).collect();
    view! {
        <ConnectionChoice connections connection/>
        {text("record", "Record number", "search", asked.record)}
        {text("person", "Person", "search", asked.person)}
        {choice("field", "Field", fields, asked.field)}
        {choice("kind", "What", kinds, asked.kind)}
        {text("from", "From (UTC)", "datetime-local", asked.from)}
        {text("to", "To (UTC)", "datetime-local", asked.to)}
        <input type="hidden" name="ticket" value=asked.ticket/>
        <input type="hidden" name="found" value=if asked.recovered { "polling" } else { "" }/>
        <button class="btn btn-sm" type="submit">"Filter"</button>
    }
}

/// What a link from another page narrowed the list to.
#[component]
fn Only(filter: HistoryFilter, number: Option<String>) -> impl IntoView {
    let all = address(&HistoryFilter { ticket: String::new(), recovered: false, ..filter.clone() }, "");
    let about = if filter.recovered {
        view! { "Only what polling found before any webhook told of it. " }.into_any()
    } else if filter.ticket.is_empty() {
        return ().into_any();
    } else {
        let number = number.unwrap_or_else(|| "one ticket".to_owned());
        view! { "Only "<a class="link" href=format!("/tickets/{}", filter.ticket)>{number}</a>". " }.into_any()
    };
    view! { <p class="mb-2 text-xs">{about}<a class="link" href=all>"Show all"</a></p> }.into_any()
}

/// What is no longer here, and since when: nothing goes in silence.
#[component]
fn Purged(purged: Vec<PurgeRow>) -> impl IntoView {
    (!purged.is_empty()).then(|| {
        view! {
            <h2 class="story">"Removed by retention"</h2>
            <ul class="text-quiet">
                {purged
                    .into_iter()
                    .map(|purge| view! {
                        <li><Time when=purge.at/>": "<span class="num">{purge.removed}</span>{format!(" rows of {}, up to ", purge.what)}<Time when=purge.up_to/></li>
                    })
                    .collect_view()}
            </ul>
        }
    })
}

/// The lines of the history; the overview shows the newest.
#[component]
pub fn ChangeTable(rows: Memo<Vec<ChangeRow>>) -> impl IntoView {
    view! {
        <div class="scroll">
            <table class="table flow">
                <caption class="sr-only">"Changes, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"When"</th>
                        <th scope="col">"Record"</th>
                        <th scope="col">"Direction"</th>
                        <th scope="col">"What moved"</th>
                        <th scope="col">"By"</th>
                        <th scope="col">"Connection"</th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || rows.get() key=ChangeRow::clone let:row>
                        <tr>
                            <td class="text-quiet"><Time when=row.at/></td>
                            <td class="num">
                                {(!row.reference.is_empty())
                                    .then(|| view! { <a class="link" href=format!("/links/{}", row.link)>{row.reference}</a> })}
                                {(!row.ticket_id.is_empty())
                                    .then(|| view! { " "<a class="link" href=format!("/tickets/{}", row.ticket_id)>{row.ticket_number}</a> })}
                            </td>
                            <td class="whitespace-nowrap">{direction(&row.direction)}</td>
                            <td class="wide">
                                {row.problem.then(|| view! { <State tone=Tone::Act word="Problem"/>" " })}
                                <a class="title" href=format!("/history/{}", row.id)>{row.summary}</a>
                            </td>
                            <td class="whitespace-nowrap">{row.who}</td>
                            <td class="whitespace-nowrap text-quiet">{row.connection}</td>
                        </tr>
                    </For>
                </tbody>
            </table>
        </div>
    }
}

/// A direction in words with an arrow that a screen reader may skip.
pub fn direction(direction: &str) -> AnyView {
    match direction {
        "to_platform" => {
            view! { "ServiceNow "<span aria-hidden="true">"→"</span><span class="sr-only">"to"</span>" Desk" }
                .into_any()
        }
        "to_servicenow" => {
            view! { "Desk "<span aria-hidden="true">"→"</span><span class="sr-only">"to"</span>" ServiceNow" }
                .into_any()
        }
        "both" => view! { "both "<span aria-hidden="true">"⇄"</span>" ways" }.into_any(),
        _ => view! { <span class="text-quiet">"none"</span> }.into_any(),
    }
}
