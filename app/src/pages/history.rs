//! `/history`: what moved, newest first, for one connection or ticket or all. Each line opens to its story.

use crate::address::{page_value, query, query_page, with_query};
use crate::api;
use crate::live::follow;
use crate::model::{ChangeList, ChangeRow, HistoryFilter, PurgeRow};
use crate::ui::filter::{ConnectionChoice, FilterForm};
use crate::ui::loaded::loaded;
use crate::ui::pager::Pager;
use crate::ui::state::{State, Tone};
use crate::ui::time::Time;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn HistoryPage() -> impl IntoView {
    let connection = query("connection");
    let ticket = query("ticket");
    let page = query_page();
    let recovered = query("found");
    let filter = Memo::new(move |_| HistoryFilter {
        connection: connection.get(),
        ticket: ticket.get(),
        recovered: *recovered.read() == "polling",
        page: page.get(),
    });
    let list = Resource::new(move || filter.get(), api::history);
    view! {
        <Title text="History"/>
        <h1>"History"</h1>
        {loaded(list, move |list: ChangeList| view! { <Found list filter connection ticket recovered/> })}
    }
}

#[component]
fn Found(
    list: ChangeList,
    filter: Memo<HistoryFilter>,
    connection: Memo<String>,
    ticket: Memo<String>,
    recovered: Memo<String>,
) -> impl IntoView {
    let connections = list.connections.clone();
    let list = follow(list, vec!["history".to_owned()], move || api::history(filter.get_untracked()));
    let rows = Memo::new(move |_| list.read().rows.clone());
    let empty = Memo::new(move |_| rows.read().is_empty());
    let address = move |page: i64| {
        with_query(
            "/history",
            &[
                ("connection", &connection.get_untracked()),
                ("ticket", &ticket.get_untracked()),
                ("found", &recovered.get_untracked()),
                ("page", &page_value(page)),
            ],
        )
    };
    let number = Memo::new(move |_| rows.read().first().map(|row| row.ticket_number.clone()).unwrap_or_default());
    view! {
        <FilterForm path="/history" names=&["connection", "ticket", "found"]>
            <ConnectionChoice connections connection/>
            <input type="hidden" name="ticket" value=ticket/>
            <input type="hidden" name="found" value=recovered/>
            <button class="btn btn-sm" type="submit">"Filter"</button>
            {move || {
                let ticket = ticket.get();
                let number = if number.read().is_empty() { "one ticket".to_owned() } else { number.get() };
                (!ticket.is_empty())
                    .then(|| {
                        view! {
                            <p class="pb-1.5 text-xs">
                                "Only "<a class="link" href=format!("/tickets/{ticket}")>{number}</a>". "
                                <a class="link" href="/history">"Show all"</a>
                            </p>
                        }
                    })
            }}
            {move || {
                (*recovered.read() == "polling")
                    .then(|| {
                        let all = with_query("/history", &[("connection", &connection.get())]);
                        view! {
                            <p class="pb-1.5 text-xs">
                                "Only what polling found before any webhook told of it. "<a class="link" href=all>"Show all"</a>
                            </p>
                        }
                    })
            }}
        </FilterForm>
        <Show
            when=move || !empty.get()
            fallback=|| view! { <p class="empty">"Nothing here yet. Each change on either side adds a line, also when it was decided not to pass it on."</p> }
        >
            <ChangeTable rows/>
        </Show>
        {move || {
            let ChangeList { total, page, pages, .. } = *list.read();
            view! { <Pager total page pages what=("change", "changes") address/> }
        }}
        {move || view! { <Purged purged=list.read().purged.clone()/> }}
    }
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
                                {(!row.reference.is_empty()).then_some(row.reference)}
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
