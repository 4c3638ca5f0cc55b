//! `/settings/connections/{id}/servicenow`: what is installed in ServiceNow for a connection: how far it has come, what
//! ServiceNow says is there, the ways to install it, and the guide. The check is part of the address, so that it needs
//! no scripts.

mod check;
mod steps;
mod ways;

use crate::address::{param, query};
use crate::api::{self, Answer};
use crate::error::Trouble;
use crate::model::{GuideSection, KitCheck, ServicenowSide};
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use check::Check;
use leptos::prelude::*;
use leptos_meta::Title;
use steps::Steps;
use ways::Ways;

/// What was read back, if that was asked for.
type Checked = Option<Result<KitCheck, Trouble>>;

#[component]
pub fn ServicenowSidePage() -> impl IntoView {
    let side = ask(param("id"), query("check") == "1");
    view! { {loaded(side, |(side, checked)| view! { <Opened side checked/> })} }
}

async fn ask(id: String, check: bool) -> Answer<(ServicenowSide, Checked)> {
    let side = api::servicenow_side(id.clone()).await?;
    let checked = if check && !side.kit.is_empty() { Some(api::check_kit(id).await) } else { None };
    Ok((side, checked))
}

#[component]
fn Opened(side: ServicenowSide, checked: Checked) -> impl IntoView {
    let steps = side.steps;
    let home = format!("/settings/connections/{}", side.id);
    let is_admin = !side.kit.is_empty();
    let found = checked.as_ref().and_then(|checked| checked.as_ref().ok()).cloned();
    view! {
        // What was read on request stays as it was read.
        {checked.is_none().then(|| view! { <Follow topics=[format!("connection:{}", side.id)]/> })}
        <Title text=format!("ServiceNow side of {}", side.connection)/>
        <p class="crumbs"><a class="link" href=home.clone()>{side.connection}</a></p>
        <h1>"ServiceNow side"</h1>
        <p class="hint mb-3">
            "What is installed in ServiceNow tells Isthmus of each change to "<code>{side.table.clone()}</code>
            " at once. It holds back nobody who saves a record there, and sends no text of a record."
        </p>
        {is_admin
            .then(|| view! {
                <Steps steps found table=side.table.clone()/>
                <Check home=home.clone() is_draft=side.is_draft checked/>
            })}
        {(!is_admin)
            .then(|| view! {
                <p class="note">"What is installed holds a secret. An administrator of Isthmus sees here what to install and checks it."</p>
            })}
        <Ways home kit=side.kit address=side.webhook_address/>
        <Guide sections=side.guide/>
    }
}

/// One text for the repository and for here, each part folded.
#[component]
fn Guide(sections: Vec<GuideSection>) -> impl IntoView {
    view! {
        <section class="part" id="guide">
            <h2>"Guide for the administrator of ServiceNow"</h2>
            <p class="hint mt-1 mb-3">"Each step with what to click and what to expect, and this connection's values filled in."</p>
            {sections
                .into_iter()
                .map(|section| view! {
                    <details class="mt-2">
                        <summary>{section.title}</summary>
                        <div class="manual" inner_html=section.html></div>
                    </details>
                })
                .collect_view()}
        </section>
    }
}
