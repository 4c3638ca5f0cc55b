//! A form that only changes the page's address. With scripts the address stays free of empty values, and a choice acts at
//! once (`public/page.js`).

use super::field::choices;
use leptos::prelude::*;

#[component]
pub fn FilterForm(path: &'static str, children: Children) -> impl IntoView {
    view! { <form method="get" action=path class="filter" role="search">{children()}</form> }
}

/// One choice of a filter: value and words each; the first is all.
#[component]
pub fn FilterChoice(
    label: &'static str,
    name: &'static str,
    #[prop(into)] now: String,
    options: Vec<(String, String)>,
) -> impl IntoView {
    let id = format!("filter-{name}");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select class="select select-sm" id=id name=name>
                <option value="" selected=now.is_empty()>"All"</option>
                {choices(options, &now)}
            </select>
        </div>
    }
}

/// All connections or one: id and name each.
#[component]
pub fn ConnectionChoice(connections: Vec<(String, String)>, #[prop(into)] connection: String) -> impl IntoView {
    view! { <FilterChoice label="Connection" name="connection" now=connection options=connections/> }
}
