//! `/links/{id}`: a pair of records: both sides, the base between them, and the timeline; any moment of the past, and the
//! way to bring it back. `/links` finds a pair by either number.

mod fields;
pub mod restore;
mod timeline;

use crate::address::{param, query, with_query};
use crate::api;
use crate::model::{self, RecordQuestion, RecordRow};
use crate::ui::filter::FilterForm;
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::reference::Reference;
use crate::ui::state::{State, Tone};
use crate::ui::time::Time;
use fields::Fields;
use leptos::prelude::*;
use leptos_meta::Title;
use timeline::Timeline;

#[component]
pub fn RecordsPage() -> impl IntoView {
    let number = query("number");
    let found = api::find_records(number.clone());
    let asked = !number.is_empty();
    view! {
        <Title text="Records"/>
        <h1>"Records"</h1>
        <p class="hint mb-3">"Each record of ServiceNow and its ticket are a pair, found by either number."</p>
        <FilterForm path="/links">
            <div class="field">
                <label for="records-number">"Number"</label>
                <input class="input input-sm" id="records-number" type="search" name="number" value=number placeholder="INC0010001"/>
            </div>
            <button class="btn btn-sm" type="submit">"Find"</button>
        </FilterForm>
        {loaded(found, move |rows| view! { <Found rows asked/> })}
    }
}

#[component]
fn Found(rows: Vec<RecordRow>, asked: bool) -> impl IntoView {
    if rows.is_empty() {
        let none = if asked {
            "No pair has a record of this number. A record that is not linked yet has no page here."
        } else {
            "Type a number, such as INC0010001 or TKT0000001."
        };
        return view! { <p class="empty">{none}</p> }.into_any();
    }
    let rows = rows.into_iter().map(|row| {
        view! {
            <li>
                <a class="name num" href=format!("/links/{}", row.link)>{row.reference}" and "{row.ticket_number}</a>
                <span class="text-quiet">" by "{row.connection}</span>
            </li>
        }
    });
    view! { <ul class="grid gap-1">{rows.collect_view()}</ul> }.into_any()
}

#[component]
pub fn RecordPage() -> impl IntoView {
    let question =
        RecordQuestion { link: param("id"), at: query("at"), fresh: query("read") == "now", before: query("before") };
    let page = api::record(question);
    view! {
        <p class="crumbs"><a class="link" href="/links">"Records"</a></p>
        {loaded(page, |page| view! { <Opened page/> })}
    }
}

#[component]
fn Opened(page: model::RecordPage) -> impl IntoView {
    let title = format!("{} and {}", page.reference, page.ticket_number);
    // What was read on request stays as it was read; anything else follows.
    let topics = page.read.is_none().then(|| ["history".to_owned(), format!("ticket:{}", page.ticket_id)]);
    view! {
        {topics.map(|topics| view! { <Follow topics/> })}
        <Title text=title.clone()/>
        <h1>{title}</h1>
        <Facts page=page.clone()/>
        <Past page=page.clone()/>
        <Fields page=page.clone()/>
        <Timeline link=page.link rows=page.timeline next=page.next/>
    }
}

#[component]
fn Facts(page: model::RecordPage) -> impl IntoView {
    let conflict = page.fields.iter().find(|field| !field.conflict.is_empty()).map(|field| field.conflict.clone());
    let failures = with_query("/failures", &[("connection", &page.connection_id)]);
    view! {
        <p class="sync">
            <Reference number=page.reference address=page.record_url/>
            {(!page.ticket_id.is_empty())
                .then(|| view! { <a class="link num" href=format!("/tickets/{}", page.ticket_id)>{page.ticket_number}</a> })}
            <span>"by "<a class="link" href=format!("/settings/connections/{}", page.connection_id)>{page.connection}</a></span>
            {(!page.linked).then(|| view! { <State tone=Tone::Busy word="Not kept the same any longer"/> })}
            {conflict.map(|id| view! { <a class="link" href=format!("/conflicts/{id}")>"People disagree: choose"</a> })}
            {(page.refusals > 0).then(|| view! { <a class="link" href=failures>"A side will not take something: see Failures"</a> })}
            {(!page.note.is_empty()).then(|| view! { <span class="basis-full">{page.note}</span> })}
        </p>
    }
}

/// Which moment is shown, and the ways to another.
#[component]
fn Past(page: model::RecordPage) -> impl IntoView {
    let here = format!("/links/{}", page.link);
    let fresh = with_query(&here, &[("read", "now")]);
    let is_past = page.at.is_some();
    let shown = match (page.at, page.read) {
        (Some(at), _) => view! { "As it stood at "<Time when=at/>". " }.into_any(),
        (None, Some(read)) => view! { "Both sides, read at "<Time when=read/>". " }.into_any(),
        (None, None) => view! { "As both sides were last known. " }.into_any(),
    };
    view! {
        <div class="mb-3 flex flex-wrap items-end gap-x-4 gap-y-2">
            <p>
                <strong class="font-medium">{shown}</strong>
                {match page.known_since {
                    Some(since) => view! { <span class="text-quiet">"The past is known from "<Time when=since/>" on."</span> }.into_any(),
                    None => view! { <span class="text-quiet">"Nothing of its past is known yet."</span> }.into_any(),
                }}
            </p>
            {if is_past {
                view! { <a class="btn btn-sm" href=here.clone()>"Back to now"</a> }.into_any()
            } else {
                view! { <a class="btn btn-sm" href=fresh>"Read both sides now"</a> }.into_any()
            }}
            <form method="get" action=here class="flex min-w-0 max-w-full items-end gap-2">
                <div class="field min-w-0">
                    <label for="record-at">"As it stood at (UTC)"</label>
                    <input class="input input-sm" id="record-at" type="datetime-local" name="at" step="1" required/>
                </div>
                <button class="btn btn-sm" type="submit">"Show"</button>
            </form>
        </div>
    }
}
