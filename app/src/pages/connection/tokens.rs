//! `/settings/connections/{id}/tokens`: the access that a connection holds, how long it lasts, whether it works, and the
//! way to renew it.

use super::Shown;
use super::access::WholeAccess;
use super::checks::Checks;
use crate::address::query;
use crate::api::{self, Answer};
use crate::live::follow;
use crate::model::{self, Authorized, ConnectionState, step_address};
use crate::ui::countdown::warning;
use crate::ui::loaded::{fetched, loaded};
use crate::ui::state::ConnectionBadge;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

#[component]
pub fn TokensPage() -> impl IntoView {
    let params = use_params_map();
    let first = fetched(move || params.read().get("id").unwrap_or_default(), ask);
    view! { {loaded(first, |(page, authorized)| view! { <Opened page authorized/> })} }
}

async fn ask(id: String) -> Answer<(model::ConnectionPage, Authorized)> {
    Ok((api::connection(id.clone()).await?, api::authorized(id).await?))
}

#[component]
fn Opened(page: model::ConnectionPage, authorized: Authorized) -> impl IntoView {
    let (id, name) = (page.row.id.clone(), page.row.name.clone());
    let asked = id.clone();
    let topics = vec!["connections".to_owned(), format!("connection:{id}")];
    let shown = follow(page, topics, move || api::connection(asked.clone()));
    let state = Memo::new(move |_| shown.read().row.state);
    let home = format!("/settings/connections/{id}");
    view! {
        <Title text=format!("Tokens of {name}")/>
        <p class="crumbs"><a class="link" href=home.clone()>{name}</a></p>
        <div class="head">
            <h1>"Tokens"</h1>
            {move || view! { <ConnectionBadge state=state.get()/> }}
        </div>
        <Regenerated shown/>
        {move || warning(shown.read().row.days_left).map(|words| view! { <p class="note act">{words}</p> })}
        <Show when=move || !shown.read().tokens.authorized>
            <p class="note">
                "There is no access. "
                <a class="link" href=step_address(&id, if state.get_untracked() == ConnectionState::Disconnected { 1 } else { 3 })>
                    "Authorize in ServiceNow"
                </a>
            </p>
        </Show>
        <WholeAccess shown authorized/>
        <Checks shown/>
        <p class="part"><a class="link" href=format!("{home}/permissions")>"Permissions"</a>": every right that the connection needs, tried one by one."</p>
    }
}

/// Back from ServiceNow: how it went, and what becomes of what waited.
#[component]
fn Regenerated(shown: Shown) -> impl IntoView {
    let authorized = query("authorized");
    let problem = query("problem");
    move || {
        let page = shown.read();
        if *authorized.read() == "1" && page.tokens.authorized {
            let waiting = match page.row.waiting {
                0 => "Nothing waits.".to_owned(),
                1 => "1 change that waited is worked off now.".to_owned(),
                waiting => format!("{waiting} changes that waited are worked off now."),
            };
            return Some(
                view! {
                    <div role="status" class="alert alert-success alert-soft my-3">
                        <p>
                            <strong class="font-semibold">"The token was regenerated."</strong>" It acts there as "
                            {page.tokens.acting_as.clone()}" until "{page.tokens.refresh_ends_day.clone()}". "{waiting}
                        </p>
                    </div>
                }
                .into_any(),
            );
        }
        (!problem.read().is_empty()).then(|| {
            view! {
                <p role="alert" class="note act">
                    "The token was not regenerated; the one before is kept. The finding below says why, and what to do."
                </p>
            }
            .into_any()
        })
    }
}
