//! The access that a connection holds in ServiceNow, how long it lasts, and the way to renew it.

use super::Shown;
use crate::ui::state::{State, Tone};
use crate::ui::time::MaybeTime;
use leptos::prelude::*;

#[component]
pub fn Access(shown: Shown) -> impl IntoView {
    let tokens = Memo::new(move |_| shown.read().tokens.clone());
    let client = shown.read_untracked().client_id.clone();
    let again = format!("/oauth/authorize/{}", shown.read_untracked().row.id);
    view! {
        <section class="part">
            <div class="part-head">
                <h2>"Access"</h2>
                {move || view! { <Countdown authorized=tokens.read().authorized days=tokens.read().refresh_days_left/> }}
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
                <div><dt>"Client ID"</dt><dd class="break-all">{client}</dd></div>
                <div><dt>"Acts as"</dt><dd>{move || {
                    let name = tokens.read().acting_as.clone();
                    if name.is_empty() { "nobody yet".to_owned() } else { name }
                }}</dd></div>
                <div><dt>"Access token until"</dt><dd>{move || view! { <MaybeTime when=tokens.read().access_ends.clone() never="none"/> }}</dd></div>
                <div><dt>"Last refresh"</dt><dd>{move || view! { <MaybeTime when=tokens.read().last_refresh.clone()/> }}</dd></div>
                <div><dt>"Refresh token until"</dt><dd>{move || view! { <MaybeTime when=tokens.read().refresh_ends.clone() never="none"/> }}</dd></div>
            </dl>
        </section>
    }
}

#[component]
fn Countdown(authorized: bool, days: Option<i64>) -> impl IntoView {
    let (tone, word) = match days {
        _ if !authorized => (Tone::Next, "Not authorized".to_owned()),
        None => (Tone::Calm, "Authorized".to_owned()),
        Some(days) if days < 0 => (Tone::Act, "Ended".to_owned()),
        Some(0) => (Tone::Act, "Ends today".to_owned()),
        Some(1) => (Tone::Act, "1 day left".to_owned()),
        Some(days @ 2..=7) => (Tone::Act, format!("{days} days left")),
        Some(days @ 8..=14) => (Tone::Next, format!("{days} days left")),
        Some(days) => (Tone::Calm, format!("{days} days left")),
    };
    view! { <State tone word/> }
}
