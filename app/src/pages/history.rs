//! `/history`: what moved, newest first, by connection, record, person, field, kind and time. Each line opens to its story.
//! What comes meanwhile is counted and waits until the reader asks for it: nothing moves under his eyes.

use crate::address::{query, with_query};
use crate::api::{self, Answer};
use crate::model::{ChangeList, ChangeRow, HistoryFilter, KINDS, PurgeRow};
use crate::ui::filter::{ConnectionChoice, FilterChoice, FilterForm};
use crate::ui::loaded::loaded;
use crate::ui::news::{News, seen};
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
    let recovered = found == "polling";
    let before = query("before");
    let filter = HistoryFilter { connection, ticket, record, person, field, kind, from, to, recovered, before };
    let list = ask(filter.clone(), seen());
    view! {
        <Title text="History"/>
        <h1>"History"</h1>
        {loaded(list, move |(list, count)| view! { <Found list count filter/> })}
    }
}

/// The list, and how much is newer than what the reader has seen.
async fn ask(filter: HistoryFilter, seen: Option<String>) -> Answer<(ChangeList, i64)> {
    let count = match seen {
        Some(seen) => api::newer_history(filter.clone(), seen).await?,
        None => 0,
    };
    Ok((api::history(filter).await?, count))
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
fn Found(list: ChangeList, count: i64, filter: HistoryFilter) -> impl IntoView {
    let ChangeList { rows, next, connections, fields, purged } = list;
    let newest = seen().or_else(|| rows.first().map(|row| row.id.clone())).unwrap_or_default();
    let (none, is_first) = (rows.is_empty(), filter.before.is_empty());
    let top = address(&filter, "");
    let here = top.clone();
    let older = (!next.is_empty()).then(|| address(&filter, &next));
    let number = rows.first().map(|row| row.ticket_number.clone()).filter(|number| !number.is_empty());
    let only = only(&filter, number);
    view! {
        <FilterForm path="/history">
            <Filters connections fields asked=filter/>
        </FilterForm>
        {only}
        {is_first.then(|| view! { <News count most=MANY_NEW what=("change", "changes") here newest topic="history"/> })}
        <div data-stays>
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
        </div>
        <Purged purged/>
    }
}

#[component]
fn Filters(connections: Vec<(String, String)>, fields: Vec<String>, asked: HistoryFilter) -> impl IntoView {
    let text = |name: &'static str, label: &'static str, kind: &'static str, value: String| {
        let id = format!("filter-{name}");
        view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                <input class="input input-sm" id=id type=kind name=name value=value/>
            </div>
        }
    };
    let kinds = KINDS.map(|(kind, words)| (kind.to_owned(), words.to_owned())).to_vec();
    let fields = fields.into_iter().map(|field| (field.clone(), field)).collect();
    view! {
        <ConnectionChoice connections connection=asked.connection/>
        {text("record", "Record number", "search", asked.record)}
        {text("person", "Person", "search", asked.person)}
        <FilterChoice label="Field" name="field" now=asked.field options=fields/>
        <FilterChoice label="What" name="kind" now=asked.kind options=kinds/>
        {text("from", "From (UTC)", "datetime-local", asked.from)}
        {text("to", "To (UTC)", "datetime-local", asked.to)}
        <input type="hidden" name="ticket" value=asked.ticket/>
        <input type="hidden" name="found" value=if asked.recovered { "polling" } else { "" }/>
        <button class="btn btn-sm" type="submit">"Filter"</button>
    }
}

/// What a link from another page narrowed the list to.
fn only(filter: &HistoryFilter, number: Option<String>) -> impl IntoView + use<> {
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
pub fn ChangeTable(rows: Vec<ChangeRow>) -> impl IntoView {
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
                <tbody>{rows.into_iter().map(|row| view! { <Line row/> }).collect_view()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Line(row: ChangeRow) -> impl IntoView {
    view! {
        <tr id=format!("change-{}", row.id)>
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
