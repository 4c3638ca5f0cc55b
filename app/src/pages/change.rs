//! `/history/{id}`: the story of one change: what each side said, what was agreed before, what was decided and why.

use crate::api;
use crate::live::use_live;
use crate::model::{ChangeStory, FieldStory};
use crate::pages::history::direction;
use crate::ui::loaded::loaded;
use crate::ui::state::{State, Tone};
use crate::ui::time::Time;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

#[component]
pub fn ChangePage() -> impl IntoView {
    let params = use_params_map();
    let live = use_live();
    let story = Resource::new(
        move || (params.read().get("id").unwrap_or_default(), live.version("history")),
        |(id, _)| api::change(id),
    );
    view! {
        <p class="crumbs"><a class="link" href="/history">"History"</a></p>
        {loaded(story, |story| view! { <Story story/> })}
    }
}

#[component]
fn Story(story: ChangeStory) -> impl IntoView {
    let ChangeStory { row, fields, steps } = story;
    view! {
        <Title text=row.summary.clone()/>
        <h1>{row.summary}</h1>
        <dl class="facts">
            <div><dt>"When"</dt><dd><Time when=row.at/></dd></div>
            <div><dt>"Direction"</dt><dd>{direction(&row.direction)}</dd></div>
            {(!row.who.is_empty()).then(|| view! { <div><dt>"By"</dt><dd>{row.who}</dd></div> })}
            <div>
                <dt>"Record"</dt>
                <dd>
                    {row.reference}" "
                    {(!row.ticket_id.is_empty())
                        .then(|| view! { <a class="link" href=format!("/tickets/{}", row.ticket_id)>{row.ticket_number}</a> })}
                </dd>
            </div>
            <div><dt>"Connection"</dt><dd>{row.connection}</dd></div>
            {row.problem.then(|| view! { <div><dt>"Result"</dt><dd><State tone=Tone::Act word="Problem"/></dd></div> })}
        </dl>
        {(!fields.is_empty())
            .then(|| {
                view! {
                    <h2 class="story">"Field by field"</h2>
                    <p class="hint mb-2">"Base is the value that both sides last agreed on."</p>
                    <Fields fields/>
                }
            })}
        <h2 class="story">"What happened, in order"</h2>
        <ol class="steps-list">
            {steps.into_iter().map(|(at, what)| view! { <li><Time when=at/><span>{what}</span></li> }).collect_view()}
        </ol>
    }
}

#[component]
fn Fields(fields: Vec<FieldStory>) -> impl IntoView {
    view! {
        <div class="scroll">
            <table class="table stack">
                <thead>
                    <tr>
                        <th scope="col">"Field"</th>
                        <th scope="col">"ServiceNow"</th>
                        <th scope="col">"Base"</th>
                        <th scope="col">"Desk"</th>
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
                                    <td data-label="Desk" class="half"><Value text=field.platform moved=right/></td>
                                    <td data-label="Result and why" class="wide">
                                        <p class="font-medium">{field.result}</p>
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
