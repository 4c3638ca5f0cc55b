//! Step 5: the preset, what the instance has that it does not know, and the start. The whole mapping has a page of its own.

use crate::api::{StartFromPreset, StartSync, TakeRows};
use crate::model::{MappingsStep, Suggestion};
use crate::ui::count::counted;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Mappings(id: String, step: MappingsStep) -> impl IntoView {
    let MappingsStep { version, table, field_rules, presets, warnings, suggestions, problem } = step;
    let start = ServerAction::<StartSync>::new();
    let trouble = Signal::stored(met(start));
    let editor = format!("/settings/connections/{id}/mappings");
    let is_whole = suggestions.is_empty() && problem.is_empty();
    view! {
        <div class="max-w-4xl space-y-4">
            <p>
                "The mapping has "<span class="num">{field_rules}</span>" field rules for "<code>{table}</code>". "
                <a class="link" href=editor>"See and edit all of it"</a>"."
            </p>
            {(presets.len() > 1).then(|| view! { <Presets id=id.clone() presets/> })}
            {(!warnings.is_empty())
                .then(|| view! {
                    <div class="note">
                        <p class="font-medium">"Look at this first"</p>
                        <ul class="list-disc pl-5">{warnings.into_iter().map(|warning| view! { <li>{warning}</li> }).collect_view()}</ul>
                    </div>
                })}
            {(!problem.is_empty())
                .then(|| view! { <p class="note">"What your instance has could not be read: "{problem}</p> })}
            {is_whole.then(|| view! { <p>"Every choice of your instance has a row in the value maps."</p> })}
            {(!suggestions.is_empty()).then(|| view! { <Suggestions id=id.clone() version suggestions/> })}
            <FormTrouble trouble/>
            <ActionForm action=start>
                <input type="hidden" name="id" value=id/>
                <button class="btn btn-primary" type="submit">"Start syncing"</button>
                <p class="hint mt-1">
                    "From this moment changes flow. It can be paused at any time; what arrives then waits, and nothing is lost."
                </p>
            </ActionForm>
        </div>
    }
}

#[component]
fn Presets(id: String, presets: Vec<(String, String, String)>) -> impl IntoView {
    let choose = ServerAction::<StartFromPreset>::new();
    let trouble = Signal::stored(met(choose));
    view! {
        <details>
            <summary>"Begin with another preset"</summary>
            <FormTrouble trouble/>
            <ActionForm action=choose>
                <input type="hidden" name="id" value=id/>
                <fieldset class="choices mt-2">
                    <legend>"Preset"</legend>
                    {presets
                        .into_iter()
                        .enumerate()
                        .map(|(at, (preset, name, sentence))| view! {
                            <label class="choice">
                                <input type="radio" name="preset" value=preset checked=at == 0/>
                                <span><span class="font-medium">{name}</span><span class="hint block">{sentence}</span></span>
                            </label>
                        })
                        .collect_view()}
                    <p class="hint">"It replaces the mapping, rows that you added as well. The filter of step 4 stays."</p>
                </fieldset>
                <button class="btn btn-sm mt-2" type="submit">"Use this preset"</button>
            </ActionForm>
        </details>
    }
}

#[component]
fn Suggestions(id: String, version: i64, suggestions: Vec<Suggestion>) -> impl IntoView {
    let take = ServerAction::<TakeRows>::new();
    let trouble = Signal::stored(met(take));
    let mut lists: Vec<(String, Vec<String>)> = Vec::new();
    for suggestion in &suggestions {
        if lists.iter().all(|(rule, _)| *rule != suggestion.rule) {
            lists.push((suggestion.rule.clone(), suggestion.options.clone()));
        }
    }
    view! {
        <section>
            <h3 class="font-semibold">"Your instance has values without a row"</h3>
            <p class="hint mb-2">
                "Where the value map decides what enters, records with such a value stay out, which may be meant. Of other rules,
                a record with such a value waits under Failures until there is a row. A pairing here is a suggestion: change it as
                you like, tick it, and add it."
            </p>
            <FormTrouble trouble/>
            <ActionForm action=take>
                <input type="hidden" name="form[connection]" value=id/>
                <input type="hidden" name="form[version]" value=version/>
                <div class="scroll">
                    <table class="table stack">
                        <caption class="sr-only">"Suggested rows"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"Add"</th>
                                <th scope="col">"Value map"</th>
                                <th scope="col">"In ServiceNow"</th>
                                <th scope="col" class="text-right">"Records"</th>
                                <th scope="col">"In Desk"</th>
                            </tr>
                        </thead>
                        <tbody>
                            {suggestions.into_iter().enumerate().map(|(at, row)| view! { <Suggested at row/> }).collect_view()}
                        </tbody>
                    </table>
                </div>
                {lists
                    .into_iter()
                    .map(|(rule, options)| view! {
                        <datalist id=list_of(&rule)>{options.into_iter().map(|option| view! { <option value=option></option> }).collect_view()}</datalist>
                    })
                    .collect_view()}
                <button class="btn btn-sm mt-2" type="submit">"Add the ticked rows"</button>
            </ActionForm>
        </section>
    }
}

fn list_of(rule: &str) -> String {
    format!("options-{}", rule.replace(' ', "-"))
}

#[component]
fn Suggested(at: usize, row: Suggestion) -> impl IntoView {
    let name = |part: &str| format!("form[rows][{at}][{part}]");
    let called = row.label.clone();
    // What cannot be synced without a row, and is there, is ticked already.
    let is_ticked = !row.keeps_out && row.records.is_some_and(|records| records > 0) && !row.platform.is_empty();
    let spelled = if row.label == row.value { row.label.clone() } else { format!("{} ({})", row.label, row.value) };
    view! {
        <tr>
            <td data-label="Add">
                <input type="hidden" name=name("rule") value=row.rule.clone()/>
                <input type="hidden" name=name("value") value=row.value/>
                <input type="hidden" name=name("label") value=row.label/>
                <input class="checkbox" type="checkbox" name=name("take") checked=is_ticked aria-label=format!("Add {called}")/>
            </td>
            <td data-label="Value map">{row.title}</td>
            <th scope="row">{spelled}</th>
            <td data-label="Records" class="num text-right">{row.records.map_or_else(|| "?".to_owned(), counted)}</td>
            <td data-label="In Desk" class="half">
                <input class="input input-sm" name=name("platform") value=row.platform list=list_of(&row.rule)
                    aria-label=format!("{called} in Desk")/>
            </td>
        </tr>
    }
}
