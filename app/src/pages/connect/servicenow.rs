//! Step 6: what is installed in ServiceNow, so that changes arrive at once; and the proof that all of it works.

use super::live_test::LiveTestPart;
use crate::api::{FinishConnect, InstallWebhook};
use crate::model::{ServicenowStep, SetupSteps};
use crate::pages::connection::arrival::Installed;
use crate::ui::follow::Follow;
use crate::ui::time::MaybeTime;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Servicenow(id: String, step: ServicenowStep) -> impl IntoView {
    let finish = ServerAction::<FinishConnect>::new();
    let trouble = Signal::stored(met(finish));
    view! {
        <Follow topics=[format!("connection:{id}")]/>
        <p class="max-w-4xl">
            "Changes flow: polling finds every one by itself. With the records below in ServiceNow they arrive within a second or two."
        </p>
        <Ways id=id.clone() table=step.table/>
        <Arrived side=step.side/>
        <LiveTestPart id=id.clone() test=step.test/>
        <section class="part">
            <FormTrouble trouble/>
            <ActionForm action=finish>
                <input type="hidden" name="id" value=id/>
                <button class="btn btn-primary" type="submit">"Done"</button>
                <p class="hint mt-1">"Opens the connection. What is not installed yet can be installed there at any time."</p>
            </ActionForm>
        </section>
    }
}

#[component]
fn Ways(id: String, table: String) -> impl IntoView {
    let install = ServerAction::<InstallWebhook>::new();
    let trouble = Signal::stored(met(install));
    let home = format!("/settings/connections/{id}");
    view! {
        <div class="cards mt-3">
            <div class="card-row">
                <h3 class="font-semibold">"By this account"</h3>
                <p class="mt-1">"Writes the business rules for "<code>{table}</code>" and the script that sends. It needs the role admin there."</p>
                <ActionForm action=install>
                    <input type="hidden" name="id" value=id/>
                    <button class="btn btn-sm mt-2" type="submit">"Install in ServiceNow"</button>
                </ActionForm>
                <Installed/>
                <FormTrouble trouble/>
            </div>
            <div class="card-row">
                <h3 class="font-semibold">"By file, or by hand"</h3>
                <p class="mt-1">
                    "An administrator of ServiceNow imports "
                    <a class="link" download href=format!("{home}/isthmus-install.xml")>"the update set"</a>
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
fn Arrived(side: SetupSteps) -> impl IntoView {
    view! {
        <dl class="facts">
            <div><dt>"Update set downloaded"</dt><dd><MaybeTime when=side.fetched/></dd></div>
            <div><dt>"Written by the account"</dt><dd><MaybeTime when=side.written/></dd></div>
            <div><dt>"Last signed webhook"</dt><dd><MaybeTime when=side.last_signed/></dd></div>
        </dl>
    }
}
