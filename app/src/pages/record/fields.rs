//! Per field: ServiceNow's value, the base and the platform's, now or at a moment of the past.

use crate::address::with_query;
use crate::model::{RecordField, RecordPage};
use crate::pages::history::direction;
use crate::ui::state::{State, Tone};
use leptos::prelude::*;

#[component]
pub fn Fields(page: RecordPage) -> impl IntoView {
    let platform = page.platform.clone();
    // To the second, as the address takes it.
    let at = page.at.as_ref().map(|at| at.iso.trim_end_matches('Z').to_owned());
    let restore = format!("/links/{}/restore", page.link);
    let asked = crate::address::query("at");
    let to_restore =
        move |field: &str, take: &str| with_query(&restore, &[("at", &asked), ("field", field), ("take", take)]);
    let all = at.is_some().then(|| to_restore("", ""));
    let is_past = at.is_some();
    let rows = page
        .fields
        .into_iter()
        .map(|field| {
            let links = is_past.then(|| restores(&field, &page.platform, &to_restore));
            view! { <Row field platform=platform.clone() links/> }
        })
        .collect_view();
    view! {
        {all.map(|all| view! { <p class="mb-2"><a class="btn btn-sm" href=all>"Restore all fields to this moment"</a></p> })}
        <div class="scroll" tabindex="0" role="region" aria-label="Fields">
            <table class="table stack">
                <thead>
                    <tr>
                        <th scope="col">"Field"</th>
                        <th scope="col">"ServiceNow"</th>
                        <th scope="col">"Base"</th>
                        <th scope="col">{page.platform.clone()}</th>
                        <th scope="col">{if is_past { "Bring back" } else { "Equal, and why" }}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// What can be brought back of a field: one value, or each side's where they differed.
fn restores(field: &RecordField, platform: &str, to: &impl Fn(&str, &str) -> String) -> Vec<(String, String)> {
    let name = &field.field;
    match (&field.servicenow, &field.platform) {
        (Some(_), Some(_)) if field.equal => vec![(to(name, ""), "Restore".to_owned())],
        (Some(_), Some(_)) => vec![
            (to(name, "servicenow"), "Restore ServiceNow's".to_owned()),
            (to(name, "platform"), format!("Restore {platform}'s")),
        ],
        _ => Vec::new(),
    }
}

#[component]
fn Row(field: RecordField, platform: String, links: Option<Vec<(String, String)>>) -> impl IntoView {
    let names = format!("{} and {}", field.servicenow_field, field.platform_field);
    let last = if let Some(links) = links {
        links
            .into_iter()
            .map(|(to, words)| {
                let of = format!(" {}", field.field);
                view! { <a class="link mr-3" href=to>{words}<span class="sr-only">{of}</span></a> }
            })
            .collect_view()
            .into_any()
    } else {
        let state = match (field.equal, field.servicenow.is_some() && field.platform.is_some()) {
            (true, _) => view! { <State tone=Tone::Calm word="Equal"/> }.into_any(),
            (false, true) if !field.conflict.is_empty() => {
                view! { <a class="link" href=format!("/conflicts/{}", field.conflict)>"People disagree: choose"</a> }
                    .into_any()
            }
            (false, true) => view! { <State tone=Tone::Next word="Different"/> }.into_any(),
            (false, false) => view! { <span class="text-quiet">"not known"</span> }.into_any(),
        };
        view! { {state}<p class="text-quiet">{field.why}</p> }.into_any()
    };
    view! {
        <tr>
            <th scope="row">
                {field.field}
                <p class="text-xs text-quiet font-normal">{names}", "{direction(&field.direction)}</p>
                {(!field.owner.is_empty()).then(|| view! { <span class="badge badge-sm">{format!("{} owns it", field.owner)}</span> })}
            </th>
            <td data-label="ServiceNow" class="half"><Held value=field.servicenow base=field.base.clone()/></td>
            <td data-label="Base" class="half"><Held value=field.base.clone() base=field.base.clone()/></td>
            <td data-label=platform class="half"><Held value=field.platform base=field.base/></td>
            <td class="wide">{last}</td>
        </tr>
    }
}

/// A value; marked when it is not the base.
#[component]
fn Held(value: Option<String>, base: Option<String>) -> impl IntoView {
    match value {
        None => view! { <span class="text-quiet">"not known"</span> }.into_any(),
        Some(text) if text.is_empty() => view! { <span class="text-quiet">"empty"</span> }.into_any(),
        Some(text) if base.as_ref() != Some(&text) => view! { <mark class="value">{text}</mark> }.into_any(),
        Some(text) => view! { <span class="value">{text}</span> }.into_any(),
    }
}
