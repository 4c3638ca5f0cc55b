//! Any address that is no page.

use crate::pages::sign_in::Door;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn NotFound() -> impl IntoView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Not found"/>
        <Door>
            <h1>"There is no page at this address"</h1>
            <p>"The address was mistyped, or what it showed is gone."</p>
            <p>"Go to the "<a class="link" href="/">"overview"</a>", the "<a class="link" href="/tickets">"tickets"</a>
                " or the "<a class="link" href="/history">"history"</a>"."</p>
        </Door>
    }
}
