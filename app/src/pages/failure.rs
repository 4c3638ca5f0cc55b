//! `/failures/{id}`: one dead letter: what was to be written, why it was not, and what a person can do.

use crate::address::{param, with_query};
use crate::api::{self, DiscardFailure, RetryFailure};
use crate::model;
use crate::pages::failures::record;
use crate::ui::field::TextField;
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::state::{State, Tone};
use crate::ui::time::Time;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn FailurePage() -> impl IntoView {
    let page = api::failure(param("id"));
    view! {
        <p class="crumbs"><a class="link" href="/failures">"Failures"</a></p>
        <Follow topics=["failures".to_owned()]/>
        {loaded(page, |page| view! { <Opened page/> })}
    }
}

#[component]
fn Opened(page: model::FailurePage) -> impl IntoView {
    let model::FailurePage { row, connection_id, cause, state, reason, closed_by, closed, same } = page;
    let is_open = state == "open";
    let (tone, word) = match state.as_str() {
        "open" => (Tone::Act, "Needs you"),
        "retried" => (Tone::Calm, "Tried again"),
        "discarded" => (Tone::Calm, "Given up"),
        _ => (Tone::Calm, "Settled"),
    };
    let others = with_query("/failures", &[("connection", &connection_id), ("cause", &cause)]);
    view! {
        <Title text=row.what.clone()/>
        <div class="head"><h1>{row.what}</h1><State tone word/></div>
        <p class="note" class:act=is_open>{row.problem}</p>
        <dl class="facts">
            <div><dt>"Record"</dt><dd>{record(row.link, row.reference, row.ticket_id, row.ticket_number)}</dd></div>
            <div><dt>"Connection"</dt><dd>{row.connection}</dd></div>
            {(!row.wanted.is_empty()).then(|| view! { <div><dt>"Value"</dt><dd>{row.wanted}</dd></div> })}
            <div><dt>"Attempts"</dt><dd class="num">{row.attempts}</dd></div>
            <div><dt>"Since"</dt><dd><Time when=row.since/></dd></div>
            {closed.map(|closed| view! { <div><dt>"Closed"</dt><dd><Time when=closed/>" "{closed_by}</dd></div> })}
            {(!reason.is_empty()).then(|| view! { <div><dt>"Reason"</dt><dd>{reason}</dd></div> })}
        </dl>
        {(same > 1).then(|| view! { <p><a class="link" href=others>{same}" failures have this cause"</a></p> })}
        {is_open.then(|| view! { <Acts id=row.id/> })}
    }
}

#[component]
fn Acts(id: String) -> impl IntoView {
    let retry = ServerAction::<RetryFailure>::new();
    let discard = ServerAction::<DiscardFailure>::new();
    let trouble = Signal::stored(met(retry).or_else(|| met(discard)));
    let same = id.clone();
    view! {
        <section class="part">
            <h2>"What to do"</h2>
            <p class="hint mb-3">"Repair the cause, then try again. Or give the write up: the sides stay different for just this value."</p>
            <ActionForm action=retry>
                <input type="hidden" name="id" value=same/>
                <button class="btn btn-sm btn-primary" type="submit">"Retry"</button>
            </ActionForm>
            <ActionForm action=discard attr:class="form mt-4">
                <input type="hidden" name="id" value=id/>
                <TextField label="Reason" name="reason" hint="Kept with the link and in its history." trouble/>
                <button class="btn btn-sm" type="submit">"Discard"</button>
            </ActionForm>
            <FormTrouble trouble/>
        </section>
    }
}
