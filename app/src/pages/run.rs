//! `/drift/{id}`: one reconcile run: how far it is, what it found, and the breaker's question.

use crate::address::{page_value, param, query_page, with_query};
use crate::api::{self, CancelRun, ContinueRun, StopRun};
use crate::model::{FindingRow, RunPage as Shown, RunRow};
use crate::pages::drift::RunState;
use crate::pages::failures::record;
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::pager::Pager;
use crate::ui::time::{MaybeTime, Time};
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn RunPage() -> impl IntoView {
    let shown = api::run(param("id"), query_page());
    view! { <Follow topics=["drift".to_owned()]/>{loaded(shown, |shown| view! { <Found shown/> })} }
}

#[component]
fn Found(shown: Shown) -> impl IntoView {
    let Shown { row, connection_id, connection, by_field, findings, total, page, pages } = shown;
    let drift = format!("/settings/connections/{connection_id}/drift");
    let is_open = matches!(row.state.as_str(), "running" | "stopped");
    let is_stopped = row.state == "stopped";
    let by_breaker = is_stopped && row.kind != "dry" && row.touched >= row.allowed;
    let is_backfill = row.kind == "backfill";
    let heading = if is_backfill { "Backfill" } else { "Reconcile run" };
    let many = if is_backfill {
        format!(
            "It was about to pull more than {} records, so it was stopped before it pulled the rest. Look at those that \
             came: the day or the entry filter may be wrong. Continue lets it pull all the others; cancel leaves them.",
            row.allowed
        )
    } else {
        format!(
            "It was about to touch more than {} of {} links, so it was stopped before it wrote the rest. Look at the \
             findings: a rule or an account may be wrong. Continue lets it touch every link that differs; cancel leaves \
             the rest as it is.",
            row.allowed, row.links
        )
    };
    let id = row.id.clone();
    let here = format!("/drift/{id}");
    let address = move |page: i64| with_query(&here, &[("page", &page_value(page))]);
    view! {
        <Title text=heading/>
        <p class="crumbs"><a class="link" href=drift>"Drift of "{connection}</a></p>
        <div class="head"><h1>{heading}</h1><RunState state=row.state.clone()/></div>
        {(is_stopped && !by_breaker).then(|| view! { <p class="note">"A person stopped it. Continue takes it up where it is."</p> })}
        {by_breaker.then(|| view! { <p class="note act">{many}</p> })}
        {is_open.then(|| view! { <Acts id is_stopped/> })}
        <Facts row/>
        {(!by_field.is_empty()).then(|| view! {
            <h2 class="story">"By field"</h2>
            <ul>{by_field.into_iter().map(|(field, count)| view! { <li>{field}": "<span class="num">{count}</span></li> }).collect_view()}</ul>
        })}
        {if findings.is_empty() {
            view! { <p class="empty">"No difference found so far."</p> }.into_any()
        } else {
            view! { <Findings findings caption="Differences"/> }.into_any()
        }}
        <Pager total page pages what=("difference", "differences") address/>
    }
}

#[component]
fn Facts(row: RunRow) -> impl IntoView {
    view! {
        <dl class="facts">
            <div>
                <dt>"Kind"</dt>
                <dd>{row.kind}{row.since.map(|since| view! { " since "<Time when=since/> })}</dd>
            </div>
            <div><dt>"Begun"</dt><dd><Time when=row.begun/>" by "{row.begun_by}</dd></div>
            <div><dt>"Ended"</dt><dd><MaybeTime when=row.ended never="not yet"/></dd></div>
            <div><dt>"Looked at"</dt><dd class="num">{row.looked}</dd></div>
            <div><dt>"Differing links"</dt><dd class="num">{row.touched}</dd></div>
            <div><dt>"Differences"</dt><dd class="num">{row.differences}</dd></div>
        </dl>
    }
}

#[component]
fn Acts(id: String, is_stopped: bool) -> impl IntoView {
    let go_on = ServerAction::<ContinueRun>::new();
    let stop = ServerAction::<StopRun>::new();
    let cancel = ServerAction::<CancelRun>::new();
    let trouble = Signal::stored(met(go_on).or_else(|| met(stop)).or_else(|| met(cancel)));
    let (same, also) = (id.clone(), id.clone());
    view! {
        <div class="flex gap-2 mb-4">
            {is_stopped.then(|| view! {
                <ActionForm action=go_on>
                    <input type="hidden" name="id" value=same/>
                    <button class="btn btn-sm btn-primary" type="submit">"Continue"</button>
                </ActionForm>
            })}
            {(!is_stopped).then(|| view! {
                <ActionForm action=stop>
                    <input type="hidden" name="id" value=also/>
                    <button class="btn btn-sm" type="submit">"Stop"</button>
                </ActionForm>
            })}
            <ActionForm action=cancel>
                <input type="hidden" name="id" value=id/>
                <button class="btn btn-sm" type="submit">"Cancel the run"</button>
            </ActionForm>
        </div>
        <FormTrouble trouble/>
    }
}

/// Fields in which pairs differ, or would be written.
#[component]
pub fn Findings(findings: Vec<FindingRow>, caption: &'static str) -> impl IntoView {
    view! {
        <div class="scroll">
            <table class="table flow">
                <caption class="sr-only">{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Record"</th>
                        <th scope="col">"Field"</th>
                        <th scope="col">"ServiceNow"</th>
                        <th scope="col">"Desk"</th>
                        <th scope="col">"Why"</th>
                    </tr>
                </thead>
                <tbody>
                    {findings
                        .into_iter()
                        .map(|row| view! {
                            <tr>
                                <td class="num">{record(row.link, row.reference, row.ticket_id, row.ticket_number)}</td>
                                <td>{row.field}</td>
                                <td class="wide">{row.servicenow}</td>
                                <td class="wide">{row.platform}</td>
                                <td class="wide">{row.why}</td>
                            </tr>
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}
