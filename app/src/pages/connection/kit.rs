//! What is installed in ServiceNow when this connection's account may not do it: the files, and the way to the rest.

use super::Shown;
use leptos::prelude::*;

#[component]
pub fn ByHand(shown: Shown) -> impl IntoView {
    let is_admin = Memo::new(move |_| !shown.read().webhook_address.is_empty());
    let place = move |name: &str| format!("/settings/connections/{}/{name}", shown.read().row.id);
    view! {
        <Show when=move || is_admin.get()>
            <p class="mt-3">
                "Or have an administrator of ServiceNow import "
                <a class="link" download rel="external" href=move || place("isthmus-install.xml")>"the update set"</a>
                ". "
                <a class="link" download rel="external" href=move || place("isthmus-uninstall.xml")>"Another one"</a>
                " removes everything again. Both hold a secret: treat them as passwords."
            </p>
        </Show>
        <p class="mt-3">
            <a class="link font-medium" href=move || place("servicenow")>"ServiceNow side"</a>
            ": what is installed there, step by step, by file or by hand, and the guide for its administrator."
        </p>
    }
}
