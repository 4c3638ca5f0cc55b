//! `/settings/connections`: every connection and how it stands.

use crate::address::{query, with_query};
use crate::api;
use crate::error::Trouble;
use crate::model::{ConnectionRow, ConnectionState, step_address};
use crate::ui::count::counted;
use crate::ui::countdown::Countdown;
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::state::ConnectionBadge;
use crate::ui::time::MaybeTime;
use crate::ui::trouble::TroubleBox;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn ConnectionsPage() -> impl IntoView {
    let rows = api::connections();
    view! {
        <Title text="Connections"/>
        <div class="head">
            <h1>"Connections"</h1>
            <a class="btn btn-sm btn-primary" href="/settings/connections/new">"Connect"</a>
        </div>
        <Stray/>
        {loaded(rows, |rows| view! { <Rows rows/> })}
    }
}

/// A browser that came back from ServiceNow with an authorization that nobody here began, or no longer waits for.
#[component]
fn Stray() -> impl IntoView {
    (query("problem") == "CONN-STATE").then(|| {
        let trouble = Trouble::new(
            "CONN-STATE",
            "This authorization was not taken.",
            "It was begun in another browser or more than 15 minutes ago, or it was used before.",
            "Open the connection below and authorize again: under Tokens, or in step 3 of Connect.",
        );
        view! { <TroubleBox trouble/> }
    })
}

#[component]
fn Rows(rows: Vec<ConnectionRow>) -> impl IntoView {
    let none = "No connection yet. Connect joins one ServiceNow instance to Desk; it takes a few minutes and can be \
                left and taken up again.";
    let table = if rows.is_empty() {
        view! { <p class="empty">{none}</p> }.into_any()
    } else {
        view! { <Table rows/> }.into_any()
    };
    view! { <Follow topics=["connections".to_owned()]/>{table} }
}

#[component]
fn Table(rows: Vec<ConnectionRow>) -> impl IntoView {
    view! {
        <div class="scroll">
            <table class="table stack">
                <caption class="sr-only">"Connections"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Connection"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Environment"</th>
                        <th scope="col" class="text-right">"In sync"</th>
                        <th scope="col" class="text-right">"Waiting"</th>
                        <th scope="col" class="text-right">"Failing"</th>
                        <th scope="col" class="text-right">"Conflicts"</th>
                        <th scope="col">"Access"</th>
                        <th scope="col">"Last change"</th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(|row| view! { <Row row/> }).collect_view()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: ConnectionRow) -> impl IntoView {
    let home = format!("/settings/connections/{}", row.id);
    let list = |path: &str| with_query(path, &[("connection", &row.id)]);
    let tickets = |standing: &str| with_query("/tickets", &[("connection", &row.id), ("standing", standing)]);
    let (in_sync, waiting) = (tickets("in-sync"), tickets("waiting"));
    let (failures, conflicts) = (list("/failures"), list("/conflicts"));
    // Of a connection that is at rest nobody need look after the access.
    let is_at_rest = matches!(row.state, ConnectionState::Draft | ConnectionState::Disconnected);
    let next = row.next_step.map(|step| {
        view! { <a class="link block w-fit py-0.5" href=step_address(&row.id, step)>{format!("Continue at step {step}")}</a> }
    });
    view! {
        <tr>
            <th scope="row" class="who-cell">
                <a class="name" href=home.clone()>{row.name}</a>
                <span class="block text-quiet font-normal break-all">{row.address}</span>
            </th>
            <td data-label="State" class="half">
                <ConnectionBadge state=row.state/>
                {(!row.state_note.is_empty()).then(|| view! { <span class="block text-quiet">{row.state_note}</span> })}
                {next}
            </td>
            <td data-label="Environment">{row.environment}</td>
            <td data-label="In sync" class="num text-right"><a class="count" href=in_sync>{counted(row.in_sync)}</a></td>
            <td data-label="Waiting" class="num text-right"><a class="count" href=waiting>{row.waiting}</a></td>
            <td data-label="Failing" class="num text-right" class=("text-error", row.failing > 0)><a class="count" href=failures>{row.failing}</a></td>
            <td data-label="Conflicts" class="num text-right" class=("text-error", row.conflicts > 0)><a class="count" href=conflicts>{row.conflicts}</a></td>
            <td data-label="Access">
                {(!is_at_rest || row.days_left.is_some())
                    .then(|| view! { <a class="count" href=format!("{home}/tokens")><Countdown days=row.days_left/></a> })}
            </td>
            <td data-label="Last change"><MaybeTime when=row.last_change/></td>
        </tr>
    }
}
