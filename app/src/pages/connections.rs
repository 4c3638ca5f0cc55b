//! `/settings/connections`: every connection and how it stands.

use crate::api;
use crate::error::Trouble;
use crate::live::follow;
use crate::model::ConnectionRow;
use crate::ui::count::counted;
use crate::ui::loaded::loaded;
use crate::ui::state::ConnectionBadge;
use crate::ui::time::MaybeTime;
use crate::ui::trouble::TroubleBox;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

#[component]
pub fn ConnectionsPage() -> impl IntoView {
    let rows = Resource::new(|| (), |()| api::connections());
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
    let query = use_query_map();
    let is_stray = move || query.read().get_str("problem") == Some("CONN-STATE");
    let trouble = || {
        Trouble::new(
            "CONN-STATE",
            "This authorization was not taken.",
            "It was begun in another browser or more than 15 minutes ago, or it was used before.",
            "Open the connection below and press \"Authorize in ServiceNow\" again.",
        )
    };
    view! {
        <Show when=is_stray>
            <TroubleBox trouble=trouble()/>
        </Show>
    }
}

#[component]
fn Rows(rows: Vec<ConnectionRow>) -> impl IntoView {
    let rows = follow(rows, vec!["connections".to_owned()], api::connections);
    let empty = Memo::new(move |_| rows.read().is_empty());
    let none = "No connection yet. Connect joins one ServiceNow instance to Desk; it takes a few minutes and can be \
                left and taken up again.";
    view! {
        <Show when=move || !empty.get() fallback=move || view! { <p class="empty">{none}</p> }>
            <Table rows/>
        </Show>
    }
}

#[component]
fn Table(rows: RwSignal<Vec<ConnectionRow>>) -> impl IntoView {
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
                        <th scope="col">"Last change"</th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || rows.get() key=ConnectionRow::clone let:row>
                                <tr>
                                    <th scope="row">
                                        <a class="name" href=format!("/settings/connections/{}", row.id)>{row.name}</a>
                                        <span class="block text-quiet font-normal break-all">{row.address}</span>
                                    </th>
                                    <td data-label="State" class="wide">
                                        <ConnectionBadge state=row.state/>
                                        {(!row.state_note.is_empty()).then(|| view! { <span class="block text-quiet">{row.state_note}</span> })}
                                    </td>
                                    <td data-label="Environment">{row.environment}</td>
                                    <td data-label="In sync" class="num text-right">{counted(row.in_sync)}</td>
                                    <td data-label="Waiting" class="num text-right">{row.waiting}</td>
                                    <td data-label="Failing" class="num text-right" class=("text-error", row.failing > 0)>{row.failing}</td>
                                    <td data-label="Last change"><MaybeTime when=row.last_change/></td>
                                </tr>
                    </For>
                </tbody>
            </table>
        </div>
    }
}
