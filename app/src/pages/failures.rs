//! `/failures`: what will not be tried again until a person acts, by cause; with `cause` in the address, its letters.

use crate::address::{page_value, query, query_page, with_query};
use crate::api::{self, RetryFailures};
use crate::model::{FailureFilter, FailureGroup, FailureList, FailureRow, NotedRow};
use crate::ui::count::so_many;
use crate::ui::filter::{ConnectionChoice, FilterForm};
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::pager::Pager;
use crate::ui::reference::{Reference, record_of};
use crate::ui::time::Time;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn FailuresPage() -> impl IntoView {
    let connection = query("connection");
    let cause = query("cause");
    let filter = FailureFilter { connection: connection.clone(), cause: cause.clone(), page: query_page() };
    let list = api::failures(filter);
    view! {
        <Title text="Failures"/>
        <h1>"Failures"</h1>
        <p class="hint mb-3">
            "A write that a side refused, or work whose attempts are used up, waits here until a person acts. Everything else
            of the same record flows on. A new value, or equal sides, settles it by itself. Fields about which two people
            disagree wait under "<a class="link" href="/conflicts">"Conflicts"</a>"."
        </p>
        <Follow topics=["failures".to_owned()]/>
        {loaded(list, move |list| view! { <Found list connection cause/> })}
    }
}

#[component]
fn Found(list: FailureList, connection: String, cause: String) -> impl IntoView {
    let FailureList { groups, rows, noted, noted_total, failures, total, page, pages, connections } = list;
    let of_cause = !cause.is_empty();
    let all = with_query("/failures", &[("connection", &connection)]);
    let chosen = connection.clone();
    let address = move |page: i64| {
        with_query("/failures", &[("connection", &connection), ("cause", &cause), ("page", &page_value(page))])
    };
    let what = if of_cause { ("failure", "failures") } else { ("cause", "causes") };
    view! {
        <FilterForm path="/failures">
            <ConnectionChoice connections connection=chosen/>
            <button class="btn btn-sm" type="submit">"Filter"</button>
        </FilterForm>
        {of_cause.then(|| view! { <p class="mb-2"><a class="link" href=all>"All causes"</a></p> })}
        {(total == 0).then(|| view! { <p class="empty">"Nothing failed. A refused write would wait here, with its cause and what to do."</p> })}
        {(!groups.is_empty()).then(|| {
            let (failures, causes) = (so_many(failures, ("failure", "failures")), so_many(total, ("cause", "causes")));
            let below = if noted_total > 0 { format!(", and {noted_total} below that also wait for a person") } else { String::new() };
            view! { <p class="mb-2">{format!("{failures} of {causes}{below}.")}</p> <Groups groups/> }
        })}
        {(!rows.is_empty()).then(|| view! { <Letters rows/> })}
        <Pager total page pages what address/>
        {(!noted.is_empty()).then(|| view! { <Noted noted total=noted_total/> })}
    }
}

#[component]
fn Groups(groups: Vec<FailureGroup>) -> impl IntoView {
    let retry = ServerAction::<RetryFailures>::new();
    view! {
        <div class="scroll">
            <table class="table stack">
                <caption class="sr-only">"Failures by cause, the newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"What failed"</th>
                        <th scope="col">"Why"</th>
                        <th scope="col" class="text-right">"How often"</th>
                        <th scope="col">"Last"</th>
                        <th scope="col">"Connection"</th>
                        <th scope="col"><span class="sr-only">"Act"</span></th>
                    </tr>
                </thead>
                <tbody>
                    {groups
                        .into_iter()
                        .map(|group| {
                            let letters =
                                with_query("/failures", &[("connection", &group.connection_id), ("cause", &group.cause)]);
                            view! {
                                <tr>
                                    <td class="half"><a class="name" href=letters>{group.what}</a></td>
                                    <td class="wide">{group.problem}</td>
                                    <td class="num text-right" data-label="How often">{group.letters}</td>
                                    <td class="text-quiet" data-label="Last"><Time when=group.last/></td>
                                    <td class="whitespace-nowrap text-quiet">{group.connection}</td>
                                    <td>
                                        <ActionForm action=retry>
                                            <input type="hidden" name="connection" value=group.connection_id/>
                                            <input type="hidden" name="cause" value=group.cause/>
                                            <button class="btn btn-sm" type="submit">"Retry all"</button>
                                        </ActionForm>
                                    </td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Letters(rows: Vec<FailureRow>) -> impl IntoView {
    view! {
        <div class="scroll">
            <table class="table stack">
                <caption class="sr-only">"Failures of one cause, the oldest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Since"</th>
                        <th scope="col">"Record"</th>
                        <th scope="col">"What failed"</th>
                        <th scope="col">"Value"</th>
                        <th scope="col">"Why"</th>
                    </tr>
                </thead>
                <tbody>
                    {rows
                        .into_iter()
                        .map(|row| {
                            view! {
                                <tr>
                                    <td class="text-quiet"><Time when=row.since/></td>
                                    <td class="num">{record(row.link, row.reference, row.ticket_id, row.ticket_number)}</td>
                                    <td class="half"><a class="name" href=format!("/failures/{}", row.id)>{row.what}</a></td>
                                    <td class="half" data-label="Value">{row.wanted}</td>
                                    <td class="wide">{row.problem}</td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}

/// What needs a person although no write failed: a value without a row, a record that is gone.
#[component]
fn Noted(noted: Vec<NotedRow>, total: i64) -> impl IntoView {
    let shown = i64::try_from(noted.len()).unwrap_or(i64::MAX);
    view! {
        <h2 class="story">"Also waiting for a person"</h2>
        <ul class="space-y-2">
            {noted
                .into_iter()
                .map(|row| {
                    view! {
                        <li>
                            {record(row.link, row.reference, row.ticket_id, row.ticket_number)}" "
                            <span class="text-quiet"><Time when=row.since/>" · "{row.connection}</span>
                            <p>{row.note}</p>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
        {(total > shown).then(|| view! { <p class="hint">"The newest "{shown}" of "{total}"."</p> })}
    }
}

/// The incident's number, the ticket with its page, and the page of the pair.
pub fn record(link: String, reference: String, ticket_id: String, ticket_number: String) -> impl IntoView {
    let address = record_of(&ticket_id);
    let label = format!("Both sides of {}", if reference.is_empty() { &ticket_number } else { &reference });
    view! {
        {(!reference.is_empty()).then(|| view! { <Reference number=reference address/> })}
        {(!ticket_id.is_empty()).then(|| view! { " "<a class="link" href=format!("/tickets/{ticket_id}")>{ticket_number}</a> })}
        {(!link.is_empty()).then(|| view! { " "<a class="link" href=format!("/links/{link}") aria-label=label>"both sides"</a> })}
    }
}
