//! How changes in ServiceNow arrive: the business rule's webhook at once, the poll in any case.

use super::Shown;
use crate::api::InstallWebhook;
use crate::live::use_live;
use crate::model::ConnectionState;
use crate::ui::time::MaybeTime;
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Arrival(shown: Shown) -> impl IntoView {
    let live = use_live();
    let install = ServerAction::<InstallWebhook>::new();
    let trouble = Signal::derive(move || install.value().get().and_then(Result::err));
    let id = shown.read_untracked().row.id.clone();
    let topic = format!("connection:{id}");
    let id = StoredValue::new(id);
    let installed = Memo::new(move |_| install.value().with(|answer| matches!(answer, Some(Ok(())))));
    Effect::new(move |_| {
        if installed.get() {
            live.moved(&topic);
        }
    });
    let address = Memo::new(move |_| shown.read().webhook_address.clone());
    let script = Memo::new(move |_| shown.read().rule_script.clone());
    let table = Memo::new(move |_| shown.read().table.clone());
    let usable = Memo::new(move |_| shown.read().row.state != ConnectionState::Draft);
    view! {
        <section class="part">
            <div class="part-head">
                <h2>"How changes arrive"</h2>
                <Show when=move || usable.get()>
                    <ActionForm action=install>
                        <input type="hidden" name="id" value=id.get_value()/>
                        <button class="btn btn-sm" type="submit" disabled=install.pending()>"Install the business rule"</button>
                    </ActionForm>
                </Show>
                <p role="status" class="text-quiet">
                    {move || installed.get().then_some("Installed. The next change there arrives by webhook.")}
                </p>
            </div>
            <FormTrouble trouble/>
            <dl class="facts">
                <div><dt>"Last webhook"</dt><dd>{move || view! { <MaybeTime when=shown.read().last_webhook.clone()/> }}</dd></div>
                <div><dt>"Last poll"</dt><dd>{move || view! { <MaybeTime when=shown.read().last_poll.clone()/> }}</dd></div>
            </dl>
            <p class="hint">
                "Polling finds every change by itself. With the business rule on table "<code>{table}</code>", changes arrive at once."
            </p>
            {move || {
                (!script.read().is_empty())
                    .then(|| {
                        view! {
                            <details class="mt-3">
                                <summary>"Install it by hand"</summary>
                                <div class="space-y-2 mt-2">
                                    <p>
                                        "In ServiceNow, "<span class="path">"All > System Definition > Business Rules > New"</span>
                                        ": table "<code>{table}</code>", Advanced, when async, insert and update. One click selects all of the script."
                                    </p>
                                    <pre class="script" tabindex="0"><code>{script}</code></pre>
                                    <p>"It posts to "<code class="copy">{address}</code>". The address holds a secret: treat it as a password."</p>
                                </div>
                            </details>
                        }
                    })
            }}
        </section>
    }
}
