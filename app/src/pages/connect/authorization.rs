//! Step 3: a person lets Isthmus in, on ServiceNow's own pages; then what was found with the new access.

use crate::address::query;
use crate::model::{AuthorizationStep, step_address};
use crate::pages::connection::checks::Finding;
use leptos::prelude::*;

#[component]
pub fn Authorization(id: String, step: AuthorizationStep, syncs: bool) -> impl IntoView {
    let is_back = query("authorized") == "1";
    let begin = format!("/oauth/authorize/{id}");
    let next = step_address(&id, if syncs { 6 } else { 4 });
    let has_access = !step.acting_as.is_empty();
    let who = step.acting_as.clone();
    view! {
        {(is_back && has_access)
            .then(|| view! {
                <div role="status" class="alert alert-success alert-soft my-3">
                    <p><strong class="font-semibold">"Authorized."</strong>" It acts there as "{who}". Nothing is synced yet."</p>
                </div>
            })}
        <div class="two">
            <div class="space-y-3">
                {(!step.checks.is_empty())
                    .then(|| view! { <ul class="checks">{step.checks.into_iter().map(|check| view! { <Finding check/> }).collect_view()}</ul> })}
                {if has_access {
                    view! {
                        <p>
                            <a class="btn btn-primary" href=next>"Continue"</a>
                            " "
                            <a class="btn" href=begin>"Authorize again"</a>
                        </p>
                    }
                        .into_any()
                } else {
                    view! {
                        <p>
                            "You go to "<span class="font-medium break-all">{step.address.clone()}</span>
                            ", sign in there and press Allow. ServiceNow sends you back here, and a test reads table "
                            <code>{step.table.clone()}</code>" with the same query that polling uses."
                        </p>
                        <p><a class="btn btn-primary" href=begin>"Authorize in ServiceNow"</a></p>
                    }
                        .into_any()
                }}
                <p class="hint">
                    "The OAuth client there must have this redirect URL: "<code class="copy">{step.redirect_url}</code>
                    " If ServiceNow shows an error instead of its question, compare it letter by letter."
                </p>
            </div>
            <aside class="guide">
                <h2>"Whom to sign in as"</h2>
                <p>
                    "As a user of its own for this, such as isthmus: it is named as the author of what is written, and its rights are
                    all that the connection has. It needs:"
                </p>
                <ul class="list-disc pl-5 space-y-1">
                    {step.rights.into_iter().map(|right| view! { <li>{right}</li> }).collect_view()}
                </ul>
                <p class="text-quiet">
                    "The access lasts 100 days unless the OAuth client says otherwise, and ServiceNow does not extend it. The console
                    counts down and warns 14, 7 and 1 days before."
                </p>
            </aside>
        </div>
    }
}
