//! `/settings/connections/{id}`: one connection: how it stands, what the last test found, its access, how changes
//! arrive, and its mappings. Follows the server.

mod access;
mod arrival;
mod checks;
mod doubt;
mod kit;
mod mapping;
mod polling;
mod pull;
pub mod servicenow;
mod webhooks;

use crate::address::{query, with_query};
use crate::api::{self, PauseConnection, ResumeConnection};
use crate::live::{follow, use_live};
use crate::model::{self, ConnectionState};
use crate::ui::count::counted;
use crate::ui::countdown::warning;
use crate::ui::loaded::loaded;
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
    let first = Resource::new(move || params.read().get("id").unwrap_or_default(), api::connection);
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
        <Connected shown/>
        <Draft shown state/>
        <Facts shown/>
        <Checks shown/>
        <Access shown/>
        <Arrival shown/>
        <Webhooks shown/>
        <Polling shown/>
        <Pull shown/>
        <Mapping shown/>
    }
}

/// Back from ServiceNow, with success.
#[component]
fn Connected(shown: Shown) -> impl IntoView {
    let authorized = query("authorized");
    move || {
        (*authorized.read() == "1").then(|| {
            let who = shown.read().tokens.acting_as.clone();
            let who = if who.is_empty() { String::new() } else { format!(" It acts there as {who}.") };
            view! {
                <div role="status" class="alert alert-success alert-soft my-3">
                    <p><strong class="font-semibold">"Connected."</strong>{who}" Changes flow from now on."</p>
                </div>
            }
        })
    }
}

/// The one next step of a connection that has no access yet.
#[component]
fn Draft(shown: Shown, state: Memo<ConnectionState>) -> impl IntoView {
    let address = format!("/oauth/authorize/{}", shown.read_untracked().row.id);
    move || {
        let address = address.clone();
        (state.get() == ConnectionState::Draft).then(|| {
            let page = shown.read();
            view! {
                <section class="next-step">
                    <h2>"Next: authorize in ServiceNow"</h2>
                    <p>
                        "You go to "<span class="font-medium break-all">{page.row.address.clone()}</span>
                        ", sign in there and allow Isthmus to act for you. ServiceNow sends you back here, and a test reads
                        the connection's table with the same query that polling uses. Sign in as a user who may read and write
                        its records; a user of its own for this, such as isthmus, is best."
                    </p>
                    <p><a class="btn btn-primary" href=address rel="external">"Authorize in ServiceNow"</a></p>
                    <p class="hint">"The OAuth client there must have this redirect URL: "<code class="copy">{page.redirect_url.clone()}</code></p>
                </section>
            }
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
