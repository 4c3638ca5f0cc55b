//! `/settings/connections/{id}/tokens`: the access that a connection holds, how long it lasts, whether it works, and the
//! way to renew it.

use super::Shown;
use super::access::WholeAccess;
use super::checks::Checks;
use crate::address::{param, query};
use crate::api::{self, Answer};
use crate::model::{self, Authorized, ConnectionState, step_address};
use crate::ui::countdown::warning;
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::state::ConnectionBadge;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn TokensPage() -> impl IntoView {
    let first = ask(param("id"));
    view! { {loaded(first, |(page, authorized)| view! { <Opened page authorized/> })} }
}

async fn ask(id: String) -> Answer<(model::ConnectionPage, Authorized)> {
    Ok((api::connection(id.clone()).await?, api::authorized(id).await?))
}

#[component]
fn Opened(page: model::ConnectionPage, authorized: Authorized) -> impl IntoView {
    let model::ConnectionRow { id, name, state, days_left, waiting, .. } = page.row.clone();
    let topics = ["connections".to_owned(), format!("connection:{id}")];
    let home = format!("/settings/connections/{id}");
    let start = step_address(&id, if state == ConnectionState::Disconnected { 1 } else { 3 });
    let regenerated = regenerated(&page.tokens, waiting);
    let is_authorized = page.tokens.authorized;
    let shown = Shown::new(page);
    view! {
        <Follow topics/>
        <Title text=format!("Tokens of {name}")/>
        <p class="crumbs"><a class="link" href=home.clone()>{name}</a></p>
        <div class="head">
            <h1>"Tokens"</h1>
            <ConnectionBadge state/>
        </div>
        {regenerated}
        {warning(days_left).map(|words| view! { <p class="note act">{words}</p> })}
        {(!is_authorized).then(|| view! {
            <p class="note">"There is no access. "<a class="link" href=start>"Authorize in ServiceNow"</a></p>
        })}
        <WholeAccess shown authorized/>
        <Checks shown/>
        <p class="part"><a class="link" href=format!("{home}/permissions")>"Permissions"</a>": every right that the connection needs, tried one by one."</p>
    }
}

/// Back from ServiceNow: how it went, and what becomes of what waited.
fn regenerated(tokens: &model::TokenState, waiting: i64) -> Option<AnyView> {
    if query("authorized") == "1" && tokens.authorized {
        let waiting = match waiting {
            0 => "Nothing waits.".to_owned(),
            1 => "1 change that waited is worked off now.".to_owned(),
            waiting => format!("{waiting} changes that waited are worked off now."),
        };
        let told = view! {
            <div role="status" class="alert alert-success alert-soft my-3">
                <p>
                    <strong class="font-semibold">"The token was regenerated."</strong>" It acts there as "
                    {tokens.acting_as.clone()}" until "{tokens.refresh_ends_day.clone()}". "{waiting}
                </p>
            </div>
        };
        return Some(told.into_any());
    }
    (!query("problem").is_empty()).then(|| {
        view! {
            <p role="alert" class="note act">
                "The token was not regenerated; the one before is kept. The finding below says why, and what to do."
            </p>
        }
        .into_any()
    })
}
