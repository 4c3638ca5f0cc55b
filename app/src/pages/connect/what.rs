//! Step 4: which records, and from when on. What is chosen is counted on the instance, at once and without saving.

use crate::api::ChooseWhat;
use crate::error::Trouble;
use crate::islands::conditions::Conditions;
use crate::model::{Matching, WhatStep, step_address};
use crate::ui::count::counted;
use crate::ui::field::{SelectField, TextField};
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn What(id: String, step: WhatStep) -> impl IntoView {
    let save = ServerAction::<ChooseWhat>::new();
    let trouble = Signal::stored(met(save));
    let here = step_address(&id, 4);
    let pull_by = vec![
        ("created".to_owned(), "Created: only records made since then".to_owned()),
        ("updated".to_owned(), "Updated: older ones as well, once they change".to_owned()),
    ];
    view! {
        <ActionForm action=save attr:id="what">
            <input type="hidden" name="form[connection]" value=id.clone()/>
            <div class="form wide-form">
                <FormTrouble trouble/>
                <fieldset class="field">
                    <legend class="font-medium">"Records of "<code>{step.table}</code>" that meet all of these"</legend>
                    <p class="hint">"Without any, every record. Columns and choices are your instance's own."</p>
                    {(!step.fields_note.is_empty()).then(|| view! { <p class="note">{step.fields_note}</p> })}
                    {(!step.kept.is_empty())
                        .then(|| view! { <p class="note">"Now: "{step.kept}". It stays unless you fill in rows."</p> })}
                    <Conditions rows=step.rows fields=step.fields/>
                </fieldset>
                <SelectField label="Pull records by" name="form[pull_by]" value=step.pull_by options=pull_by
                    hint="Which of a record's times must lie after the start." trouble/>
                <From history=step.history trouble/>
                <Count matching=step.matching here/>
                <button class="btn btn-primary" type="submit">"Save and continue"</button>
                <p class="hint">
                    "Direction, triggers and deletions can be set under "
                    <a class="link" href=format!("/settings/connections/{id}/rules")>"Rules"</a>
                    ", before you start or later."
                </p>
            </div>
        </ActionForm>
    }
}

/// From now on, unless a person chooses the past as well.
#[component]
fn From(history: String, trouble: Signal<Option<Trouble>>) -> impl IntoView {
    let has_history = !history.is_empty();
    view! {
        <fieldset class="choices">
            <legend>"From when on"</legend>
            <label class="choice">
                <input type="radio" name="form[from]" value="now" checked=!has_history/>
                <span><span class="font-medium">"From now on"</span><span class="hint block">"What is there already stays as it is."</span></span>
            </label>
            <label class="choice">
                <input type="radio" name="form[from]" value="since" checked=has_history/>
                <span>
                    <span class="font-medium">"History too"</span>
                    <span class="hint block">
                        "Pulls records from a day on, as a run of its own that can be stopped; it asks before it makes many tickets."
                    </span>
                </span>
            </label>
            <div class="max-w-62 pl-6"><TextField label="History since" name="form[day]" about="day" kind="date" value=history required=false trouble/></div>
        </fieldset>
    }
}

/// How many records what is typed finds. Asked again whenever something in the form changes.
#[component]
fn Count(matching: Matching, here: String) -> impl IntoView {
    view! {
        <div class="counted" role="status" aria-live="polite" aria-busy="false">
            <Found matching/>
            <button class="btn btn-sm" type="submit" formmethod="get" formaction=here formnovalidate=true data-looks="change">
                <span class="at-rest">"Count again"</span><span class="at-work">"Counting…"</span>
            </button>
        </div>
    }
}

#[component]
fn Found(matching: Matching) -> impl IntoView {
    let Matching { all, found, mapped, history, takes, problem } = matching;
    let number = |count: Option<i64>| count.map_or_else(|| "an unknown number".to_owned(), counted);
    view! {
        <div class="min-w-0">
            {found
                .map(|found| view! {
                    <p>
                        <strong class="num text-base">{counted(found)}</strong>" of "{number(all)}" records there match"
                        {mapped.map(|mapped| format!("; {} of these have a value that the mapping lets in", counted(mapped)))}
                        "."
                    </p>
                })}
            {(found.is_some() && history.is_none()).then(|| view! { <p class="hint">"From now on, new ones like these become tickets."</p> })}
            {history
                .map(|history| view! {
                    <p>
                        "The history would pull "<strong class="num">{counted(history)}</strong>" of them, in "{takes}
                        " at the pace that the instance shows now."
                    </p>
                })}
            {(!problem.is_empty()).then(|| view! { <p class="note">"Not counted: "{problem}</p> })}
        </div>
    }
}
