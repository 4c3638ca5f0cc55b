//! Value tables: which value of ServiceNow is which on the platform, many to one grouped, and the way back.

use super::Change;
use super::form::{DraftForm, Offers, findings};
use crate::address::with_query;
use crate::model::{MapForm, MapGroup, MapLine, MapRow, MapShown, MappingCheck, MappingValues};
use crate::ui::field::TextField;
use leptos::prelude::*;

#[component]
pub fn Values(values: MappingValues, id: String, platform: String, may_edit: bool, change: Change) -> impl IntoView {
    let MappingValues { maps, open } = values;
    let may_begin = may_edit && open.is_none();
    let is_empty = maps.is_empty();
    view! {
        {is_empty.then(|| view! {
            <p class="empty mt-3">"No rule goes by a value map. Choose that transform for a rule under Fields, and its values are listed here."</p>
        })}
        {maps
            .into_iter()
            .map(|map| match open.clone().filter(|form| form.rule == map.rule) {
                Some(form) => view! { <Open form id=id.clone() platform=platform.clone() change/> }.into_any(),
                None => view! { <Shown map id=id.clone() platform=platform.clone() may_begin/> }.into_any(),
            })
            .collect_view()}
    }
}

#[component]
fn Shown(map: MapShown, id: String, platform: String, may_begin: bool) -> impl IntoView {
    let MapShown { rule, anchor, title, servicenow, platform: field, direction, change, groups, findings, kept_out } =
        map;
    let here = format!("/settings/connections/{id}/mappings/values");
    let edit = format!("{}#{anchor}", with_query(&here, &[("edit", &rule)]));
    let sign = match direction.as_str() {
        "to_platform" => "→",
        "to_servicenow" => "←",
        _ => "⇄",
    };
    let caption = title.clone();
    let count = kept_out.len();
    view! {
        <section class="part" id=anchor>
            <div class="part-head">
                <h2>{title.clone()}</h2>
                <span class="text-quiet">{servicenow}" "<span aria-hidden="true">{sign}</span>" "{field}</span>
                {(!change.is_empty()).then(|| view! { <span class="badge badge-sm">{change}</span> })}
                {may_begin.then(|| view! { <a class="btn btn-sm ml-auto" href=edit>"Edit"<span class="sr-only">" "{title}</span></a> })}
            </div>
            <ul class="findings">{findings.into_iter().map(|sentence| view! { <li>{sentence}</li> }).collect_view()}</ul>
            <div class="scroll">
                <table class="table stack max-w-5xl">
                    <caption class="sr-only">{caption}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{platform.clone()}</th>
                            <th scope="col">"ServiceNow"</th>
                            <th scope="col">"Way back"</th>
                            <th scope="col">"Written along with it"</th>
                        </tr>
                    </thead>
                    <tbody>{groups.into_iter().map(|group| view! { <Group group platform=platform.clone()/> }).collect_view()}</tbody>
                </table>
            </div>
            {(!kept_out.is_empty()).then(|| view! {
                <details class="mt-2">
                    <summary>{count}" choices have no row, so their records do not enter"</summary>
                    <p class="hint">{kept_out.join(", ")}</p>
                </details>
            })}
        </section>
    }
}

/// ServiceNow's values that are one value on the platform stand under it.
#[component]
fn Group(group: MapGroup, platform: String) -> impl IntoView {
    let MapGroup { platform: value, rows } = group;
    let count = rows.len();
    rows.into_iter()
        .enumerate()
        .map(|(at, row)| {
            let MapLine { label, value: stored, back, along, findings } = row;
            let first = match (at, count) {
                (0, 1) => view! { {value.clone()} }.into_any(),
                (0, _) => view! { {value.clone()}<span class="block text-xs font-normal text-quiet">{count}" values are this"</span> }.into_any(),
                _ => view! { <span class="text-quiet" aria-hidden="true">"″"</span><span class="sr-only">{value.clone()}</span> }.into_any(),
            };
            view! {
                <tr class:continued=(at > 0)>
                    <th scope="row" data-label=platform.clone() class="sm:whitespace-nowrap">{first}</th>
                    <td data-label="ServiceNow" class="sm:whitespace-nowrap">
                        {label}" "<span class="text-quiet">"("{stored}")"</span>
                    </td>
                    <td data-label="Way back" class="text-quiet sm:whitespace-nowrap">{back}</td>
                    <td data-label="Written along with it" class="wide text-quiet">
                        {(!along.is_empty()).then_some(along)}
                        {(!findings.is_empty()).then(|| view! {
                            <ul class="findings">{findings.into_iter().map(|sentence| view! { <li>{sentence}</li> }).collect_view()}</ul>
                        })}
                    </td>
                </tr>
            }
        })
        .collect_view()
}

#[component]
fn Open(form: MapForm, id: String, platform: String, change: Change) -> impl IntoView {
    let MapForm {
        rule,
        anchor,
        seen,
        title,
        servicenow,
        platform: field,
        rows,
        servicenow_choices,
        platform_choices,
        check,
    } = form;
    let here = format!("/settings/connections/{id}/mappings/values");
    let close = format!("{here}#{anchor}");
    let (heading, label) = (title.clone(), title.clone());
    let trouble = Signal::stored(check.trouble.clone());
    let about_all = findings(&check, None);
    let of_rows = check.clone();
    view! {
        <section class="part open-rule" id=anchor aria-label=label>
            <div class="part-head">
                <h2>{heading}</h2>
                <span class="text-quiet">{servicenow}" and "{field}</span>
            </div>
            <p class="hint mb-2">
                "A row pairs two values. Several of ServiceNow may be one here: mark which of them is written back. Empty a row to
                remove it; * stands for any part of a joined value."
            </p>
            <DraftForm change check id what="map" of=rule seen again=(here, "edit") close>
                <div class="three"><TextField label="Name of the table" name="form[typed][title]" about="title" value=title required=false trouble/></div>
                {about_all}
                <div class="scroll">
                    <table class="table stack">
                        <caption class="sr-only">"Values"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"ServiceNow"</th>
                                <th scope="col">{platform.clone()}</th>
                                <th scope="col">"Way back"</th>
                                <th scope="col">"Label, and what is written along with it"</th>
                            </tr>
                        </thead>
                        <tbody>
                            {rows
                                .into_iter()
                                .enumerate()
                                .map(|(at, row)| view! { <EditRow row at platform=platform.clone() check=of_rows.clone()/> })
                                .collect_view()}
                        </tbody>
                    </table>
                </div>
                <Offers id="choices-servicenow" offers=servicenow_choices/>
                <Offers id="choices-platform" offers=platform_choices/>
            </DraftForm>
        </section>
    }
}

#[component]
fn EditRow(row: MapRow, at: usize, platform: String, check: MappingCheck) -> impl IntoView {
    let MapRow { servicenow, label, platform: value, is_default, requires, platform_requires, writes, is_open } = row;
    let part = |part: &str| format!("form[typed][rows.{at}.{part}]");
    let number = at + 1;
    let fields: Vec<String> = [&requires, &platform_requires, &writes]
        .into_iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.split(':').next().map(str::to_owned))
        .collect();
    let summary = if fields.is_empty() { "Nothing along with it".to_owned() } else { fields.join(", ") };
    let about = format!("rows.{at}.");
    let found = findings(&check, Some(at));
    let message = check.trouble.filter(|trouble| trouble.field.starts_with(&about)).map(|trouble| trouble.what);
    let areas = [
        ("requires", "ServiceNow demands".to_owned(), requires),
        ("platform_requires", format!("{platform} demands"), platform_requires),
        ("writes", "Written to ServiceNow instead".to_owned(), writes),
    ];
    view! {
        <tr>
            <td data-label="ServiceNow" class="half">
                {is_open.then(|| view! { <input type="hidden" name=part("open") value="1"/> })}
                <input class="input input-sm" name=part("servicenow") value=servicenow.clone() list="choices-servicenow" autocomplete="off"
                    aria-label=format!("ServiceNow's value, row {number}")/>
                <span class="block text-xs text-quiet">{if label == servicenow { String::new() } else { label.clone() }}{is_open.then_some(" · no row yet")}</span>
            </td>
            <td data-label=platform.clone() class="half">
                <input class="input input-sm" name=part("platform") value=value data-sparse="" list="choices-platform" autocomplete="off"
                    aria-label=format!("{platform}'s value, row {number}")/>
            </td>
            <td data-label="Way back" class="whitespace-nowrap">
                <label class="inline-flex items-center gap-2 h-8">
                    <input class="checkbox checkbox-sm" type="checkbox" name=part("default") value="1" checked=is_default/>
                    "Write this back"
                </label>
            </td>
            <td data-label="Along with it" class="wide">
                <details>
                    <summary class="py-1">{summary}</summary>
                    <label class="mt-1 grid max-w-xs gap-1 text-xs">
                        "What people call ServiceNow's value"
                        <input class="input input-sm" name=part("label") value=label.clone() data-sparse=""/>
                    </label>
                    <div class="grid gap-2 sm:grid-cols-3 mt-1">
                        {areas
                            .into_iter()
                            .map(|(name, label, text)| view! {
                                <label class="grid gap-1 text-xs">
                                    {label}
                                    <textarea class="textarea textarea-sm" rows="2" name=part(name) data-sparse="" placeholder="field: value">{text}</textarea>
                                </label>
                            })
                            .collect_view()}
                    </div>
                </details>
                <p class="text-error text-xs">{message}</p>
                {found}
            </td>
        </tr>
    }
}
