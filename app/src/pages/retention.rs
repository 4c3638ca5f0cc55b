//! `/settings/retention`: how long each kind is kept.

use crate::api::{self, SaveRetention};
use crate::model::RetentionDays;
use crate::ui::field::TextField;
use crate::ui::loaded::loaded;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn RetentionPage() -> impl IntoView {
    let days = api::retention();
    view! {
        <Title text="Retention"/>
        <h1>"Retention"</h1>
        <p class="hint mb-3">
            "What is older is removed, and each removal leaves a line in the history. What something open still needs is kept,
            however old it is. The audit is never removed. 0 keeps for ever."
        </p>
        {loaded(days, |days| view! { <Form days/> })}
    }
}

#[component]
fn Form(days: RetentionDays) -> impl IntoView {
    let save = ServerAction::<SaveRetention>::new();
    let trouble = Signal::stored(met(save));
    let RetentionDays { history, changes, deliveries, closed, runs } = days;
    view! {
        <ActionForm action=save attr:class="form">
            <TextField label="History (days)" name="days[history]" kind="number" value=history.to_string() about="history" trouble/>
            <TextField label="Changes that were heard of (days)" name="days[changes]" kind="number" value=changes.to_string()/>
            <TextField label="Deliveries that are done (days)" name="days[deliveries]" kind="number" value=deliveries.to_string()/>
            <TextField label="Failures and conflicts that are closed (days)" name="days[closed]" kind="number" value=closed.to_string()/>
            <TextField label="Reconcile runs that are over (days)" name="days[runs]" kind="number" value=runs.to_string()/>
            <button class="btn btn-sm btn-primary" type="submit">"Save"</button>
        </ActionForm>
        <FormTrouble trouble/>
    }
}
