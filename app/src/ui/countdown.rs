//! How long an access lasts still. ServiceNow does not extend it, so the colour says when to act.

use super::state::{State, Tone};
use leptos::prelude::*;

/// From here on people are warned.
const SOON: i64 = 14;

/// `days` of the refresh token; `None` when nobody has authorized.
#[component]
pub fn Countdown(days: Option<i64>) -> impl IntoView {
    let (tone, word) = match days {
        None => (Tone::Next, "Not authorized".to_owned()),
        Some(days) if days < 0 => (Tone::Act, "Access ended".to_owned()),
        Some(0) => (Tone::Act, "Access ends today".to_owned()),
        Some(1) => (Tone::Act, "1 day of access left".to_owned()),
        Some(days @ 2..=7) => (Tone::Act, format!("{days} days of access left")),
        Some(days @ 8..=SOON) => (Tone::Next, format!("{days} days of access left")),
        Some(days) => (Tone::Calm, format!("{days} days of access left")),
    };
    view! { <State tone word/> }
}

/// The warning in a sentence, when it is time for one.
pub fn warning(days: Option<i64>) -> Option<String> {
    let days = days.filter(|days| *days <= SOON)?;
    let when = match days {
        ..0 => "has ended".to_owned(),
        0 => "ends today".to_owned(),
        1 => "ends within a day".to_owned(),
        days => format!("ends in {days} days"),
    };
    Some(format!(
        "The access to ServiceNow {when}, and ServiceNow does not extend it. Press \"Regenerate token\"; what arrives after \
         the end waits until somebody does, and nothing is lost."
    ))
}
