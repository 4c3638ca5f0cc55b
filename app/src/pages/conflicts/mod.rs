//! `/conflicts` and `/conflicts/{id}`: fields about which two people disagree, by record, each with its choice. A single
//! one opens with all others of its record.

pub mod alike;
mod also_here;
mod keys;
mod preview;
mod record;
mod values;

use crate::address::{page_value, query, query_page, with_query};
use crate::api;
use crate::live::follow;
use crate::model::{Choices, ConflictFilter, ConflictList, ConflictRecord, Taken};
use crate::ui::count::so_many;
use crate::ui::filter::{ConnectionChoice, FilterForm};
use crate::ui::loaded::{fetched, loaded};
use crate::ui::pager::Pager;
use crate::ui::time::MaybeTime;
use also_here::AlsoHere;
use keys::Keys;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, FocusEvent};
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::params::ParamsMap;
pub use preview::Preview;
use record::RecordForm;

#[component]
pub fn ConflictsPage() -> impl IntoView {
    let connection = query("connection");
    let page = query_page();
    let filter = Memo::new(move |_| ConflictFilter { connection: connection.get(), page: page.get() });
    let list = fetched(move || filter.get(), api::conflicts);
    view! {
        <Title text="Conflicts"/>
        <h1>"Conflicts"</h1>
        <p class="hint mb-4">
            "Two people changed the same field to different values. Until somebody chooses, the field stays as it is on
            both sides; all others flow. What a side will not take is another matter, and waits under "
            <a class="link" href="/failures">"Failures"</a>"."
        </p>
        {loaded(list, move |list: ConflictList| view! { <Found list filter connection/> })}
    }
}

#[component]
fn Found(list: ConflictList, filter: Memo<ConflictFilter>, connection: Memo<String>) -> impl IntoView {
    let connections = list.connections.clone();
    let list = follow(list, vec!["conflicts".to_owned()], move || api::conflicts(filter.get_untracked()));
    let records = Memo::new(move |_| list.read().records.clone());
    let none = Memo::new(move |_| records.read().is_empty());
    let here = RwSignal::new(String::new());
    let address = move |page: i64| {
        with_query("/conflicts", &[("connection", &connection.get_untracked()), ("page", &page_value(page))])
    };
    view! {
        <FilterForm path="/conflicts" names=&["connection"]>
            <ConnectionChoice connections connection/>
            <button class="btn btn-sm" type="submit">"Filter"</button>
        </FilterForm>
        <Show
            when=move || !none.get()
            fallback=move || {
                view! {
                    <div class="empty">
                        <p>
                            "Nobody disagrees. The sides were last asked for changes: "
                            {move || view! { <MaybeTime when=list.read().looked.clone()/> }}"."
                        </p>
                        <p>
                            "A field lands here when both sides changed it and its strategy is to ask a person. Which fields do
                            that is set with each connection."
                        </p>
                    </div>
                }
            }
        >
            <p class="mb-2">
                {move || {
                    let ConflictList { conflicts, total, .. } = *list.read();
                    format!("{} on {}.", so_many(conflicts, ("conflict", "conflicts")), so_many(total, ("record", "records")))
                }}
            </p>
            <Keys/>
            <AlsoHere link=here/>
            <div on:focusin=move |event: FocusEvent| here.set(record_of(&event))>
                // A record that did not change keeps what was chosen in it and not yet saved.
                <For each=move || records.get() key=as_seen let:record>
                    <RecordForm record asked=Choices::default()/>
                </For>
            </div>
        </Show>
        {move || {
            let ConflictList { total, page, pages, .. } = *list.read();
            view! { <Pager total page pages what=("record", "records") address/> }
        }}
    }
}

/// What a choice depends on.
fn as_seen(record: &ConflictRecord) -> (String, Vec<(String, i64, String)>) {
    let conflicts = record.conflicts.iter().map(|row| (row.id.clone(), row.version, row.state.clone()));
    (record.link.clone(), conflicts.collect())
}

/// The link of the record that has the focus.
fn record_of(event: &FocusEvent) -> String {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let record = element.and_then(|element| element.closest("[data-link]").ok().flatten());
    record.and_then(|record| record.get_attribute("data-link")).unwrap_or_default()
}

#[component]
pub fn ConflictPage() -> impl IntoView {
    let params = use_params_map();
    let first = fetched(move || params.read().get("id").unwrap_or_default(), api::conflict);
    view! {
        <p class="crumbs"><a class="link" href="/conflicts">"Conflicts"</a></p>
        {loaded(first, move |record| view! { <Opened id=params.read_untracked().get("id").unwrap_or_default() record/> })}
    }
}

#[component]
fn Opened(id: String, record: ConflictRecord) -> impl IntoView {
    let title = format!("Conflicts of {}", record.reference);
    let link = record.link.clone();
    // Without scripts the choices come with the address, to be looked at before they are saved.
    let asked = StoredValue::new(chosen_in(&use_query_map().read_untracked(), &record));
    let record = follow(record, vec!["conflicts".to_owned()], move || api::conflict(id.clone()));
    let seen = Memo::new(move |_| as_seen(&record.read()));
    view! {
        <Title text=title.clone()/>
        <h1>{title}</h1>
        <Keys/>
        <AlsoHere link=Signal::stored(link)/>
        {move || {
            seen.track();
            view! { <RecordForm record=record.get_untracked() asked=asked.get_value()/> }
        }}
    }
}

fn chosen_in(query: &ParamsMap, record: &ConflictRecord) -> Choices {
    let all = query.get("all").unwrap_or_default();
    let fields = record.conflicts.iter().filter_map(|row| {
        let value = |name: &str| query.get(&format!("choices[fields][{}][{name}]", row.key())).unwrap_or_default();
        let take = if all.is_empty() { value("take") } else { all.clone() };
        let taken = Taken { version: row.version, take, value: value("value") };
        taken.is_some().then(|| (row.key(), taken))
    });
    Choices { link: record.link.clone(), fields: fields.collect() }
}
