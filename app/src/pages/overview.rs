//! `/`: must I act? Per connection how its links stand, and what moved last.

use crate::address::with_query;
use crate::api;
use crate::model::{Beat, ConnectionRow, ConnectionState, Overview, step_address};
use crate::pages::history::ChangeTable;
use crate::ui::count::counted;
use crate::ui::countdown::{Countdown, warning};
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::pulse::Pulse;
use crate::ui::state::ConnectionBadge;
use crate::ui::time::MaybeTime;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn OverviewPage() -> impl IntoView {
    let overview = api::overview();
    view! {
        <Title text="Overview"/>
        <h1>"Overview"</h1>
        {loaded(overview, |overview| view! { <Seen overview/> })}
    }
}

#[component]
fn Seen(overview: Overview) -> impl IntoView {
    let Overview { connections, mut pulses, recent, .. } = overview;
    let topics = ["connections", "history"].map(str::to_owned);
    if connections.is_empty() {
        return view! { <Follow topics/><Empty/> }.into_any();
    }
    let cards = connections.clone().into_iter().map(|row| {
        let beats = pulses.remove(&row.id).unwrap_or_default();
        view! { <Standing row beats/> }
    });
    let cards = cards.collect_view();
    let moved = if recent.is_empty() {
        view! { <p class="empty">"Nothing has moved yet. The first change appears here by itself."</p> }.into_any()
    } else {
        view! { <ChangeTable rows=recent/> }.into_any()
    };
    view! {
        <Follow topics/>
        <Verdict connections/>
        <ul class="cards">{cards}</ul>
        <div class="flex items-baseline gap-4 mt-8 mb-2">
            <h2>"Recent changes"</h2>
            <a class="link text-xs" href="/history">"All of the history"</a>
        </div>
        {moved}
    }
    .into_any()
}

/// The answer first, in one sentence.
#[component]
fn Verdict(connections: Vec<ConnectionRow>) -> impl IntoView {
    use crate::model::ConnectionState::{Draft, Held};
    let failing: i64 = connections.iter().map(|row| row.failing).sum();
    let held = connections.iter().filter(|row| row.state == Held).count();
    let draft = connections.iter().filter(|row| row.state == Draft).count();
    let mut acts = Vec::new();
    if held > 0 {
        acts.push(if held == 1 {
            "1 connection is stopped".to_owned()
        } else {
            format!("{held} connections are stopped")
        });
    }
    let ending = connections.iter().filter(|row| warning(row.days_left).is_some()).count();
    if ending > 0 {
        acts.push(if ending == 1 { "1 access ends soon".to_owned() } else { format!("{ending} accesses end soon") });
    }
    if failing > 0 {
        acts.push(if failing == 1 { "1 failure waits".to_owned() } else { format!("{failing} failures wait") });
    }
    let conflicts: i64 = connections.iter().map(|row| row.conflicts).sum();
    if conflicts > 0 {
        acts.push(if conflicts == 1 {
            "1 conflict waits for a choice".to_owned()
        } else {
            format!("{conflicts} conflicts wait for a choice")
        });
    }
    if draft > 0 {
        acts.push(if draft == 1 {
            "1 connection is not set up yet".to_owned()
        } else {
            format!("{draft} connections are not set up yet")
        });
    }
    let words = if acts.is_empty() { "Nothing needs you.".to_owned() } else { format!("{}.", acts.join(", ")) };
    view! { <p class="text-quiet mb-4">{words}</p> }
}

#[component]
fn Standing(row: ConnectionRow, beats: Vec<Beat>) -> impl IntoView {
    let page = format!("/settings/connections/{}", row.id);
    let tickets = |standing: &str| with_query("/tickets", &[("connection", &row.id), ("standing", standing)]);
    let (in_sync, waiting, excluded) = (tickets("in-sync"), tickets("waiting"), tickets("excluded"));
    let failures = with_query("/failures", &[("connection", &row.id)]);
    let conflicts = with_query("/conflicts", &[("connection", &row.id)]);
    let act = row.failing > 0;
    let disputed = row.conflicts > 0;
    let held = row.state == ConnectionState::Held;
    let draft = row.state == ConnectionState::Draft;
    view! {
        <li class="card-row">
            <div class="flex flex-wrap items-center gap-x-3 gap-y-1">
                <a class="name" href=page>{row.name}</a>
                <ConnectionBadge state=row.state/>
                {row.days_left.map(|days| view! { <Countdown days=Some(days)/> })}
                <span class="text-xs text-quiet">{row.environment}</span>
                <span class="ml-auto text-xs text-quiet">"Last change "<MaybeTime when=row.last_change/></span>
            </div>
            {(!row.state_note.is_empty()).then(|| view! { <p class="note" class:act=held>{row.state_note}</p> })}
            {warning(row.days_left).map(|words| view! { <p class="note act">{words}</p> })}
            {row.next_step.filter(|_| draft).map(|step| {
                view! { <p class="mt-2"><a class="link" href=step_address(&row.id, step)>{format!("Continue at step {step}")}</a></p> }
            })}
            <dl class="counts">
                <div><dt>"In sync"</dt><dd><a href=in_sync>{counted(row.in_sync)}</a></dd></div>
                <div><dt>"Waiting"</dt><dd><a href=waiting>{row.waiting}</a></dd></div>
                <div><dt>"Excluded"</dt><dd><a href=excluded title="Pairs that were taken apart">{row.excluded}</a></dd></div>
                <div class:act=act><dt>"Failing"</dt><dd><a href=failures>{row.failing}</a></dd></div>
                <div class:act=disputed><dt>"Conflicts"</dt><dd><a href=conflicts>{row.conflicts}</a></dd></div>
            </dl>
            {(!draft).then(|| view! { <Pulse beats/> })}
        </li>
    }
}

/// The first thing that a new administrator sees: what this is for, and the one next step.
#[component]
fn Empty() -> impl IntoView {
    view! {
        <div class="empty-start">
            <h2>"Connect your first ServiceNow instance"</h2>
            <p>
                "A connection joins the incidents of one ServiceNow instance to the tickets in Desk. From then on an edit
                on either side appears on the other within seconds, and every change says why it was made."
            </p>
            <ol class="list-decimal pl-5 space-y-1">
                <li>"Create an OAuth client in ServiceNow; the form says where, click by click."</li>
                <li>"Authorize Isthmus there, as a user who may read and write incidents."</li>
                <li>"Install what tells of changes at once: by one file, or by a press. Polling works without it."</li>
            </ol>
            <p><a class="btn btn-primary" href="/settings/connections/new">"Connect"</a></p>
        </div>
    }
}
