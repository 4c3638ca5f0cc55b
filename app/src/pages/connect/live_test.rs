//! The live test: create there, see here, change here, see there. Each step ticks as it happens.

use crate::api::RunLiveTest;
use crate::model::{LiveStep, LiveTest, Progress};
use crate::ui::follow::Follow;
use crate::ui::state::{State, Tone};
use crate::ui::time::MaybeTime;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn LiveTestPart(id: String, test: LiveTest) -> impl IntoView {
    let run = ServerAction::<RunLiveTest>::new();
    let trouble = Signal::stored(met(run));
    let topic = format!("live:{id}");
    let verdict = verdict(&test);
    let LiveTest { begun, runs, unable, steps, number, record_url, ticket, .. } = test;
    let begin = if unable.is_empty() {
        view! {
            <ActionForm action=run>
                <input type="hidden" name="id" value=id/>
                <button class="btn btn-sm" type="submit" disabled=runs>"Make a test record and follow it"</button>
            </ActionForm>
        }
        .into_any()
    } else {
        view! { <p class="note">{unable}</p> }.into_any()
    };
    view! {
        <Follow topics=[topic]/>
        <section class="part" id="live-test">
            <div class="part-head">
                <h3 class="font-semibold">"Live test"</h3>
                <p class="text-quiet">"Last run "<MaybeTime when=begun/></p>
            </div>
            <p class="hint max-w-3xl mb-2">
                "Makes one real record in ServiceNow, titled as a test and signed so in its field correlation_display, follows it here
                and back, and closes both. Business rules and notifications of your instance run for it as for any other. The closed
                record stays: Isthmus deletes nothing there."
            </p>
            {begin}
            <FormTrouble trouble/>
            <p role="status" class="font-medium mt-2">{verdict}</p>
            <ol class="checks mt-2">{steps.into_iter().map(|step| view! { <Step step/> }).collect_view()}</ol>
            {(!record_url.is_empty())
                .then(|| view! {
                    <p class="mt-2">
                        <a class="link" href=record_url target="_blank" rel="noopener">{number}" in ServiceNow"</a>
                        {(!ticket.is_empty())
                            .then(|| view! { " · "<a class="link" href=format!("/tickets/{ticket}")>"Its ticket in Desk"</a> })}
                    </p>
                })}
            <noscript><p class="hint">"Without scripts this page does not follow by itself: load it again."</p></noscript>
        </section>
    }
}

/// In one sentence, said when it changes.
fn verdict(test: &LiveTest) -> &'static str {
    let is = |progress: Progress| test.steps.iter().any(|step| step.progress == progress);
    match () {
        () if test.steps.is_empty() => "",
        () if test.runs => "The test runs.",
        () if is(Progress::Failed) => "The test ended at the step below.",
        () if test.steps.iter().all(|step| step.progress == Progress::Done) => "Both ways work.",
        () => "The test was cut off. Run it again.",
    }
}

#[component]
fn Step(step: LiveStep) -> impl IntoView {
    let (tone, word) = match step.progress {
        Progress::Waiting => (Tone::Busy, "Waiting"),
        Progress::Running => (Tone::Busy, "Running"),
        Progress::Done => (Tone::Calm, "Done"),
        Progress::Failed => (Tone::Act, "Failed"),
    };
    view! {
        <li>
            <State tone word/>
            <div class="min-w-0">
                <p class="font-medium">{step.what}</p>
                {(!step.note.is_empty()).then(|| view! { <p class="text-quiet break-words">{step.note}</p> })}
            </div>
        </li>
    }
}
