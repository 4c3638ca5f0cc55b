//! `/tickets`: Desk's list. What is looked for, the order and the page are in the address; rows follow the server. Rows
//! with a tick can be edited together.

use crate::address::{page_value, query, query_page, with_query};
use crate::api::{self, EditTickets, answered};
use crate::model::{BulkEdited, NOBODY, STANDINGS, TicketFilter, TicketList, TicketRow};
use crate::ui::filter::{ConnectionChoice, FilterChoice, FilterForm};
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::pager::Pager;
use crate::ui::reference::{Reference, record_of};
use crate::ui::time::Time;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

/// The name of a row's tick.
const TICKS: &str = "edit[tickets][]";

/// What the address asks for, but for the page.
fn asked() -> TicketFilter {
    TicketFilter {
        search: query("search"),
        status: query("status"),
        connection: query("connection"),
        standing: query("standing"),
        order: query("order"),
        page: query_page(),
    }
}

fn is_narrow(asked: &TicketFilter) -> bool {
    [&asked.search, &asked.status, &asked.connection, &asked.standing].iter().any(|part| !part.is_empty())
}

/// The same question in another order, or on another page.
fn address(asked: &TicketFilter, order: &str, page: i64) -> String {
    let pairs = [
        ("search", asked.search.as_str()),
        ("status", &asked.status),
        ("connection", &asked.connection),
        ("standing", &asked.standing),
        ("order", order),
        ("page", &page_value(page)),
    ];
    with_query("/tickets", &pairs)
}

#[component]
pub fn TicketsPage() -> impl IntoView {
    let asked = asked();
    let list = api::tickets(asked.clone());
    view! {
        <Title text="Tickets"/>
        <div class="head">
            <h1>"Tickets"</h1>
            <a class="btn btn-sm ml-auto" href="/tickets/new">"New ticket"</a>
        </div>
        {loaded(list, move |list: TicketList| view! { <Found list asked/> })}
    }
}

#[component]
fn Found(list: TicketList, asked: TicketFilter) -> impl IntoView {
    let TicketList { rows, total, page, pages, statuses, priorities, owners, connections, .. } = list;
    let words = |words: Vec<String>| words.into_iter().map(|word| (word.clone(), word)).collect::<Vec<_>>();
    let (statuses, priorities) = (words(statuses), words(priorities));
    let several = connections.len() > 1;
    let standings = STANDINGS.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    let filtered = is_narrow(&asked);
    let table = if rows.is_empty() {
        view! { <Nothing filtered/> }.into_any()
    } else {
        let (statuses, asked) = (statuses.clone(), asked.clone());
        view! { <Bulk statuses priorities owners><TicketTable rows asked/></Bulk> }.into_any()
    };
    let now = asked.clone();
    let to = move |page: i64| address(&asked, &asked.order, page);
    view! {
        <Follow topics=["tickets".to_owned()]/>
        <FilterForm path="/tickets">
            <div class="field grow max-w-80">
                <label for="filter-search">"Search"</label>
                <input class="input input-sm" id="filter-search" type="search" name="search" value=now.search
                    placeholder="Title, number or ServiceNow number"/>
            </div>
            <FilterChoice label="Status" name="status" now=now.status options=statuses/>
            <FilterChoice label="Sync" name="standing" now=now.standing options=standings/>
            {several.then(|| view! { <ConnectionChoice connections connection=now.connection/> })}
            <input type="hidden" name="order" value=now.order/>
            <button class="btn btn-sm" type="submit">"Filter"</button>
            {filtered.then(|| view! { <a class="link pb-1.5 text-xs" href="/tickets">"Show all"</a> })}
        </FilterForm>
        {table}
        <Pager total page pages what=("ticket", "tickets") address=to/>
    }
}

/// The form around the table: what the rows with a tick shall become.
#[component]
fn Bulk(
    statuses: Vec<(String, String)>,
    priorities: Vec<(String, String)>,
    mut owners: Vec<(String, String)>,
    children: Children,
) -> impl IntoView {
    let edit = ServerAction::<EditTickets>::new();
    let trouble = Signal::stored(met(edit));
    let edited = answered::<EditTickets>();
    let is_edited = edited.is_some();
    let words = edited.as_ref().map(in_words);
    let refused = edited.map(|edited| edited.refused).unwrap_or_default();
    owners.insert(0, (NOBODY.to_owned(), "Nobody".to_owned()));
    view! {
        <ActionForm action=edit>
            <fieldset class="bulk">
                <legend class="sr-only">"Change the selected tickets"</legend>
                <span class="text-quiet">"Selected:"</span>
                <Become name="edit[status]" label="Status" options=statuses/>
                <Become name="edit[priority]" label="Priority" options=priorities/>
                <Become name="edit[owner_email]" label="Owner" options=owners/>
                <button class="btn btn-sm" type="submit">"Change"</button>
                <p role="status" class="text-quiet" data-stays=is_edited>{words}</p>
            </fieldset>
            <FormTrouble trouble/>
            {(!refused.is_empty()).then(|| {
                let refused = refused.into_iter().map(|words| view! { <li>{words}</li> }).collect_view();
                view! { <ul class="note act list-disc pl-7" aria-label="Not changed" data-stays>{refused}</ul> }
            })}
            {children()}
        </ActionForm>
    }
}

#[component]
fn Become(name: &'static str, label: &'static str, options: Vec<(String, String)>) -> impl IntoView {
    let options =
        options.into_iter().map(|(value, words)| view! { <option value=value>{words}</option> }).collect_view();
    view! {
        <select class="select select-sm w-auto" name=name aria-label=label>
            <option value="">{label}" as it is"</option>
            {options}
        </select>
    }
}

/// `3 changed, 1 was so already, 2 not changed.`
fn in_words(edited: &BulkEdited) -> String {
    let BulkEdited { changed, same, refused } = edited;
    let mut parts = vec![format!("{changed} changed")];
    match same {
        0 => {}
        1 => parts.push("1 was so already".to_owned()),
        same => parts.push(format!("{same} were so already")),
    }
    if !refused.is_empty() {
        parts.push(format!("{} not changed", refused.len()));
    }
    format!("{}.", parts.join(", "))
}

#[component]
fn TicketTable(rows: Vec<TicketRow>, asked: TicketFilter) -> impl IntoView {
    let sorted = |order: &'static str, words: &'static str| view! { <Sorted order words asked=asked.clone()/> };
    view! {
        <div class="scroll">
            <table class="table flow">
                <caption class="sr-only">"Tickets"</caption>
                <thead>
                    <tr>
                        <th scope="col" class="tick"><Everything/></th>
                        {sorted("number", "Number")}
                        <th scope="col">"ServiceNow"</th>
                        {sorted("title", "Title")}
                        {sorted("status", "Status")}
                        <th scope="col">"Type"</th>
                        {sorted("priority", "Priority")}
                        {sorted("owner", "Owner")}
                        {sorted("updated", "Updated")}
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(|row| view! { <Row row/> }).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// By its id a row keeps its tick and its focus, wherever in the list it comes to stand.
#[component]
fn Row(row: TicketRow) -> impl IntoView {
    let page = format!("/tickets/{}", row.id);
    view! {
        <tr id=format!("ticket-{}", row.id)>
            <td class="tick">
                <input class="checkbox checkbox-sm" type="checkbox" name=TICKS value=row.id.clone()
                    aria-label=format!("Select {}", row.number)/>
            </td>
            <td><a class="link num" href=page.clone()>{row.number}</a></td>
            <td class="num text-quiet">{linked(row.reference, &row.id)}</td>
            <td class="wide"><a class="title" href=page tabindex="-1">{row.title}</a></td>
            <td class="whitespace-nowrap">{row.status}</td>
            <td class="whitespace-nowrap">{row.kind}</td>
            <td class="whitespace-nowrap">{row.priority}</td>
            <td class="whitespace-nowrap">{row.owner}</td>
            <td class="text-quiet"><Time when=row.updated/></td>
        </tr>
    }
}

/// A column's name that sorts by it.
#[component]
fn Sorted(order: &'static str, words: &'static str, asked: TicketFilter) -> impl IntoView {
    // The last updated come first unless somebody says otherwise.
    let said = if order == "updated" { "" } else { order };
    let is_now = asked.order == said;
    let direction = if order == "updated" { "descending" } else { "ascending" };
    view! {
        <th scope="col" aria-sort=is_now.then_some(direction)>
            <a class="title" href=address(&asked, said, 1)>
                {words}
                {is_now.then_some(if said.is_empty() { " ↓" } else { " ↑" })}
            </a>
        </th>
    }
}

/// Ticks every row of the page. Without scripts there is no such box to be wondered at.
#[component]
fn Everything() -> impl IntoView {
    view! {
        <span class="sr-only unscripted">"Select"</span>
        <input class="checkbox checkbox-sm scripted" type="checkbox" aria-label="Select all of this page" data-ticks=TICKS/>
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
