//! A ServiceNow number, leading to its record on the instance.

use leptos::prelude::*;

/// `address` is the record's page, or ours that leads there; empty where there is none. The instance is not told whence
/// somebody came.
#[component]
pub fn Reference(number: String, address: String) -> impl IntoView {
    if address.is_empty() {
        return number.into_any();
    }
    view! {
        <a class="link num -my-0.5 inline-block py-0.5" href=address rel="external noopener noreferrer" target="_blank">
            {number}<span class="sr-only">" in ServiceNow, opens in a new tab"</span>
            <span aria-hidden="true">" ↗"</span>
        </a>
    }
    .into_any()
}

/// Where a list leads to the record of a ticket; the server knows the address. Empty for a record without a ticket.
pub fn record_of(ticket: &str) -> String {
    if ticket.is_empty() { String::new() } else { format!("/tickets/{ticket}/servicenow") }
}
