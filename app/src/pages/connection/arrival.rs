//! How changes in ServiceNow arrive: the webhook of what is installed there at once, the poll in any case.

use super::Shown;
use super::kit::ByHand;
use crate::api::InstallWebhook;
use crate::live::use_live;
use crate::model::ConnectionState;
use crate::ui::time::MaybeTime;
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Arrival(shown: Shown) -> impl IntoView {
    let install = ServerAction::<InstallWebhook>::new();
    let trouble = Signal::derive(move || install.value().get().and_then(Result::err));
    let id = shown.read_untracked().row.id.clone();
    use_live().moves_after(format!("connection:{id}"), install);
    let id = StoredValue::new(id);
    let installed = Memo::new(move |_| install.value().with(|answer| matches!(answer, Some(Ok(_)))));
    let refused = Memo::new(move |_| {
        install.value().with(|answer| match answer {
            Some(Ok(refused)) => refused.clone(),
            _ => None,
        })
    });
    let table = Memo::new(move |_| shown.read().table.clone());
    let usable = Memo::new(move |_| shown.read().row.state != ConnectionState::Draft);
    view! {
        <section class="part">
            <div class="part-head">
                <h2>"How changes arrive"</h2>
                <Show when=move || usable.get()>
                    <ActionForm action=install>
                        <input type="hidden" name="id" value=id.get_value()/>
                        <button class="btn btn-sm" type="submit" disabled=install.pending()>"Install in ServiceNow"</button>
                    </ActionForm>
                </Show>
                <p role="status" class="text-quiet">
                    {move || installed.get().then_some("Installed. The next change there arrives by webhook.")}
                </p>
            </div>
            <FormTrouble trouble/>
            {move || refused.get().map(|refused| view! { <p class="hint">"Left out, and not needed for this: "{refused}</p> })}
            <dl class="facts">
                <div><dt>"Last webhook"</dt><dd>{move || view! { <MaybeTime when=shown.read().last_webhook.clone()/> }}</dd></div>
                <div><dt>"Last poll"</dt><dd>{move || view! { <MaybeTime when=shown.read().last_poll.clone()/> }}</dd></div>
            </dl>
            <p class="hint">
                "Polling finds every change by itself. With the business rules for table "<code>{table}</code>", changes arrive at once."
            </p>
            <ByHand shown/>
        </section>
    }
}
