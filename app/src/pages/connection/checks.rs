//! What the last test of a connection found, each finding with its way out, and the button to test again.

use super::Shown;
use crate::api::TestConnection;
use crate::live::use_live;
use crate::model::{Check, ConnectionState};
use crate::ui::state::{State, Tone};
use crate::ui::time::MaybeTime;
use crate::ui::trouble::{ErrorCode, FormTrouble};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Checks(shown: Shown) -> impl IntoView {
    let live = use_live();
    let test = ServerAction::<TestConnection>::new();
    let trouble = Signal::derive(move || test.value().get().and_then(Result::err));
    let id = shown.read_untracked().row.id.clone();
    let topic = format!("connection:{id}");
    Effect::new(move |_| {
        if let Some(Ok(checks)) = test.value().get() {
            // The answer shows at once; the page that the server has follows.
            shown.update(|page| page.checks = checks);
            live.moved(&topic);
        }
    });
    let checks = Memo::new(move |_| shown.read().checks.clone());
    let tested = Memo::new(move |_| shown.read().tested.clone());
    let draft = Memo::new(move |_| shown.read().row.state == ConnectionState::Draft);
    view! {
        <section class="part">
            <div class="part-head">
                <h2>"Test"</h2>
                <p class="text-quiet">"Last run "{move || view! { <MaybeTime when=tested.get()/> }}</p>
                <ActionForm action=test>
                    <input type="hidden" name="id" value=id/>
                    <button class="btn btn-sm" type="submit" disabled=test.pending()>"Test connection"</button>
                </ActionForm>
                <p role="status" class="text-quiet">{move || test.pending().get().then_some("Asking ServiceNow…")}</p>
            </div>
            <FormTrouble trouble/>
            {move || {
                (checks.read().is_empty())
                    .then(|| {
                        let words = if draft.get() {
                            "Runs by itself after you authorize: it reaches the instance, checks the token and reads the connection's table."
                        } else {
                            "Not tested yet."
                        };
                        view! { <p class="text-quiet">{words}</p> }
                    })
            }}
            <ul class="checks">
                {move || checks.get().into_iter().map(|check| view! { <Finding check/> }).collect_view()}
            </ul>
        </section>
    }
}

#[component]
pub fn Finding(check: Check) -> impl IntoView {
    let (tone, word) = if check.passed { (Tone::Calm, "Passed") } else { (Tone::Act, "Failed") };
    view! {
        <li>
            <State tone word/>
            <div class="min-w-0">
                <p class="font-medium">{check.what}</p>
                {(!check.why.is_empty()).then(|| view! { <p class="text-quiet">{check.why}</p> })}
                {(!check.what_to_do.is_empty())
                    .then(|| view! { <p><span class="font-medium">"What to do: "</span>{check.what_to_do}</p> })}
                {(!check.code.is_empty()).then(|| view! { <p><ErrorCode code=check.code/></p> })}
            </div>
        </li>
    }
}
