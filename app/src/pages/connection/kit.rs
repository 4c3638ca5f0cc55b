//! What is installed in ServiceNow when this connection's account may not do it: the files, and the way to the rest.

use super::Shown;
use leptos::prelude::*;

#[component]
pub fn ByHand(shown: Shown) -> impl IntoView {
    let (id, is_admin) = shown.with_value(|page| (page.row.id.clone(), !page.webhook_address.is_empty()));
    let place = |name: &str| format!("/settings/connections/{id}/{name}");
    view! {
        {is_admin.then(|| view! {
            <p class="mt-3">
                "Or have an administrator of ServiceNow import "
                <a class="link" download href=place("isthmus-install.xml")>"the update set"</a>
                ". "
                <a class="link" download href=place("isthmus-uninstall.xml")>"Another one"</a>
                " removes everything again. Both hold a secret: treat them as passwords."
            </p>
        })}
        <p class="mt-3">
            <a class="link font-medium" href=place("servicenow")>"ServiceNow side"</a>
            ": what is installed there, step by step, by file or by hand, and the guide for its administrator."
        </p>
    }
}
