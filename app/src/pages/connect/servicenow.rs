//! Step 6: what is installed in ServiceNow, so that changes arrive at once; and the proof that all of it works.

use super::live_test::LiveTestPart;
use crate::api::{self, FinishConnect, InstallWebhook};
use crate::live::{follow, use_live};
use crate::model::{ServicenowStep, SetupSteps};
use crate::ui::time::MaybeTime;
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Servicenow(id: String, step: ServicenowStep) -> impl IntoView {
    let finish = ServerAction::<FinishConnect>::new();
    let trouble = Signal::derive(move || finish.value().get().and_then(Result::err));
    let asked = id.clone();
    let side = follow(step.side, vec![format!("connection:{id}")], move || api::setup_steps(asked.clone()));
    view! {
        <p class="max-w-4xl">
            "Changes flow: polling finds every one by itself. With the records below in ServiceNow they arrive within a second or two."
        </p>
        <Ways id=id.clone() table=step.table/>
        <Arrived side/>
        <LiveTestPart id=id.clone() test=step.test/>
        <section class="part">
            <FormTrouble trouble/>
            <ActionForm action=finish>
                <input type="hidden" name="id" value=id/>
                <button class="btn btn-primary" type="submit" disabled=finish.pending()>"Done"</button>
                <p class="hint mt-1">"Opens the connection. What is not installed yet can be installed there at any time."</p>
            </ActionForm>
        </section>
    }
}

#[component]
fn Ways(id: String, table: String) -> impl IntoView {
    let install = ServerAction::<InstallWebhook>::new();
    let trouble = Signal::derive(move || install.value().get().and_then(Result::err));
    let installed = Memo::new(move |_| install.value().with(|answer| matches!(answer, Some(Ok(_)))));
    let refused = Memo::new(move |_| install.value().with(|answer| answer.clone().and_then(Result::ok).flatten()));
    use_live().moves_after(format!("connection:{id}"), install);
    let home = format!("/settings/connections/{id}");
    view! {
        <div class="cards mt-3">
            <div class="card-row">
                <h3 class="font-semibold">"By this account"</h3>
                <p class="mt-1">"Writes the business rules for "<code>{table}</code>" and the script that sends. It needs the role admin there."</p>
                <ActionForm action=install>
                    <input type="hidden" name="id" value=id/>
                    <button class="btn btn-sm mt-2" type="submit" disabled=install.pending()>"Install in ServiceNow"</button>
                </ActionForm>
                <p role="status" class="text-quiet">{move || installed.get().then_some("Installed. The next change there arrives by webhook.")}</p>
                {move || refused.get().map(|refused| view! { <p class="hint">"Left out, and not needed for this: "{refused}</p> })}
                <FormTrouble trouble/>
            </div>
            <div class="card-row">
                <h3 class="font-semibold">"By file, or by hand"</h3>
                <p class="mt-1">
                    "An administrator of ServiceNow imports "
                    <a class="link" download rel="external" href=format!("{home}/isthmus-install.xml")>"the update set"</a>
                    ", or makes the same records by hand. "
                    <a class="link" href=format!("{home}/servicenow")>"ServiceNow side"</a>
                    " has each click, and reads back what is there."
                </p>
            </div>
            <div class="card-row">
                <h3 class="font-semibold">"Nothing installed"</h3>
                <p class="mt-1">
                    "Polling alone misses no change. What is lost is time: a change waits for the next poll, several edits between two
                    polls arrive as their outcome, and there is no button on the form that sends one record."
                </p>
            </div>
        </div>
    }
}

#[component]
fn Arrived(side: RwSignal<SetupSteps>) -> impl IntoView {
    view! {
        <dl class="facts">
            <div><dt>"Update set downloaded"</dt><dd>{move || view! { <MaybeTime when=side.read().fetched.clone()/> }}</dd></div>
            <div><dt>"Written by the account"</dt><dd>{move || view! { <MaybeTime when=side.read().written.clone()/> }}</dd></div>
            <div><dt>"Last signed webhook"</dt><dd>{move || view! { <MaybeTime when=side.read().last_signed.clone()/> }}</dd></div>
        </dl>
    }
}
