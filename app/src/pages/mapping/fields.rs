//! The field table: a row a rule, its direction an arrow that turns, and one rule's form open at a time.

use super::Change;
use super::form::{DraftForm, Offers, Section, findings};
use crate::address::with_query;
use crate::model::{MappingFields, MappingForm, MappingRow};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Fields(fields: MappingFields, id: String, platform: String, may_edit: bool, change: Change) -> impl IntoView {
    let MappingFields { rows, findings, open } = fields;
    let here = format!("/settings/connections/{id}/mappings");
    // One unfinished row at a time.
    let may_begin = may_edit && open.is_none();
    let new = open.clone().filter(|form| form.rule.is_empty());
    let add = format!("{}#new-rule", with_query(&here, &[("add", "1")]));
    let add_note = format!("{}#new-rule", with_query(&here, &[("add", "note")]));
    let heading = platform.clone();
    let (connection, of_row) = (id.clone(), id.clone());
    view! {
        <div class="part-head mt-3">
            <p class="hint">"A field that is not in this table is never read into a write and never touched."</p>
            {may_begin.then(|| view! {
                <span class="ml-auto flex flex-wrap gap-2">
                    <a class="btn btn-sm" href=add_note>"Add a note rule"</a>
                    <a class="btn btn-sm" href=add>"Add a field rule"</a>
                </span>
            })}
        </div>
        <ul class="findings">{findings.into_iter().map(|sentence| view! { <li>{sentence}</li> }).collect_view()}</ul>
        {new.map(|form| {
            let heading = if form.is_note { "New note rule" } else { "New field rule" };
            view! {
                <section class="open-rule" id="new-rule" aria-label=heading>
                    <h2>{heading}</h2>
                    <RuleForm form id=id.clone() change/>
                </section>
            }
        })}
        <ActionForm action=change attr:id="turn">
            <input type="hidden" name="form[connection]" value=connection/>
            <input type="hidden" name="form[what]" value="turn"/>
        </ActionForm>
        <div class="scroll">
            <table class="table stack">
                <caption class="sr-only">"Field rules"</caption>
                <thead>
                    <tr>
                        <th scope="col">"ServiceNow"</th>
                        <th scope="col"><span class="sr-only">"Direction"</span></th>
                        <th scope="col">{heading}</th>
                        <th scope="col">"Owner"</th>
                        <th scope="col">"On the way"</th>
                        <th scope="col"><span class="sr-only">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>
                    {rows
                        .into_iter()
                        .map(|row| {
                            let form = open.clone().filter(|form| !form.rule.is_empty() && form.rule == row.name);
                            let id = of_row.clone();
                            view! {
                                <Row row here=here.clone() platform=platform.clone() may_begin/>
                                {form.map(|form| {
                                    let label = format!("Rule {}", form.rule);
                                    view! {
                                        <tr>
                                            <td colspan="6">
                                                <section class="open-rule" aria-label=label><RuleForm form id change/></section>
                                            </td>
                                        </tr>
                                    }
                                })}
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: MappingRow, here: String, platform: String, may_begin: bool) -> impl IntoView {
    let MappingRow {
        name,
        is_note,
        anchor,
        servicenow,
        platform: field,
        direction,
        owner,
        on_the_way,
        change,
        findings,
    } = row;
    let is_rule = !name.is_empty();
    let open = if is_note { "note" } else { "edit" };
    let edit = format!("{}#{anchor}", with_query(&here, &[(open, &name)]));
    let arrow = if is_rule && may_begin && !is_note {
        let (sign, words, next, then) = turned(&direction, &platform);
        let told = format!("{name} flows {words}. Let it flow {then}.");
        view! {
            <button class="btn btn-sm arrow" type="submit" form="turn" name="form[of]" id=format!("turn-{anchor}")
                value=format!("{next} {name}") aria-label=told.clone() title=told>{sign}</button>
        }
        .into_any()
    } else {
        let (sign, words, ..) = turned(&direction, &platform);
        view! { <span class="arrow" aria-hidden="true">{sign}</span><span class="sr-only">{words}</span> }.into_any()
    };
    let shown_name = (is_rule && name != field && name != servicenow)
        .then(|| view! { <span class="block text-xs text-quiet">{name.clone()}</span> });
    view! {
        <tr id=is_rule.then_some(anchor)>
            <th scope="row" class="sm:whitespace-nowrap">{servicenow}{shown_name}</th>
            <td data-label="Direction">{arrow}</td>
            <td data-label=platform class="font-medium sm:whitespace-nowrap">{field}</td>
            <td data-label="Owner" class="text-quiet sm:whitespace-nowrap">{(!owner.is_empty()).then_some(owner)}</td>
            <td data-label="On the way" class="wide text-quiet">
                {(!change.is_empty()).then(|| view! { <span class="badge badge-sm mr-2">{change}</span> })}
                {on_the_way}
                {(!findings.is_empty()).then(|| view! {
                    <ul class="findings">{findings.into_iter().map(|sentence| view! { <li>{sentence}</li> }).collect_view()}</ul>
                })}
            </td>
            <td>{(is_rule && may_begin).then(|| view! { <a class="link" href=edit>"Edit"<span class="sr-only">" "{name}</span></a> })}</td>
        </tr>
    }
}

/// A direction's sign and words, and what pressing it makes of it.
fn turned(direction: &str, platform: &str) -> (&'static str, String, &'static str, String) {
    let to_platform = format!("from ServiceNow to {platform} only");
    let to_servicenow = format!("from {platform} to ServiceNow only");
    match direction {
        "to_platform" => ("→", to_platform, "to_servicenow", to_servicenow),
        "to_servicenow" => ("←", to_servicenow, "both", "both ways".to_owned()),
        _ => ("⇄", "both ways".to_owned(), "to_platform", to_platform),
    }
}

#[component]
fn RuleForm(form: MappingForm, id: String, change: Change) -> impl IntoView {
    let MappingForm { is_note, rule, anchor, seen, sections, check } = form;
    let trouble = Signal::stored(check.trouble.clone());
    let here = format!("/settings/connections/{id}/mappings");
    let close = if rule.is_empty() { here.clone() } else { format!("{here}#{anchor}") };
    let (what, open) = match (is_note, rule.is_empty()) {
        (false, true) => ("rule", "add"),
        (false, false) => ("rule", "edit"),
        (true, true) => ("note", "add"),
        (true, false) => ("note", "note"),
    };
    let classes = ["three", "three mt-3", "three mt-2", "three mt-2"];
    let sections = sections
        .into_iter()
        .zip(classes)
        .map(|(section, class)| view! { <Section section trouble class/> })
        .collect_view();
    let (servicenow, platform) = (check.servicenow.clone(), check.platform.clone());
    let findings = findings(&check, None);
    let remove =
        (!rule.is_empty()).then(|| view! { <Remove id=id.clone() rule=rule.clone() seen=seen.clone() change/> });
    view! {
        <DraftForm change check id=id.clone() what of=rule seen again=(here, open) close>
            {sections}
            {findings}
            <Offers id="fields-servicenow" offers=servicenow/>
            <Offers id="fields-platform" offers=platform/>
        </DraftForm>
        {remove}
    }
}

#[component]
fn Remove(id: String, rule: String, seen: String, change: Change) -> impl IntoView {
    view! {
        <details class="mt-3">
            <summary>"Remove this rule"</summary>
            <ActionForm action=change>
                <input type="hidden" name="form[connection]" value=id/>
                <input type="hidden" name="form[what]" value="remove"/>
                <input type="hidden" name="form[of]" value=rule/>
                <input type="hidden" name="form[seen]" value=seen/>
                <p class="hint my-1">
                    "No data is deleted: what both sides hold stays, and once the draft is published the two fields are not kept
                    the same any more."
                </p>
                <button class="btn btn-sm btn-error" type="submit">"Remove from the draft"</button>
            </ActionForm>
        </details>
    }
}
