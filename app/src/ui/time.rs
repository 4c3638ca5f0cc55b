//! Moments: short text to read, the exact one on hover and for programs.

use crate::model::When;
use leptos::prelude::*;

#[component]
pub fn Time(when: When) -> impl IntoView {
    let title = format!("{} UTC", when.iso.trim_end_matches('Z').replace('T', " "));
    view! { <time datetime=when.iso title=title class="whitespace-nowrap tabular-nums">{when.text}</time> }
}

/// A moment that may not have come yet.
#[component]
pub fn MaybeTime(when: Option<When>, #[prop(default = "never")] never: &'static str) -> impl IntoView {
    match when {
        Some(when) => view! { <Time when/> }.into_any(),
        None => view! { <span class="text-quiet">{never}</span> }.into_any(),
    }
}
