//! How changes in ServiceNow arrive: the webhook of what is installed there at once, the poll in any case.

use super::Shown;
use super::kit::ByHand;
use crate::api::{InstallWebhook, answered};
use crate::model::ConnectionState;
use crate::ui::time::MaybeTime;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Arrival(shown: Shown) -> impl IntoView {
    let install = ServerAction::<InstallWebhook>::new();
    let trouble = Signal::stored(met(install));
    let (id, state) = shown.with_value(|page| (page.row.id.clone(), page.row.state));
    let (table, last_webhook, last_poll) =
        shown.with_value(|page| (page.table.clone(), page.last_webhook.clone(), page.last_poll.clone()));
    view! {
        <section class="part">
            <div class="part-head">
                <h2>"How changes arrive"</h2>
                {(state != ConnectionState::Draft).then(|| view! {
                    <ActionForm action=install>
                        <input type="hidden" name="id" value=id/>
                        <button class="btn btn-sm" type="submit">"Install in ServiceNow"</button>
                    </ActionForm>
                })}
            </div>
            <Installed/>
            <FormTrouble trouble/>
            <dl class="facts">
                <div><dt>"Last webhook"</dt><dd><MaybeTime when=last_webhook/></dd></div>
                <div><dt>"Last poll"</dt><dd><MaybeTime when=last_poll/></dd></div>
            </dl>
            <p class="hint">
                "Polling finds every change by itself. With the business rules for table "<code>{table}</code>", changes arrive at once."
            </p>
            <ByHand shown/>
        </section>
    }
}

/// What became of the installation, where it was just asked for.
#[component]
pub fn Installed() -> impl IntoView {
    let answer = answered::<InstallWebhook>();
    let words = answer.is_some().then_some("Installed. The next change there arrives by webhook.");
    let left_out = answer.flatten();
    view! {
        <p role="status" class="text-quiet" data-stays=words.is_some()>{words}</p>
        {left_out.map(|left_out| view! { <p class="hint" data-stays>"Left out, and not needed for this: "{left_out}</p> })}
    }
}
