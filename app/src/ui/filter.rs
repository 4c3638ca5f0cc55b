//! A form that only changes the page's address. A plain GET form without JavaScript; with it, the address
//! stays free of empty values, and a choice acts at once.

use crate::address::with_query;
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{FormData, HtmlSelectElement};
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

#[component]
pub fn FilterForm(path: &'static str, names: &'static [&'static str], children: Children) -> impl IntoView {
    let form = NodeRef::<html::Form>::new();
    let navigate = use_navigate();
    let go = move || {
        let Some(data) = form.get_untracked().and_then(|form| FormData::new_with_form(&form).ok()) else {
            return;
        };
        let values: Vec<_> = names.iter().map(|name| data.get(name).as_string().unwrap_or_default()).collect();
        let pairs: Vec<_> = names.iter().copied().zip(values.iter().map(String::as_str)).collect();
        // The list below changes; the reader stays where he is.
        navigate(&with_query(path, &pairs), NavigateOptions { scroll: false, ..NavigateOptions::default() });
    };
    let chosen = go.clone();
    view! {
        <form node_ref=form method="get" action=path class="filter" role="search"
            on:submit=move |event| {
                event.prevent_default();
                go();
            }
            on:change=move |event| {
                if event.target().is_some_and(|target| target.has_type::<HtmlSelectElement>()) {
                    chosen();
                }
            }
        >
            {children()}
        </form>
    }
}

/// One choice of a filter: value and words each; the first is all.
#[component]
pub fn FilterChoice(
    label: &'static str,
    name: &'static str,
    now: Memo<String>,
    options: Vec<(String, String)>,
) -> impl IntoView {
    let id = format!("filter-{name}");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select class="select select-sm" id=id name=name>
                <option value="" selected=move || now.read().is_empty()>"All"</option>
                {options
                    .into_iter()
                    .map(|(value, words)| {
                        let this = value.clone();
                        view! { <option value=value selected=move || *now.read() == this>{words}</option> }
                    })
                    .collect_view()}
            </select>
        </div>
    }
}

/// All connections or one: id and name each.
#[component]
pub fn ConnectionChoice(connections: Vec<(String, String)>, connection: Memo<String>) -> impl IntoView {
    view! { <FilterChoice label="Connection" name="connection" now=connection options=connections/> }
}
