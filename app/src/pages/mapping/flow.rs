//! What the connection as a whole lets through, and whole mappings to start from.

use super::Change;
use super::form::{DraftForm, Section};
use crate::model::{FormInputKind, MappingFlow};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Flow(flow: MappingFlow, id: String, may_edit: bool, change: Change) -> impl IntoView {
    let MappingFlow { seen, sections, presets, check } = flow;
    if !may_edit {
        let settings = sections.into_iter().flat_map(|section| section.inputs).map(|input| {
            let said = match input.kind {
                FormInputKind::Text(value) | FormInputKind::Lines(value) | FormInputKind::Field { value, .. } => value,
                FormInputKind::Choice { value, options } => {
                    options.into_iter().find(|(option, _)| *option == value).map(|(_, words)| words).unwrap_or(value)
                }
                FormInputKind::Conditions { rows, kept } if kept.is_empty() => rows
                    .into_iter()
                    .filter(|row| !row.field.is_empty())
                    .map(|row| format!("{} {} {}", row.field, row.operator.replace('_', " "), row.value))
                    .collect::<Vec<_>>()
                    .join(" and "),
                FormInputKind::Conditions { kept, .. } => kept,
            };
            view! { <div><dt>{input.label}</dt><dd>{said}</dd></div> }
        });
        return view! { <dl class="facts flex-col">{settings.collect_view()}</dl> }.into_any();
    }
    let of_preset = id.clone();
    let trouble = Signal::stored(check.trouble.clone());
    let here = format!("/settings/connections/{id}/mappings/flow");
    let close = format!("/settings/connections/{id}/mappings");
    view! {
        <details class="mt-3">
            <summary>"Start from a preset"</summary>
            <ActionForm action=change attr:class="form mt-2">
                <input type="hidden" name="form[connection]" value=of_preset/>
                <input type="hidden" name="form[what]" value="preset"/>
                <div class="field">
                    <label for="field-preset">"Preset"</label>
                    <select class="select" id="field-preset" name="form[of]" aria-describedby="field-preset-hint">
                        {presets.into_iter().map(|(id, words)| view! { <option value=id>{words}</option> }).collect_view()}
                    </select>
                    <p id="field-preset-hint" class="hint">
                        "Puts another whole mapping into the draft, in place of what is there. You see what differs before you publish."
                    </p>
                </div>
                <button class="btn btn-sm justify-self-start" type="submit">"Put it into the draft"</button>
            </ActionForm>
        </details>
        <DraftForm change check id what="flow" of=String::new() seen again=(here, "edit") close>
            {sections.into_iter().map(|section| view! { <Section section trouble class="form"/> }).collect_view()}
        </DraftForm>
    }
    .into_any()
}
