//! Which field goes where, and which value becomes which.

use super::Shown;
use crate::model::{FieldRuleRow, ValueMapTable};
use leptos::prelude::*;

#[component]
pub fn Mapping(shown: Shown) -> impl IntoView {
    let rules = Memo::new(move |_| shown.read().field_rules.clone());
    let maps = Memo::new(move |_| shown.read().value_maps.clone());
    let findings = Memo::new(move |_| shown.read().findings.clone());
    view! {
        <section class="part">
            <div class="part-head"><h2>"Field mapping"</h2></div>
            <p class="hint mb-2">"A field that is not in this table is never read into a write and never touched."</p>
            {move || view! { <Findings findings=findings.get()/> }}
            {move || view! { <Rules rules=rules.get()/> }}
        </section>
        {move || maps.get().into_iter().map(|map| view! { <Values map/> }).collect_view()}
    }
}

/// What a person should look at before a record meets it.
#[component]
fn Findings(findings: Vec<String>) -> impl IntoView {
    (!findings.is_empty()).then(|| {
        let items = findings.into_iter().map(|finding| view! { <li>{finding}</li> }).collect_view();
        view! { <ul class="list-disc pl-5 mb-2" aria-label="Findings">{items}</ul> }
    })
}

#[component]
fn Rules(rules: Vec<FieldRuleRow>) -> impl IntoView {
    view! {
        <div class="scroll">
            <table class="table stack">
                <thead>
                    <tr>
                        <th scope="col">"ServiceNow"</th>
                        <th scope="col">"Direction"</th>
                        <th scope="col">"Desk"</th>
                        <th scope="col">"On the way"</th>
                    </tr>
                </thead>
                <tbody>
                    {rules
                        .into_iter()
                        .map(|rule| {
                            view! {
                                <tr>
                                    <th scope="row" class="sm:whitespace-nowrap">{rule.servicenow_field}</th>
                                    <td data-label="Direction"><Arrow direction=rule.direction/></td>
                                    <td data-label="Desk" class="font-medium sm:whitespace-nowrap">{rule.platform_field}</td>
                                    <td data-label="On the way" class="wide text-quiet">{rule.note}</td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Arrow(direction: String) -> impl IntoView {
    let (sign, words) = match direction.as_str() {
        "to_platform" => ("→", "to Desk"),
        "to_servicenow" => ("←", "to ServiceNow"),
        _ => ("⇄", "both ways"),
    };
    view! {
        <span class="whitespace-nowrap">
            <span class="arrow" aria-hidden="true">{sign}</span>" "<span class="text-quiet">{words}</span>
        </span>
    }
}

#[component]
fn Values(map: ValueMapTable) -> impl IntoView {
    // Several ServiceNow values may share a platform value; then the way back is a choice, and is shown.
    let platforms: Vec<_> = map.rows.iter().map(|row| row.platform.clone()).collect();
    let requires = map.rows.iter().any(|row| !row.requires.is_empty());
    view! {
        <section class="part">
            <div class="part-head"><h2>{map.title}</h2></div>
            <div class="scroll">
                <table class="table stack max-w-4xl">
                    <thead>
                        <tr>
                            <th scope="col">"ServiceNow"</th>
                            <th scope="col">"Desk"</th>
                            <th scope="col">"Way back"</th>
                            {requires.then(|| view! { <th scope="col">"ServiceNow requires"</th> })}
                        </tr>
                    </thead>
                    <tbody>
                        {map.rows
                            .into_iter()
                            .map(|row| {
                                let shared = platforms.iter().filter(|platform| **platform == row.platform).count() > 1;
                                let back = match (shared, row.is_default) {
                                    (false, _) => "the same",
                                    (true, true) => "chosen on the way back",
                                    (true, false) => "kept when already there",
                                };
                                view! {
                                    <tr>
                                        <th scope="row" class="sm:whitespace-nowrap">{row.servicenow}</th>
                                        <td data-label="Desk" class="font-medium sm:whitespace-nowrap">{row.platform}</td>
                                        <td data-label="Way back" class="text-quiet sm:whitespace-nowrap">{back}</td>
                                        {requires.then(|| view! { <td data-label="ServiceNow requires" class="wide text-quiet">{row.requires}</td> })}
                                    </tr>
                                }
                            })
                            .collect_view()}
                    </tbody>
                </table>
            </div>
        </section>
    }
}
