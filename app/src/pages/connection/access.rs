//! The access that a connection holds in ServiceNow, how long it lasts, and the way to renew it.

use super::Shown;
use crate::api::{SetAccessEnd, SetClient};
use crate::live::use_live;
use crate::model::Authorized;
use crate::ui::countdown::Countdown;
use crate::ui::field::TextField;
use crate::ui::time::MaybeTime;
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// In short: how long it lasts, and the ways to all about it.
#[component]
pub fn Access(shown: Shown) -> impl IntoView {
    let home = format!("/settings/connections/{}", shown.read_untracked().row.id);
    let tokens = Memo::new(move |_| shown.read().tokens.clone());
    view! {
        <section class="part">
            <div class="part-head">
                <h2>"Access"</h2>
                {move || view! { <Countdown days=shown.read().row.days_left/> }}
                {move || {
                    let name = tokens.read().acting_as.clone();
                    (!name.is_empty()).then(|| view! { <p class="text-quiet">"Acts as "{name}</p> })
                }}
                <a class="link" href=format!("{home}/tokens")>"Tokens"</a>
                <a class="link" href=format!("{home}/permissions")>"Permissions"</a>
            </div>
        </section>
    }
}

/// All of it, with what a person can do about it.
#[component]
pub fn WholeAccess(shown: Shown, authorized: Authorized) -> impl IntoView {
    let tokens = Memo::new(move |_| shown.read().tokens.clone());
    let again = format!("/oauth/authorize/{}", shown.read_untracked().row.id);
    let by = if authorized.by.is_empty() { "not known".to_owned() } else { authorized.by };
    view! {
        <section class="part">
            <div class="part-head">
                <h2>"Access"</h2>
                {move || view! { <Countdown days=shown.read().row.days_left/> }}
                {move || {
                    let again = again.clone();
                    tokens.read().authorized.then(|| view! { <a class="btn btn-sm" href=again rel="external">"Regenerate token"</a> })
                }}
            </div>
            {move || {
                tokens.read().authorized.then(|| {
                    view! {
                        <p class="hint mb-3">
                            "ServiceNow does not extend this access. Regenerate token repeats the authorization there; nothing
                            that waits is lost. Warnings come 14, 7 and 1 days before the end."
                        </p>
                    }
                })
            }}
            <dl class="facts">
                <div><dt>"Client ID"</dt><dd class="break-all">{move || shown.read().client_id.clone()}</dd></div>
                <div><dt>"Acts as"</dt><dd>{move || {
                    let name = tokens.read().acting_as.clone();
                    if name.is_empty() { "nobody yet".to_owned() } else { name }
                }}</dd></div>
                <div><dt>"Authorized by"</dt><dd>{by}</dd></div>
                <div><dt>"Authorized"</dt><dd><MaybeTime when=authorized.at/></dd></div>
                <div><dt>"Access token until"</dt><dd>{move || view! { <MaybeTime when=tokens.read().access_ends.clone() never="none"/> }}</dd></div>
                <div><dt>"Last refresh"</dt><dd>{move || view! { <MaybeTime when=tokens.read().last_refresh.clone()/> }}</dd></div>
                <div><dt>"Refresh token until"</dt><dd>{move || view! { <MaybeTime when=tokens.read().refresh_ends.clone() never="none"/> }}</dd></div>
            </dl>
            <Show when=move || tokens.read().authorized>
                <AccessEnd shown/>
                <OauthClient shown/>
            </Show>
        </section>
    }
}

/// For an instance whose refresh tokens live longer or shorter than ServiceNow's own 100 days.
#[component]
fn AccessEnd(shown: Shown) -> impl IntoView {
    let set = ServerAction::<SetAccessEnd>::new();
    let trouble = Signal::derive(move || set.value().get().and_then(Result::err));
    let id = shown.read_untracked().row.id.clone();
    use_live().moves_after(format!("connection:{id}"), set);
    let day = Memo::new(move |_| shown.read().tokens.refresh_ends_day.clone());
    view! {
        <details class="mt-3">
            <summary>"The access ends on another day"</summary>
            <ActionForm action=set>
                <input type="hidden" name="id" value=id/>
                <TextField label="Refresh token until" name="day" kind="date" value=day trouble
                    hint="100 days are assumed. The OAuth client in ServiceNow says it: Refresh Token Lifespan, counted from the authorization."/>
                <button class="btn btn-sm" type="submit" disabled=set.pending()>"Save"</button>
            </ActionForm>
            <FormTrouble trouble/>
        </details>
    }
}

/// For a client whose secret was changed in ServiceNow: what was authorized goes on with the new one.
#[component]
fn OauthClient(shown: Shown) -> impl IntoView {
    let set = ServerAction::<SetClient>::new();
    let trouble = Signal::derive(move || set.value().get().and_then(Result::err));
    let id = shown.read_untracked().row.id.clone();
    use_live().moves_after(format!("connection:{id}"), set);
    let client = Memo::new(move |_| shown.read().client_id.clone());
    view! {
        <details class="mt-3">
            <summary>"The OAuth client has another ID or secret"</summary>
            <ActionForm action=set>
                <input type="hidden" name="id" value=id/>
                <TextField label="Client ID" name="client_id" value=client trouble/>
                <TextField label="Client secret" name="client_secret" kind="password" autocomplete="off" trouble
                    hint="Kept sealed, never shown again. If the connection is stopped, press Resume afterwards."/>
                <button class="btn btn-sm" type="submit" disabled=set.pending()>"Save"</button>
            </ActionForm>
            <FormTrouble trouble/>
        </details>
    }
}
