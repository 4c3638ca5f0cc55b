//! `/settings/connections/{id}`: one connection: how it stands, what the last test found, its access, how changes
//! arrive, and its mappings. Follows the server.

mod access;
mod arrival;
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

use crate::address::with_query;
use crate::api::{self, PauseConnection, ResumeConnection};
use crate::live::{follow, use_live};
use crate::model::{self, CONNECT_STEPS, ConnectionState, step_address};
use crate::ui::count::counted;
use crate::ui::countdown::warning;
use crate::ui::loaded::{fetched, loaded};
use crate::ui::state::ConnectionBadge;
use crate::ui::time::MaybeTime;
use crate::ui::trouble::FormTrouble;
use access::Access;
use arrival::Arrival;
use checks::Checks;
use doubt::Doubt;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use mapping::Mapping;
use polling::Polling;
use pull::Pull;
use webhooks::Webhooks;

/// The connection on this page, kept as the server has it.
type Shown = RwSignal<model::ConnectionPage>;

#[component]
pub fn ConnectionPage() -> impl IntoView {
    let params = use_params_map();
    let first = fetched(move || params.read().get("id").unwrap_or_default(), api::connection);
    view! {
        <p class="crumbs"><a class="link" href="/settings/connections">"Connections"</a></p>
        {loaded(first, |page| view! { <Opened page/> })}
    }
}

#[component]
fn Opened(page: model::ConnectionPage) -> impl IntoView {
    let id = page.row.id.clone();
    let asked = id.clone();
    let topics = vec!["connections".to_owned(), format!("connection:{id}"), format!("polling:{id}")];
    let shown = follow(page, topics, move || api::connection(asked.clone()));
    let name = Memo::new(move |_| shown.read().row.name.clone());
    let state = Memo::new(move |_| shown.read().row.state);
    let note = Memo::new(move |_| shown.read().row.state_note.clone());
    view! {
        <Title text=name/>
        <div class="head">
            <h1>{name}</h1>
            {move || view! { <ConnectionBadge state=state.get()/> }}
            <div class="ml-auto"><PauseOrResume id=id.clone() state/></div>
        </div>
        {move || {
            let note = note.get();
            (!note.is_empty()).then(|| view! { <p class="note" class:act=move || state.get() == ConnectionState::Held>{note}</p> })
        }}
        <Doubt shown/>
        {move || warning(shown.read().row.days_left).map(|words| view! { <p class="note act">{words}</p> })}
        <GoOn shown/>
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
fn GoOn(shown: Shown) -> impl IntoView {
    let id = StoredValue::new(shown.read_untracked().row.id.clone());
    let step = Memo::new(move |_| shown.read().row.next_step);
    let is_over = Memo::new(move |_| shown.read().row.state == ConnectionState::Disconnected);
    move || {
        let (words, step, link) = match (is_over.get(), step.get()) {
            (true, _) => (
                "Nothing is read or written. Connect again to go on where it stopped: the links are as they were."
                    .to_owned(),
                1,
                "Connect again".to_owned(),
            ),
            (false, Some(step)) => {
                let name =
                    usize::try_from(step - 1).ok().and_then(|at| CONNECT_STEPS.get(at)).copied().unwrap_or_default();
                (format!("Connect was left before step {step}, {name}."), step, format!("Continue at step {step}"))
            }
            (false, None) => return None,
        };
        Some(view! {
            <section class="next-step">
                <h2>{if is_over.get() { "Disconnected" } else { "Set-up is not finished" }}</h2>
                <p>{words}</p>
                <p><a class="btn btn-primary" href=step_address(&id.get_value(), step)>{link}</a></p>
            </section>
        })
    }
}

#[component]
fn PauseOrResume(id: String, state: Memo<ConnectionState>) -> impl IntoView {
    let live = use_live();
    let pause = ServerAction::<PauseConnection>::new();
    let resume = ServerAction::<ResumeConnection>::new();
    let trouble = Signal::derive(move || {
        pause.value().get().and_then(Result::err).or_else(|| resume.value().get().and_then(Result::err))
    });
    let topic = format!("connection:{id}");
    Effect::new(move |before: Option<usize>| {
        let now = pause.version().get() + resume.version().get();
        if before.is_some_and(|before| before != now) {
            live.moved(&topic);
        }
        now
    });
    let id = StoredValue::new(id);
    view! {
        <Show when=move || state.get() == ConnectionState::Active>
            <ActionForm action=pause>
                <input type="hidden" name="id" value=id.get_value()/>
                <button class="btn btn-sm" type="submit" disabled=pause.pending()
                    title="What arrives waits; nothing is lost. Resume takes it up in order.">"Pause"</button>
            </ActionForm>
        </Show>
        <Show when=move || matches!(state.get(), ConnectionState::Paused | ConnectionState::Held)>
            <ActionForm action=resume>
                <input type="hidden" name="id" value=id.get_value()/>
                <button class="btn btn-sm btn-primary" type="submit" disabled=resume.pending()>"Resume"</button>
            </ActionForm>
        </Show>
        <FormTrouble trouble/>
    }
}

#[component]
fn Facts(shown: Shown) -> impl IntoView {
    let row = Memo::new(move |_| shown.read().row.clone());
    let history = with_query("/history", &[("connection", &row.read_untracked().id)]);
    let drift = format!("/settings/connections/{}/drift", row.read_untracked().id);
    let mappings = format!("/settings/connections/{}/mappings", row.read_untracked().id);
    let failures = with_query("/failures", &[("connection", &row.read_untracked().id)]);
    let conflicts = with_query("/conflicts", &[("connection", &row.read_untracked().id)]);
    view! {
        <dl class="facts">
            <div>
                <dt>"Instance"</dt>
                <dd>{move || {
                    let address = row.read().address.clone();
                    let text = address.clone();
                    view! { <a class="link break-all" href=address rel="external noopener" target="_blank">{text}</a> }
                }}</dd>
            </div>
            <div><dt>"Environment"</dt><dd>{move || row.read().environment.clone()}</dd></div>
            <div><dt>"In sync"</dt><dd class="num">{move || counted(row.read().in_sync)}</dd></div>
            <div><dt>"Waiting"</dt><dd class="num">{move || row.read().waiting}</dd></div>
            <div><dt>"Failing"</dt><dd class="num" class=("text-error", move || row.read().failing > 0)>
                <a class="link" href=failures>{move || row.read().failing}</a>
            </dd></div>
            <div>
                <dt>"Conflicts"</dt>
                <dd class="num" class=("text-error", move || row.read().conflicts > 0)>
                    <a class="link" href=conflicts>{move || row.read().conflicts}</a>
                </dd>
            </div>
            <div>
                <dt>"Last change"</dt>
                <dd>{move || view! { <MaybeTime when=row.read().last_change.clone()/> }}" · "<a class="link" href=history>"History"</a>" · "<a class="link" href=drift>"Drift"</a>" · "<a class="link" href=mappings>"Mappings"</a></dd>
            </div>
        </dl>
    }
}
