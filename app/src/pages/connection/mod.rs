//! `/settings/connections/{id}`: one connection: how it stands, what the last test found, its access, how changes
//! arrive, and its mappings. Follows the server.

mod access;
pub mod arrival;
pub mod checks;
pub mod disconnect;
mod doubt;
mod kit;
mod mapping;
pub mod permissions;
mod polling;
mod pull;
pub mod servicenow;
pub mod tokens;
mod webhooks;

use crate::address::{param, with_query};
use crate::api::{self, PauseConnection, ResumeConnection};
use crate::model::{self, CONNECT_STEPS, ConnectionState, step_address};
use crate::ui::count::counted;
use crate::ui::countdown::warning;
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::state::ConnectionBadge;
use crate::ui::time::MaybeTime;
use crate::ui::trouble::{FormTrouble, met};
use access::Access;
use arrival::Arrival;
use checks::Checks;
use doubt::Doubt;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use mapping::Mapping;
use polling::Polling;
use pull::Pull;
use webhooks::Webhooks;

/// The connection on this page; every part of the page takes its own from it.
type Shown = StoredValue<model::ConnectionPage>;

#[component]
pub fn ConnectionPage() -> impl IntoView {
    let first = api::connection(param("id"));
    view! {
        <p class="crumbs"><a class="link" href="/settings/connections">"Connections"</a></p>
        {loaded(first, |page| view! { <Opened page/> })}
    }
}

#[component]
fn Opened(page: model::ConnectionPage) -> impl IntoView {
    let model::ConnectionRow { id, name, state, state_note: note, days_left, next_step, .. } = page.row.clone();
    let topics = ["connections".to_owned(), format!("connection:{id}"), format!("polling:{id}")];
    let shown = Shown::new(page);
    view! {
        <Follow topics/>
        <Title text=name.clone()/>
        <div class="head">
            <h1>{name}</h1>
            <ConnectionBadge state/>
            <div class="ml-auto"><PauseOrResume id=id.clone() state/></div>
        </div>
        {(!note.is_empty()).then(|| view! { <p class="note" class:act=state == ConnectionState::Held>{note}</p> })}
        <Doubt shown/>
        {warning(days_left).map(|words| view! { <p class="note act">{words}</p> })}
        <GoOn id=id.clone() state next_step/>
        <Facts shown/>
        <Checks shown/>
        <Access shown/>
        <Arrival shown/>
        <Webhooks shown/>
        <Polling shown/>
        <Pull shown/>
        <Mapping shown/>
        <p class="part"><a class="link" href=format!("/settings/connections/{id}/disconnect")>"Disconnect or remove this connection"</a></p>
    }
}

/// The one next step of a connection that is still being set up, or was disconnected.
#[component]
fn GoOn(id: String, state: ConnectionState, next_step: Option<i64>) -> impl IntoView {
    let is_over = state == ConnectionState::Disconnected;
    let (words, step, link) = match (is_over, next_step) {
        (true, _) => (
            "Nothing is read or written. Connect again to go on where it stopped: the links are as they were."
                .to_owned(),
            1,
            "Connect again".to_owned(),
        ),
        (false, Some(step)) => {
            let name = usize::try_from(step - 1).ok().and_then(|at| CONNECT_STEPS.get(at)).copied().unwrap_or_default();
            (format!("Connect was left before step {step}, {name}."), step, format!("Continue at step {step}"))
        }
        (false, None) => return None,
    };
    Some(view! {
        <section class="next-step">
            <h2>{if is_over { "Disconnected" } else { "Set-up is not finished" }}</h2>
            <p>{words}</p>
            <p><a class="btn btn-primary" href=step_address(&id, step)>{link}</a></p>
        </section>
    })
}

#[component]
fn PauseOrResume(id: String, state: ConnectionState) -> impl IntoView {
    let pause = ServerAction::<PauseConnection>::new();
    let resume = ServerAction::<ResumeConnection>::new();
    let trouble = Signal::stored(met(pause).or_else(|| met(resume)));
    let act = match state {
        ConnectionState::Active => Some(
            view! {
                <ActionForm action=pause>
                    <input type="hidden" name="id" value=id/>
                    <button class="btn btn-sm" type="submit"
                        title="What arrives waits; nothing is lost. Resume takes it up in order.">"Pause"</button>
                </ActionForm>
            }
            .into_any(),
        ),
        ConnectionState::Paused | ConnectionState::Held => Some(
            view! {
                <ActionForm action=resume>
                    <input type="hidden" name="id" value=id/>
                    <button class="btn btn-sm btn-primary" type="submit">"Resume"</button>
                </ActionForm>
            }
            .into_any(),
        ),
        ConnectionState::Draft | ConnectionState::Disconnected => None,
    };
    view! {
        {act}
        <FormTrouble trouble/>
    }
}

#[component]
fn Facts(shown: Shown) -> impl IntoView {
    let row = shown.with_value(|page| page.row.clone());
    let instance = row.address.clone();
    let history = with_query("/history", &[("connection", &row.id)]);
    let drift = format!("/settings/connections/{}/drift", row.id);
    let mappings = format!("/settings/connections/{}/mappings", row.id);
    let failures = with_query("/failures", &[("connection", &row.id)]);
    let conflicts = with_query("/conflicts", &[("connection", &row.id)]);
    view! {
        <dl class="facts">
            <div>
                <dt>"Instance"</dt>
                <dd><a class="link break-all" href=instance rel="external noopener" target="_blank">{row.address}</a></dd>
            </div>
            <div><dt>"Environment"</dt><dd>{row.environment}</dd></div>
            <div><dt>"In sync"</dt><dd class="num">{counted(row.in_sync)}</dd></div>
            <div><dt>"Waiting"</dt><dd class="num">{row.waiting}</dd></div>
            <div><dt>"Failing"</dt><dd class="num" class=("text-error", row.failing > 0)><a class="link" href=failures>{row.failing}</a></dd></div>
            <div>
                <dt>"Conflicts"</dt>
                <dd class="num" class=("text-error", row.conflicts > 0)><a class="link" href=conflicts>{row.conflicts}</a></dd>
            </div>
            <div>
                <dt>"Last change"</dt>
                <dd><MaybeTime when=row.last_change/>" · "<a class="link" href=history>"History"</a>" · "<a class="link" href=drift>"Drift"</a>" · "<a class="link" href=mappings>"Mappings"</a></dd>
            </div>
        </dl>
    }
}
