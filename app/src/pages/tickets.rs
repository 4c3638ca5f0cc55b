//! `/tickets`: Desk's list. Search, status and page are in the address; rows follow the server.

use crate::address::{page_value, query, query_page, with_query};
use crate::api;
use crate::live::follow;
use crate::model::{TicketFilter, TicketList, TicketRow};
use crate::ui::filter::FilterForm;
use crate::ui::loaded::loaded;
use crate::ui::pager::Pager;
use crate::ui::reference::{Reference, record_of};
use crate::ui::time::Time;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn TicketsPage() -> impl IntoView {
    let search = query("search");
    let status = query("status");
    let page = query_page();
    let filter = Memo::new(move |_| TicketFilter { search: search.get(), status: status.get(), page: page.get() });
    let list = Resource::new(move || filter.get(), api::tickets);
    view! {
        <Title text="Tickets"/>
        <div class="head">
            <h1>"Tickets"</h1>
            <a class="btn btn-sm ml-auto" href="/tickets/new">"New ticket"</a>
        </div>
        {loaded(list, move |list: TicketList| view! { <Found list filter search status/> })}
    }
}

#[component]
fn Found(list: TicketList, filter: Memo<TicketFilter>, search: Memo<String>, status: Memo<String>) -> impl IntoView {
    let statuses = list.statuses.clone();
    let list = follow(list, vec!["tickets".to_owned()], move || api::tickets(filter.get_untracked()));
    let rows = Memo::new(move |_| list.read().rows.clone());
    let empty = Memo::new(move |_| rows.read().is_empty());
    let filtered = move || !search.read().is_empty() || !status.read().is_empty();
    let address = move |page: i64| {
        with_query(
            "/tickets",
            &[("search", &search.get_untracked()), ("status", &status.get_untracked()), ("page", &page_value(page))],
        )
    };
    view! {
        <FilterForm path="/tickets" names=&["search", "status"]>
            <div class="field grow max-w-80">
                <label for="filter-search">"Search"</label>
                <input class="input input-sm" id="filter-search" type="search" name="search" value=search
                    placeholder="Title, number or ServiceNow number"/>
            </div>
            <div class="field">
                <label for="filter-status">"Status"</label>
                <select class="select select-sm" id="filter-status" name="status">
                    <option value="" selected=move || status.read().is_empty()>"All"</option>
                    {statuses
                        .into_iter()
                        .map(|name| {
                            let this = name.clone();
                            let value = name.clone();
                            view! { <option value=value selected=move || *status.read() == this>{name}</option> }
                        })
                        .collect_view()}
                </select>
            </div>
            <button class="btn btn-sm" type="submit">"Filter"</button>
            {move || filtered().then(|| view! { <a class="link pb-1.5 text-xs" href="/tickets">"Show all"</a> })}
        </FilterForm>
        <Show when=move || !empty.get() fallback=move || view! { <Nothing filtered=filtered()/> }>
            <TicketTable rows/>
        </Show>
        {move || {
            let TicketList { total, page, pages, .. } = *list.read();
            view! { <Pager total page pages what=("ticket", "tickets") address/> }
        }}
    }
}

#[component]
fn TicketTable(rows: Memo<Vec<TicketRow>>) -> impl IntoView {
    view! {
        <div class="scroll">
            <table class="table flow">
                <caption class="sr-only">"Tickets, last updated first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Number"</th>
                        <th scope="col">"ServiceNow"</th>
                        <th scope="col">"Title"</th>
                        <th scope="col">"Status"</th>
                        <th scope="col">"Type"</th>
                        <th scope="col">"Priority"</th>
                        <th scope="col">"Owner"</th>
                        <th scope="col">"Updated"</th>
                    </tr>
                </thead>
                <tbody>
                    // The whole row is the key: a row that did not change keeps its place in the document, and its focus.
                    <For each=move || rows.get() key=TicketRow::clone let:row>
                        <tr>
                            <td><a class="link num" href=format!("/tickets/{}", row.id)>{row.number}</a></td>
                            <td class="num text-quiet">{linked(row.reference, &row.id)}</td>
                            <td class="wide"><a class="title" href=format!("/tickets/{}", row.id) tabindex="-1">{row.title}</a></td>
                            <td class="whitespace-nowrap">{row.status}</td>
                            <td class="whitespace-nowrap">{row.kind}</td>
                            <td class="whitespace-nowrap">{row.priority}</td>
                            <td class="whitespace-nowrap">{row.owner}</td>
                            <td class="text-quiet"><Time when=row.updated/></td>
                        </tr>
                    </For>
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Nothing(filtered: bool) -> impl IntoView {
    if filtered {
        view! { <p class="empty">"No ticket matches. "<a class="link" href="/tickets">"Show all tickets"</a>"."</p> }
            .into_any()
    } else {
        view! {
            <p class="empty">
                "No tickets yet. They come from ServiceNow: an incident whose category is mapped appears here as soon as
                it is created or edited there. "<a class="link" href="/settings/connections">"Look at the connections"</a>"."
            </p>
        }
        .into_any()
    }
}

/// The number of the ticket's record, with the way there.
fn linked(reference: String, ticket: &str) -> impl IntoView + use<> {
    if reference.is_empty() {
        return "not linked".into_any();
    }
    view! { <Reference number=reference address=record_of(ticket)/> }.into_any()
}
