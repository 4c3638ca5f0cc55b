//! What the last test of a connection found, each finding with its way out, and the button to test again.

use super::Shown;
use crate::api::TestConnection;
use crate::model::{Check, ConnectionState};
use crate::ui::state::{State, Tone};
use crate::ui::time::MaybeTime;
use crate::ui::trouble::{ErrorCode, FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Checks(shown: Shown) -> impl IntoView {
    let test = ServerAction::<TestConnection>::new();
    let trouble = Signal::stored(met(test));
    let (id, state) = shown.with_value(|page| (page.row.id.clone(), page.row.state));
    let (checks, tested) = shown.with_value(|page| (page.checks.clone(), page.tested.clone()));
    let none = if state == ConnectionState::Draft {
        "Runs by itself after you authorize: it reaches the instance, checks the token and reads the connection's table."
    } else {
        "Not tested yet."
    };
    view! {
        <section class="part">
            <div class="part-head">
                <h2>"Test"</h2>
                <p class="text-quiet">"Last run "<MaybeTime when=tested/></p>
                <ActionForm action=test>
                    <input type="hidden" name="id" value=id/>
                    <button class="btn btn-sm" type="submit">"Test connection"</button>
                    <Asking/>
                </ActionForm>
            </div>
            <FormTrouble trouble/>
            {checks.is_empty().then(|| view! { <p class="text-quiet">{none}</p> })}
            <ul class="checks">{checks.into_iter().map(|check| view! { <Finding check/> }).collect_view()}</ul>
        </section>
    }
}

/// Shown while the form around it waits for ServiceNow.
#[component]
pub fn Asking() -> impl IntoView {
    view! { <span class="at-work ml-2 text-quiet">"Asking ServiceNow…"</span> }
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
