//! `/history/{id}`: the full story of one change: how it arrived, what was read, what was decided field by field and why,
//! what was written by which attempts, and what came next.

use crate::address::param;
use crate::api;
use crate::model::{Arrival, AttemptRow, ChangeRow, ChangeStory, ExchangeRow, FieldStory, When};
use crate::pages::history::{ChangeTable, direction};
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::reference::Reference;
use crate::ui::state::{State, Tone};
use crate::ui::time::Time;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn ChangePage() -> impl IntoView {
    let story = api::change(param("id"));
    view! {
        <p class="crumbs"><a class="link" href="/history">"History"</a></p>
        <Follow topics=["history".to_owned()]/>
        {loaded(story, |story| view! { <Story story/> })}
    }
}

#[component]
fn Story(story: ChangeStory) -> impl IntoView {
    let ChangeStory {
        row,
        record_url,
        platform,
        arrived,
        servicenow_version,
        platform_version,
        fields,
        steps,
        attempts,
        next,
    } = story;
    let problem = row.problem;
    view! {
        <Title text=row.summary.clone()/>
        <h1>{row.summary.clone()}</h1>
        <Facts row record_url/>
        {(!arrived.is_empty()).then(|| view! { <Arrived arrived platform=platform.clone()/> })}
        {(!servicenow_version.is_empty() || !platform_version.is_empty())
            .then(|| view! { <Read servicenow=servicenow_version platform_version platform=platform.clone()/> })}
        {(!fields.is_empty())
            .then(|| {
                view! {
                    <h2 class="story">"Field by field"</h2>
                    <p class="hint mb-2">"Base is the value that both sides last agreed on. Marked is what had moved away from it."</p>
                    <Fields fields platform=platform.clone()/>
                }
            })}
        <h2 class="story">"What happened, in order"</h2>
        <Steps steps/>
        <h2 class="story">"Attempts"</h2>
        <Attempts attempts problem/>
        {(!next.is_empty()).then(|| view! { <Next next/> })}
    }
}

#[component]
fn Facts(row: ChangeRow, record_url: String) -> impl IntoView {
    view! {
        <dl class="facts">
            <div><dt>"When"</dt><dd><Time when=row.at/></dd></div>
            <div><dt>"Direction"</dt><dd>{direction(&row.direction)}</dd></div>
            {(!row.who.is_empty()).then(|| view! { <div><dt>"By"</dt><dd>{row.who}</dd></div> })}
            <div>
                <dt>"Record"</dt>
                <dd>
                    <Reference number=row.reference address=record_url/>
                    " "
                    {(!row.ticket_id.is_empty())
                        .then(|| view! { <a class="link num" href=format!("/tickets/{}", row.ticket_id)>{row.ticket_number}</a> })}
                    " "
                    <a class="link" href=format!("/links/{}", row.link)>"both sides"</a>
                </dd>
            </div>
            <div><dt>"Connection"</dt><dd>{row.connection}</dd></div>
            {row.problem.then(|| view! { <div><dt>"Result"</dt><dd><State tone=Tone::Act word="Problem"/></dd></div> })}
        </dl>
    }
}

#[component]
fn Arrived(arrived: Vec<Arrival>, platform: String) -> impl IntoView {
    let words = move |arrival: &Arrival| match (arrival.source.as_str(), arrival.side.as_str()) {
        ("webhook", _) => "ServiceNow's webhook".to_owned(),
        ("poll", "servicenow") => "A poll of ServiceNow".to_owned(),
        ("poll", _) => format!("A poll of {platform}"),
        _ => format!("A person in {platform}"),
    };
    view! {
        <h2 class="story">"How it arrived"</h2>
        <ol class="steps-list">
            {arrived
                .into_iter()
                .map(|arrival| {
                    let words = words(&arrival);
                    view! { <li><Time when=arrival.at/><span>{words}" "<span class="code">{arrival.event}</span></span></li> }
                })
                .collect_view()}
        </ol>
    }
}

#[component]
fn Read(servicenow: String, platform_version: String, platform: String) -> impl IntoView {
    view! {
        <h2 class="story">"What was read"</h2>
        <dl class="facts">
            <div><dt>"ServiceNow's record, version"</dt><dd class="code">{servicenow}</dd></div>
            <div><dt>{format!("{platform}'s record, version")}</dt><dd class="code">{platform_version}</dd></div>
        </dl>
    }
}

#[component]
fn Steps(steps: Vec<(When, String)>) -> impl IntoView {
    view! {
        <ol class="steps-list">
            {steps.into_iter().map(|(at, what)| view! { <li><Time when=at/><span>{what}</span></li> }).collect_view()}
        </ol>
    }
}

#[component]
fn Attempts(attempts: Vec<AttemptRow>, problem: bool) -> impl IntoView {
    if attempts.is_empty() {
        let why = if problem {
            "Nothing was sent for this line."
        } else {
            "None are kept: nothing was sent for this line, it is from an earlier release, or retention removed them with the delivery."
        };
        return view! { <p class="text-quiet">{why}</p> }.into_any();
    }
    let attempts = attempts.into_iter().map(|attempt| {
        let (tone, word) = match attempt.outcome.as_str() {
            "done" => (Tone::Calm, "Done"),
            "refused" => (Tone::Act, "Refused"),
            _ => (Tone::Next, "Failed"),
        };
        let none = attempt.exchanges.is_empty();
        view! {
            <li class="attempt">
                <p class="flex flex-wrap items-center gap-x-3">
                    <State tone word/><Time when=attempt.at/>
                    {(!none).then(|| view! { <span class="text-quiet num">{format!("{} ms in requests", attempt.took_ms)}</span> })}
                </p>
                {(!attempt.problem.is_empty()).then(|| view! { <p>{attempt.problem}</p> })}
                {none.then(|| view! { <p class="text-quiet">"Kept in this server's own database: there was no request."</p> })}
                {attempt.exchanges.into_iter().map(|exchange| view! { <Exchange exchange/> }).collect_view()}
            </li>
        }
    });
    view! {
        <p class="hint mb-2">"Secrets are masked, long texts are cut."</p>
        <ol class="grid gap-3">{attempts.collect_view()}</ol>
    }
    .into_any()
}

#[component]
fn Exchange(exchange: ExchangeRow) -> impl IntoView {
    let status = if exchange.status == 0 { "no answer".to_owned() } else { exchange.status.to_string() };
    view! {
        <details class="exchange">
            <summary>
                <span class="font-mono">{exchange.method}" "<span class="[overflow-wrap:anywhere]">{exchange.address}</span></span>
                <span class="num">{format!(" {status}, {} ms", exchange.took_ms)}</span>
            </summary>
            {(!exchange.request.is_empty()).then(|| view! { <p class="hint">"Request"</p><pre class="script" tabindex="0">{exchange.request}</pre> })}
            <p class="hint">"Answer"</p>
            <pre class="script" tabindex="0">{exchange.response}</pre>
        </details>
    }
}

#[component]
fn Next(next: Vec<ChangeRow>) -> impl IntoView {
    view! {
        <h2 class="story">"What came next for this record"</h2>
        <ChangeTable rows=next/>
    }
}

#[component]
fn Fields(fields: Vec<FieldStory>, platform: String) -> impl IntoView {
    view! {
        <div class="scroll">
            <table class="table stack">
                <thead>
                    <tr>
                        <th scope="col">"Field"</th>
                        <th scope="col">"ServiceNow"</th>
                        <th scope="col">"Base"</th>
                        <th scope="col">{platform.clone()}</th>
                        <th scope="col">"Result and why"</th>
                    </tr>
                </thead>
                <tbody>
                    {fields
                        .into_iter()
                        .map(|field| {
                            let left = field.servicenow != field.base;
                            let right = field.platform != field.base;
                            view! {
                                <tr>
                                    <th scope="row">{field.field}</th>
                                    <td data-label="ServiceNow" class="half"><Value text=field.servicenow moved=left/></td>
                                    <td data-label="Base" class="half"><Value text=field.base moved=false/></td>
                                    <td data-label=platform.clone() class="half"><Value text=field.platform moved=right/></td>
                                    <td data-label="Result and why" class="wide">
                                        <p class="font-medium value">{field.result}</p>
                                        <p class="text-quiet">{field.why}</p>
                                    </td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}

/// A value as it stood; marked when it had moved away from the base.
#[component]
fn Value(text: String, moved: bool) -> impl IntoView {
    if text.is_empty() {
        view! { <span class="text-quiet">"empty"</span> }.into_any()
    } else if moved {
        view! { <mark class="value">{text}</mark> }.into_any()
    } else {
        view! { <span class="value">{text}</span> }.into_any()
    }
}
