//! `/settings/api`: what programs may ask for.

use crate::api;
use crate::model::Endpoint;
use crate::ui::loaded::loaded;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn ApiPage() -> impl IntoView {
    let endpoints = api::endpoints();
    view! {
        <Title text="REST API"/>
        <p class="crumbs"><a class="link" href="/settings/tokens">"API tokens"</a></p>
        <h1>"REST API"</h1>
        <div class="max-w-3xl space-y-2 mb-4">
            <p>
                "Each request carries a token, as "<code class="copy">"Authorization: Bearer TOKEN"</code>
                ". It does what the pages do, with the same rights, and leaves the same entries in the audit."
            </p>
            <p>
                "Lists come page by page: pass "<code class="copy">"next"</code>" of one page as "<code class="copy">"after"</code>
                " for the following one. What goes wrong is said in "<code class="copy">"code"</code>", "<code class="copy">"what"</code>", "
                <code class="copy">"why"</code>" and "<code class="copy">"what_to_do"</code>
                "; the codes are those of "<a class="link" href="/errors">"the error catalogue"</a>"."
            </p>
            <p>
                "The whole description, for tools: "
                <a class="link" href="/api/v1/openapi.json" rel="external">"/api/v1/openapi.json"</a>" (OpenAPI 3.1)."
            </p>
        </div>
        {loaded(endpoints, |endpoints| view! { <Endpoints endpoints/> })}
    }
}

#[component]
fn Endpoints(endpoints: Vec<Endpoint>) -> impl IntoView {
    let mut areas: Vec<(String, Vec<Endpoint>)> = Vec::new();
    for endpoint in endpoints {
        match areas.iter_mut().find(|(area, _)| *area == endpoint.area) {
            Some((_, of_area)) => of_area.push(endpoint),
            None => areas.push((endpoint.area.clone(), vec![endpoint])),
        }
    }
    areas
        .into_iter()
        .map(|(area, of_area)| {
            view! {
                <section class="part">
                    <div class="part-head"><h2>{area.clone()}</h2></div>
                    <div class="scroll">
                        <table class="table stack">
                            <caption class="sr-only">{format!("Requests about {area}")}</caption>
                            <thead class="sr-only"><tr><th scope="col">"Request"</th><th scope="col">"What it does"</th></tr></thead>
                            <tbody>
                                {of_area
                                    .into_iter()
                                    .map(|one| view! {
                                        <tr>
                                            <th scope="row" class="half font-mono text-xs break-all sm:whitespace-nowrap">{one.method}" "{one.path}</th>
                                            <td class="wide">{one.what}</td>
                                        </tr>
                                    })
                                    .collect_view()}
                            </tbody>
                        </table>
                    </div>
                </section>
            }
        })
        .collect_view()
}
