//! The access that a connection holds in ServiceNow, how long it lasts, and the way to renew it.

use super::Shown;
use crate::api::{SetAccessEnd, SetClient};
use crate::model::Authorized;
use crate::ui::countdown::Countdown;
use crate::ui::field::TextField;
use crate::ui::time::MaybeTime;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;

/// In short: how long it lasts, and the ways to all about it.
#[component]
pub fn Access(shown: Shown) -> impl IntoView {
    let row = shown.with_value(|page| page.row.clone());
    let name = shown.with_value(|page| page.tokens.acting_as.clone());
    let home = format!("/settings/connections/{}", row.id);
    view! {
        <section class="part">
            <div class="part-head">
                <h2>"Access"</h2>
                <Countdown days=row.days_left/>
                {(!name.is_empty()).then(|| view! { <p class="text-quiet">"Acts as "{name}</p> })}
                <a class="link" href=format!("{home}/tokens")>"Tokens"</a>
                <a class="link" href=format!("{home}/permissions")>"Permissions"</a>
            </div>
        </section>
    }
}

/// All of it, with what a person can do about it.
#[component]
pub fn WholeAccess(shown: Shown, authorized: Authorized) -> impl IntoView {
    let (row, tokens) = shown.with_value(|page| (page.row.clone(), page.tokens.clone()));
    let client_id = shown.with_value(|page| page.client_id.clone());
    let again = format!("/oauth/authorize/{}", row.id);
    let by = if authorized.by.is_empty() { "not known".to_owned() } else { authorized.by };
    let acting_as = if tokens.acting_as.is_empty() { "nobody yet".to_owned() } else { tokens.acting_as };
    view! {
        <section class="part">
            <div class="part-head">
                <h2>"Access"</h2>
                <Countdown days=row.days_left/>
                {tokens.authorized.then(|| view! { <a class="btn btn-sm" href=again>"Regenerate token"</a> })}
            </div>
            {tokens.authorized.then(|| {
                view! {
                    <p class="hint mb-3">
                        "ServiceNow does not extend this access. Regenerate token repeats the authorization there; nothing
                        that waits is lost. Warnings come 14, 7 and 1 days before the end."
                    </p>
                }
            })}
            <dl class="facts">
                <div><dt>"Client ID"</dt><dd class="break-all">{client_id}</dd></div>
                <div><dt>"Acts as"</dt><dd>{acting_as}</dd></div>
                <div><dt>"Authorized by"</dt><dd>{by}</dd></div>
                <div><dt>"Authorized"</dt><dd><MaybeTime when=authorized.at/></dd></div>
                <div><dt>"Access token until"</dt><dd><MaybeTime when=tokens.access_ends never="none"/></dd></div>
                <div><dt>"Last refresh"</dt><dd><MaybeTime when=tokens.last_refresh/></dd></div>
                <div><dt>"Refresh token until"</dt><dd><MaybeTime when=tokens.refresh_ends never="none"/></dd></div>
            </dl>
            {tokens.authorized.then(|| view! {
                <AccessEnd shown/>
                <OauthClient shown/>
            })}
        </section>
    }
}

/// For an instance whose refresh tokens live longer or shorter than ServiceNow's own 100 days.
#[component]
fn AccessEnd(shown: Shown) -> impl IntoView {
    let set = ServerAction::<SetAccessEnd>::new();
    let trouble = Signal::stored(met(set));
    let (id, day) = shown.with_value(|page| (page.row.id.clone(), page.tokens.refresh_ends_day.clone()));
    view! {
        <details class="mt-3">
            <summary>"The access ends on another day"</summary>
            <ActionForm action=set>
                <input type="hidden" name="id" value=id/>
                <TextField label="Refresh token until" name="day" kind="date" value=day trouble
                    hint="100 days are assumed. The OAuth client in ServiceNow says it: Refresh Token Lifespan, counted from the authorization."/>
                <button class="btn btn-sm" type="submit">"Save"</button>
            </ActionForm>
            <FormTrouble trouble/>
        </details>
    }
}

/// For a client whose secret was changed in ServiceNow: what was authorized goes on with the new one.
#[component]
fn OauthClient(shown: Shown) -> impl IntoView {
    let set = ServerAction::<SetClient>::new();
    let trouble = Signal::stored(met(set));
    let (id, client) = shown.with_value(|page| (page.row.id.clone(), page.client_id.clone()));
    view! {
        <details class="mt-3">
            <summary>"The OAuth client has another ID or secret"</summary>
            <ActionForm action=set>
                <input type="hidden" name="id" value=id/>
                <TextField label="Client ID" name="client_id" value=client trouble/>
                <TextField label="Client secret" name="client_secret" kind="password" autocomplete="off" trouble
                    hint="Kept sealed, never shown again. If the connection is stopped, press Resume afterwards."/>
                <button class="btn btn-sm" type="submit">"Save"</button>
            </ActionForm>
            <FormTrouble trouble/>
        </details>
    }
}
