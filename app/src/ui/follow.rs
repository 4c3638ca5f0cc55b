//! Pages that follow the server. `/events` sends names only ("ticket:12 moved"); a page says which of them it is about, and
//! `public/page.js` asks for the page again when one of them moves.

use leptos::prelude::*;

#[component]
pub fn Follow(
    #[prop(into)] topics: Vec<String>,
    /// What is asked for then; the page's own address, if nothing else is said.
    #[prop(into, optional)]
    address: String,
) -> impl IntoView {
    let address = (!address.is_empty()).then_some(address);
    view! { <div hidden data-topics=topics.join(" ") data-address=address></div> }
}
