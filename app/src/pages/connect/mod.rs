//! Connect: six steps from an address to a tested two-way sync. Each has an address of its own and keeps what was done, so
//! it can be left at any time and taken up again.

mod authorization;
mod capability;
mod instance;
mod live_test;
mod mappings;
mod servicenow;
mod what;

use crate::address::param;
use crate::api;
use crate::model::{CONNECT_STEPS, ConnectStep, StepContent, step_address};
use crate::ui::loaded::loaded;
use authorization::Authorization;
use capability::Capability;
use instance::{First, Instance};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use mappings::Mappings;
use servicenow::Servicenow;
use std::collections::BTreeMap;
use what::What;

/// `/settings/connections/new`
#[component]
pub fn ConnectPage() -> impl IntoView {
    let defaults = api::connect_defaults();
    view! {
        <Title text="Connect"/>
        <p class="crumbs"><a class="link" href="/settings/connections">"Connections"</a></p>
        <h1>"Connect a ServiceNow instance"</h1>
        <Way connection=String::new() shown=1 reached=1/>
        {loaded(defaults, |defaults| view! { <First defaults/> })}
    }
}

/// `/settings/connections/{id}/connect/{step}`
#[component]
pub fn ConnectStepPage() -> impl IntoView {
    let step = param("step").parse().unwrap_or(1);
    let step = api::connect_step(param("id"), step, typed(&use_query_map().read_untracked()));
    view! { {loaded(step, |step| view! { <Shown step/> })} }
}

/// What the address says of a form: `form[typed][filter.0.field]` or `form[day]`.
fn typed(query: &ParamsMap) -> BTreeMap<String, String> {
    let name = |name: &str| {
        let inner = name.strip_prefix("form[typed][").or_else(|| name.strip_prefix("form["))?;
        inner.strip_suffix(']').map(str::to_owned)
    };
    query.into_iter().filter_map(|(key, value)| Some((name(key)?, value.to_owned()))).collect()
}

#[component]
fn Shown(step: ConnectStep) -> impl IntoView {
    let ConnectStep { id, connection, step: at, reached, syncs, content } = step;
    let name = usize::try_from(at - 1).ok().and_then(|at| CONNECT_STEPS.get(at)).copied().unwrap_or_default();
    view! {
        <Title text=format!("Step {at}, {name}: {connection}")/>
        <p class="crumbs">
            <a class="link" href="/settings/connections">"Connections"</a>" / "
            <a class="link" href=format!("/settings/connections/{id}")>{connection.clone()}</a>
        </p>
        <h1>"Connect "{connection}</h1>
        <Way connection=id.clone() shown=at reached/>
        <h2 class="text-base mb-2">{format!("{at}. {name}")}</h2>
        {match content {
            StepContent::Instance(step) => view! { <Instance id step/> }.into_any(),
            StepContent::Capability(step) => view! { <Capability id step/> }.into_any(),
            StepContent::Authorization(step) => view! { <Authorization id step syncs/> }.into_any(),
            StepContent::What(step) => view! { <What id step/> }.into_any(),
            StepContent::Mappings(step) => view! { <Mappings id step/> }.into_any(),
            StepContent::Servicenow(step) => view! { <Servicenow id step/> }.into_any(),
            StepContent::Elsewhere { why, href, link } => {
                view! {
                    <p class="max-w-2xl">{why}</p>
                    <p class="mt-2"><a class="btn btn-primary" href=href>{link}</a></p>
                }
                    .into_any()
            }
        }}
    }
}

/// The six steps: done, to do next, and still to come. Those that were reached are links.
#[component]
fn Way(connection: String, shown: i64, reached: i64) -> impl IntoView {
    let steps = (1..).zip(CONNECT_STEPS).map(|(at, name)| {
        let is_shown = at == shown;
        let class = if at < reached { "wizard-step done" } else { "wizard-step" };
        let said = if at < reached { "done" } else { "to do" };
        let label = view! {
            <span class="wizard-number" aria-hidden="true">{if at < reached && !is_shown { "✓".to_owned() } else { at.to_string() }}</span>
            <span>{name}</span>
            <span class="sr-only">", "{said}</span>
        };
        let inside = if at <= reached && !connection.is_empty() && !is_shown {
            view! { <a href=step_address(&connection, at)>{label}</a> }.into_any()
        } else {
            view! { <span class="wizard-here">{label}</span> }.into_any()
        };
        view! { <li class=class aria-current=is_shown.then_some("step")>{inside}</li> }
    });
    view! { <nav aria-label="Steps"><ol class="wizard">{steps.collect_view()}</ol></nav> }
}
