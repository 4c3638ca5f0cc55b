//! `/tickets`: Desk's list. What is looked for, the order and the page are in the address; rows follow the server. Rows
//! with a tick can be edited together.

use crate::address::{page_value, query, query_page, with_query};
use crate::api::{self, EditTickets};
use crate::live::follow;
use crate::model::{BulkEdited, NOBODY, STANDINGS, TicketFilter, TicketList, TicketRow};
use crate::ui::filter::{ConnectionChoice, FilterChoice, FilterForm};
use crate::ui::loaded::{fetched, loaded};
use crate::ui::pager::Pager;
use crate::ui::reference::{Reference, record_of};
use crate::ui::time::Time;
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

/// What the address asks for.
#[derive(Clone, Copy)]
struct Asked {
    search: Memo<String>,
    status: Memo<String>,
    connection: Memo<String>,
    standing: Memo<String>,
    order: Memo<String>,
    page: Memo<i64>,
}

impl Asked {
    fn filter(self) -> TicketFilter {
        TicketFilter {
            search: self.search.get(),
            status: self.status.get(),
            connection: self.connection.get(),
            standing: self.standing.get(),
            order: self.order.get(),
            page: self.page.get(),
        }
    }

    fn is_narrow(self) -> bool {
        [self.search, self.status, self.connection, self.standing].iter().any(|part| !part.read().is_empty())
    }

    /// The same question in another order, or on another page.
    fn address(self, order: &str, page: i64) -> String {
        let [search, status, connection, standing] =
            [self.search, self.status, self.connection, self.standing].map(|part| part.get());
        let pairs = [
            ("search", search.as_str()),
            ("status", &status),
            ("connection", &connection),
            ("standing", &standing),
            ("order", order),
            ("page", &page_value(page)),
        ];
        with_query("/tickets", &pairs)
    }
}

#[component]
pub fn TicketsPage() -> impl IntoView {
    let asked = Asked {
        search: query("search"),
        status: query("status"),
        connection: query("connection"),
        standing: query("standing"),
        order: query("order"),
        page: query_page(),
    };
    let filter = Memo::new(move |_| asked.filter());
    let list = fetched(move || filter.get(), api::tickets);
    view! {
        <Title text="Tickets"/>
        <div class="head">
            <h1>"Tickets"</h1>
            <a class="btn btn-sm ml-auto" href="/tickets/new">"New ticket"</a>
        </div>
        {loaded(list, move |list: TicketList| view! { <Found list asked filter/> })}
    }
}

#[component]
fn Found(list: TicketList, asked: Asked, filter: Memo<TicketFilter>) -> impl IntoView {
    let words = |words: &[String]| words.iter().map(|word| (word.clone(), word.clone())).collect::<Vec<_>>();
    let statuses = words(&list.statuses);
    let bulk = StoredValue::new((statuses.clone(), words(&list.priorities), list.owners.clone()));
    let connections = list.connections.clone();
    let list = follow(list, vec!["tickets".to_owned()], move || api::tickets(filter.get_untracked()));
    let rows = Memo::new(move |_| list.read().rows.clone());
    let empty = Memo::new(move |_| rows.read().is_empty());
    let several = connections.len() > 1;
    let standings = STANDINGS.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    view! {
        <FilterForm path="/tickets" names=&["search", "status", "standing", "connection", "order"]>
            <div class="field grow max-w-80">
                <label for="filter-search">"Search"</label>
                <input class="input input-sm" id="filter-search" type="search" name="search" value=asked.search
                    placeholder="Title, number or ServiceNow number"/>
            </div>
            <FilterChoice label="Status" name="status" now=asked.status options=statuses/>
            <FilterChoice label="Sync" name="standing" now=asked.standing options=standings/>
            {several.then(|| view! { <ConnectionChoice connections connection=asked.connection/> })}
            <input type="hidden" name="order" value=asked.order/>
            <button class="btn btn-sm" type="submit">"Filter"</button>
            {move || asked.is_narrow().then(|| view! { <a class="link pb-1.5 text-xs" href="/tickets">"Show all"</a> })}
        </FilterForm>
        <Show when=move || !empty.get() fallback=move || view! { <Nothing filtered=asked.is_narrow()/> }>
            {
                let (statuses, priorities, owners) = bulk.get_value();
                view! { <Bulk statuses priorities owners><TicketTable rows asked/></Bulk> }
            }
        </Show>
        {move || {
            let TicketList { total, page, pages, .. } = *list.read();
            let address = move |page: i64| asked.address(&asked.order.get_untracked(), page);
            view! { <Pager total page pages what=("ticket", "tickets") address/> }
        }}
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
    let trouble = Signal::derive(move || edit.value().get().and_then(Result::err));
    let edited = Memo::new(move |_| edit.value().get().and_then(Result::ok));
    owners.insert(0, (NOBODY.to_owned(), "Nobody".to_owned()));
    view! {
        <ActionForm action=edit>
            <fieldset class="bulk">
                <legend class="sr-only">"Change the selected tickets"</legend>
                <span class="text-quiet">"Selected:"</span>
                <Become name="edit[status]" label="Status" options=statuses/>
                <Become name="edit[priority]" label="Priority" options=priorities/>
                <Become name="edit[owner_email]" label="Owner" options=owners/>
                <button class="btn btn-sm" type="submit" disabled=edit.pending()>"Change"</button>
                <p role="status" class="text-quiet">{move || edited.get().as_ref().map(in_words)}</p>
            </fieldset>
            <FormTrouble trouble/>
            {move || {
                let refused = edited.get().map(|edited| edited.refused).unwrap_or_default();
                (!refused.is_empty()).then(|| {
                    let refused = refused.into_iter().map(|words| view! { <li>{words}</li> }).collect_view();
                    view! { <ul class="note act list-disc pl-7" aria-label="Not changed">{refused}</ul> }
                })
            }}
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
fn TicketTable(rows: Memo<Vec<TicketRow>>, asked: Asked) -> impl IntoView {
    let all = RwSignal::new(false);
    view! {
        <div class="scroll">
            <table class="table flow">
                <caption class="sr-only">"Tickets"</caption>
                <thead>
                    <tr>
                        <th scope="col" class="tick"><Everything all/></th>
                        <Sorted order="number" words="Number" asked/>
                        <th scope="col">"ServiceNow"</th>
                        <Sorted order="title" words="Title" asked/>
                        <Sorted order="status" words="Status" asked/>
                        <th scope="col">"Type"</th>
                        <Sorted order="priority" words="Priority" asked/>
                        <Sorted order="owner" words="Owner" asked/>
                        <Sorted order="updated" words="Updated" asked/>
                    </tr>
                </thead>
                <tbody>
                    // The whole row is the key: a row that did not change keeps its place in the document, its tick and its focus.
                    <For each=move || rows.get() key=TicketRow::clone let:row>
                        <tr>
                            <td class="tick">
                                <input class="checkbox checkbox-sm" type="checkbox" name="edit[tickets][]" value=row.id.clone() prop:checked=all
                                    aria-label=format!("Select {}", row.number)/>
                            </td>
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

/// A column's name that sorts by it.
#[component]
fn Sorted(order: &'static str, words: &'static str, asked: Asked) -> impl IntoView {
    // The last updated come first unless somebody says otherwise.
    let said = if order == "updated" { "" } else { order };
    let is_now = move || *asked.order.read() == said;
    let direction = if order == "updated" { "descending" } else { "ascending" };
    view! {
        <th scope="col" aria-sort=move || is_now().then_some(direction)>
            <a class="title" href=move || asked.address(said, 1)>
                {words}
                {move || is_now().then_some(if said.is_empty() { " ↓" } else { " ↑" })}
            </a>
        </th>
    }
}

/// Ticks every row of the page. Without scripts there is no such box to be wondered at.
#[component]
fn Everything(all: RwSignal<bool>) -> impl IntoView {
    let is_awake = RwSignal::new(false);
    Effect::new(move |_| is_awake.set(true));
    view! {
        <Show when=move || is_awake.get() fallback=|| view! { <span class="sr-only">"Select"</span> }>
            <input class="checkbox checkbox-sm" type="checkbox" aria-label="Select all of this page" prop:checked=all
                on:change=move |event| all.set(event_target_checked(&event))/>
        </Show>
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
