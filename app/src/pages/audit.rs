//! `/settings/audit`: who changed what and when, and what was refused. All of the question is in the address.

use crate::address::{query, with_query};
use crate::api;
use crate::model::{AuditFilter, AuditList, AuditRow};
use crate::ui::filter::{FilterChoice, FilterForm};
use crate::ui::loaded::loaded;
use crate::ui::news::{News, seen};
use crate::ui::state::{State, Tone};
use crate::ui::time::Time;
use leptos::prelude::*;
use leptos_meta::Title;

const PAGE: &str = "/settings/audit";
/// New entries are counted so far: a page.
const MANY_NEW: i64 = 50;

#[component]
pub fn AuditPage() -> impl IntoView {
    let filter = AuditFilter {
        person: query("person"),
        action: query("action"),
        subject: query("subject"),
        from: query("from"),
        to: query("to"),
        refused: !query("refused").is_empty(),
        behind: query("behind"),
    };
    let list = api::audit(filter.clone());
    view! {
        <Title text="Audit"/>
        <h1>"Audit"</h1>
        <p class="hint mb-3">"Every change that a person or a program asked for, and every one that was refused. Nothing here is ever removed."</p>
        {loaded(list, move |list| view! { <Found list filter/> })}
    }
}

/// The question with some answers changed, as an address.
fn address(path: &str, filter: &AuditFilter) -> String {
    let refused = if filter.refused { "1" } else { "" };
    with_query(
        path,
        &[
            ("person", &filter.person),
            ("action", &filter.action),
            ("subject", &filter.subject),
            ("from", &filter.from),
            ("to", &filter.to),
            ("refused", refused),
            ("behind", &filter.behind),
        ],
    )
}

#[component]
fn Found(list: AuditList, filter: AuditFilter) -> impl IntoView {
    let AuditList { rows, next, people, actions, subject, may_export } = list;
    let asked = AuditFilter { behind: String::new(), ..filter.clone() };
    let is_asked = asked != AuditFilter::default();
    let is_first = filter.behind.is_empty();
    let newer = seen().map_or(0, |seen| count_new(&rows, &seen));
    let last = seen().or_else(|| rows.first().map(|row| row.id.clone())).unwrap_or_default();
    let newest = address(PAGE, &asked);
    let here = newest.clone();
    let older = (!next.is_empty()).then(|| address(PAGE, &AuditFilter { behind: next, ..asked.clone() }));
    let table = address("/settings/audit/export.csv", &asked);
    let lines = address("/settings/audit/export.jsonl", &asked);
    let about = (!asked.subject.is_empty() && subject != asked.subject)
        .then(|| view! { <p class="mb-2">"Only about "<span class="font-medium">{subject}</span>"."</p> });
    view! {
        <FilterForm path=PAGE>
            <FilterChoice label="Who" name="person" now=filter.person.clone() options=people/>
            <FilterChoice label="What" name="action" now=filter.action.clone() options=actions/>
            {input("subject", "About", "search", &filter.subject)}
            {input("from", "From", "date", &filter.from)}
            {input("to", "To", "date", &filter.to)}
            <label class="flex items-center gap-2 pb-2">
                <input type="checkbox" class="checkbox checkbox-sm" name="refused" value="1" checked=filter.refused/>
                "Refused only"
            </label>
            <button class="btn btn-sm" type="submit">"Filter"</button>
            {is_asked.then(|| view! { <a class="link pb-2" href=PAGE>"Show all"</a> })}
        </FilterForm>
        {about}
        {is_first.then(|| view! { <News count=newer most=MANY_NEW what=("entry", "entries") here newest=last topic="audit"/> })}
        <div data-stays>{if rows.is_empty() {
            view! { <p class="empty">"Nothing of this kind was asked for. \"About\" takes a ticket's number, a connection's name, an e-mail or an id."</p> }.into_any()
        } else {
            view! { <Table rows asked/> }.into_any()
        }}</div>
        <nav class="flex flex-wrap items-center gap-3 py-3" aria-label="Pages">
            {may_export.then(|| view! {
                <p class="text-quiet">
                    "Everything asked for, as a file: "
                    <a class="link" href=table download="">"CSV"</a>" · "
                    <a class="link" href=lines download="">"JSON lines"</a>
                </p>
            })}
            <div class="ml-auto flex gap-2">
                {(!is_first).then(|| view! { <a class="btn btn-sm" href=newest>"Newest"</a> })}
                {older.map(|older| view! { <a class="btn btn-sm" href=older>"Older"</a> })}
            </div>
        </nav>
    }
}

/// How many stand before the one that the reader has seen.
fn count_new(rows: &[AuditRow], seen: &str) -> i64 {
    i64::try_from(rows.iter().take_while(|row| row.id != seen).count()).unwrap_or_default()
}

fn input(name: &'static str, label: &'static str, kind: &'static str, now: &str) -> impl IntoView + use<> {
    let id = format!("filter-{name}");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input class="input input-sm" id=id type=kind name=name value=now.to_owned()/>
        </div>
    }
}

#[component]
fn Table(rows: Vec<AuditRow>, asked: AuditFilter) -> impl IntoView {
    view! {
        <div class="scroll">
            <table class="table stack">
                <caption class="sr-only">"The audit, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"When"</th>
                        <th scope="col">"Who"</th>
                        <th scope="col">"What"</th>
                        <th scope="col">"About"</th>
                        <th scope="col">"Detail"</th>
                    </tr>
                </thead>
                <tbody>
                    {rows
                        .into_iter()
                        .map(|row| {
                            let only = (!row.subject_id.is_empty() && row.subject_id != asked.subject)
                                .then(|| address(PAGE, &AuditFilter { subject: row.subject_id.clone(), ..AuditFilter::default() }));
                            let label = format!("Everything about {}", row.subject);
                            let about = match row.address.as_str() {
                                "" => view! { <span class="break-all">{row.subject}</span> }.into_any(),
                                page => view! { <a class="link" href=page.to_owned()>{row.subject}</a> }.into_any(),
                            };
                            view! {
                                <tr>
                                    <td class="text-quiet"><Time when=row.at/></td>
                                    <td class="whitespace-nowrap">
                                        {row.who}
                                        {(!row.token.is_empty()).then(|| view! { <span class="block text-xs text-quiet">{format!("by token {}", row.token)}</span> })}
                                    </td>
                                    <td class="half">
                                        {row.what}
                                        {row.refused.then(|| view! { " "<State tone=Tone::Act word="Refused"/> })}
                                    </td>
                                    <td class="who-cell">
                                        {about}
                                        {only.map(|only| view! { " "<a class="text-xs link" href=only aria-label=label>"only this"</a> })}
                                    </td>
                                    <td class="wide text-quiet value">{row.detail}</td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}
