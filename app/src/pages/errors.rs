//! `/errors` and `/errors/:code`: what each code means, why it comes and what to do.

use crate::address::param;
use crate::api;
use crate::model::{ErrorFamily, ErrorPage as Shown};
use crate::ui::loaded::loaded;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn ErrorsPage() -> impl IntoView {
    let families = api::errors();
    view! {
        <Title text="Errors"/>
        <h1>"Errors"</h1>
        <p class="hint mb-3">"Every code that the console, the REST API and the checks of a connection say, and what to do about it. Codes stay what they are."</p>
        {loaded(families, |families: Vec<ErrorFamily>| {
            families.into_iter().map(|family| view! { <Family family/> }).collect_view()
        })}
    }
}

#[component]
fn Family(family: ErrorFamily) -> impl IntoView {
    view! {
        <section class="part">
            <div class="part-head"><h2>{family.title}</h2></div>
            <dl class="steps-list">
                {family
                    .codes
                    .into_iter()
                    .map(|(code, what)| {
                        let page = format!("/errors/{code}");
                        view! {
                            <div class="grid gap-x-4 sm:grid-cols-[16rem_minmax(0,1fr)]">
                                <dt><a class="link font-mono text-xs" href=page>{code}</a></dt>
                                <dd>{what}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
        </section>
    }
}

#[component]
pub fn ErrorPage() -> impl IntoView {
    let page = api::error(param("code"));
    view! {
        {loaded(page, |Shown { code, html }| view! {
            <Title text=code.clone()/>
            <p class="crumbs"><a class="link" href="/errors">"Errors"</a></p>
            <h1>{code}</h1>
            <div class="manual" inner_html=html></div>
        })}
    }
}
