//! `/conflicts` and `/conflicts/{id}`: fields about which two people disagree, by record, each with its choice. A single
//! one opens with all others of its record.

pub mod alike;
mod preview;
mod record;
mod values;

use crate::address::{page_value, param, query, query_page, with_query};
use crate::api::{self, Answer};
use crate::islands::also_here::AlsoHere;
use crate::islands::choosing::Choosing;
use crate::model::{Choices, ConflictFilter, ConflictList, ConflictRecord, Taken};
use crate::ui::count::so_many;
use crate::ui::filter::{ConnectionChoice, FilterForm};
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::pager::Pager;
use crate::ui::time::MaybeTime;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
pub use preview::Preview;
use record::{Previewed, RecordForm};

#[component]
pub fn ConflictsPage() -> impl IntoView {
    let connection = query("connection");
    let list = api::conflicts(ConflictFilter { connection: connection.clone(), page: query_page() });
    view! {
        <Follow topics=["conflicts".to_owned()]/>
        <Title text="Conflicts"/>
        <h1>"Conflicts"</h1>
        <p class="hint mb-4">
            "Two people changed the same field to different values. Until somebody chooses, the field stays as it is on
            both sides; all others flow. What a side will not take is another matter, and waits under "
            <a class="link" href="/failures">"Failures"</a>"."
        </p>
        {loaded(list, move |list: ConflictList| view! { <Found list connection/> })}
    }
}

#[component]
fn Found(list: ConflictList, connection: String) -> impl IntoView {
    let ConflictList { records, conflicts, total, page, pages, connections, looked, .. } = list;
    let chosen = connection.clone();
    let address =
        move |page: i64| with_query("/conflicts", &[("connection", &connection), ("page", &page_value(page))]);
    let found = if records.is_empty() {
        view! {
            <div class="empty">
                <p>"Nobody disagrees. The sides were last asked for changes: "<MaybeTime when=looked/>"."</p>
                <p>
                    "A field lands here when both sides changed it and its strategy is to ask a person. Which fields do
                    that is set with each connection."
                </p>
            </div>
        }
        .into_any()
    } else {
        let counts = (so_many(conflicts, ("conflict", "conflicts")), so_many(total, ("record", "records")));
        let records = records.into_iter().map(|record| view! { <RecordForm record asked=Choices::default()/> });
        view! {
            <p class="mb-2">{format!("{} on {}.", counts.0, counts.1)}</p>
            <Choosing/>
            <AlsoHere link=String::new()/>
            {records.collect_view()}
        }
        .into_any()
    };
    view! {
        <FilterForm path="/conflicts">
            <ConnectionChoice connections connection=chosen/>
            <button class="btn btn-sm" type="submit">"Filter"</button>
        </FilterForm>
        {found}
        <Pager total page pages what=("record", "records") address/>
    }
}

#[component]
pub fn ConflictPage() -> impl IntoView {
    let shown = ask(param("id"), use_query_map().get_untracked());
    view! {
        <Follow topics=["conflicts".to_owned()]/>
        <p class="crumbs"><a class="link" href="/conflicts">"Conflicts"</a></p>
        {loaded(shown, |(record, choices, preview)| view! { <Opened record choices preview/> })}
    }
}

/// The record, and where the address comes with choices, what they would write.
async fn ask(id: String, query: ParamsMap) -> Answer<(ConflictRecord, Choices, Previewed)> {
    let record = api::conflict(id).await?;
    let choices = chosen_in(&query, &record);
    let preview = if choices.fields.is_empty() { None } else { Some(api::preview_choices(choices.clone()).await) };
    Ok((record, choices, preview))
}

#[component]
fn Opened(record: ConflictRecord, choices: Choices, preview: Previewed) -> impl IntoView {
    let title = format!("Conflicts of {}", record.reference);
    let link = record.link.clone();
    view! {
        <Title text=title.clone()/>
        <h1>{title}</h1>
        <Choosing/>
        <AlsoHere link/>
        <RecordForm record asked=choices preview/>
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
