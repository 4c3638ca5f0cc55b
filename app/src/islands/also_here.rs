//! Who else looks at the same conflicts just now.

use crate::error::Trouble;
use leptos::ev::FocusEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::Element;
use std::time::Duration;

/// A look is forgotten a little after this.
const AGAIN: Duration = Duration::from_secs(10);

/// The person looks at the conflicts of this link. Answers who else does.
#[server(name = LookAtConflicts, prefix = "/fn", endpoint = "look-at-conflicts")]
pub async fn look_at_conflicts(link: String) -> Result<Vec<String>, Trouble> {
    use crate::api::{console, told};
    told(console()?.look_at_conflicts(&link).await)
}

/// Says so to the others, and names them: of `link`, or in a list of the record that has the focus.
#[island]
pub fn AlsoHere(link: String) -> impl IntoView {
    let here = RwSignal::new(link);
    let others = RwSignal::new(Vec::new());
    let shown = NodeRef::<html::P>::new();
    let look = move || {
        let link = here.get_untracked();
        // The page may have become one without conflicts.
        let is_shown = shown.get_untracked().is_some_and(|shown| shown.is_connected());
        if link.is_empty() || !is_shown || document().hidden() {
            return;
        }
        leptos::task::spawn_local(async move {
            if let Ok(names) = look_at_conflicts(link.clone()).await
                && here.try_get_untracked() == Some(link)
            {
                others.try_set(names);
            }
        });
    };
    Effect::new(move |_| {
        here.track();
        others.set(Vec::new());
        look();
    });
    Effect::new(move |_| {
        let clock = set_interval_with_handle(look, AGAIN);
        let moves = window_event_listener(leptos::ev::focusin, move |event| {
            if let Some(link) = record_of(&event) {
                here.set(link);
            }
        });
        on_cleanup(move || {
            moves.remove();
            if let Ok(clock) = clock {
                clock.clear();
            }
        });
    });
    view! { <p node_ref=shown role="status" class="note empty:hidden">{move || sentence(&others.read())}</p> }
}

/// The link of the record in which something got the focus.
fn record_of(event: &FocusEvent) -> Option<String> {
    let element = event.target()?.dyn_into::<Element>().ok()?;
    element.closest("[data-link]").ok()??.get_attribute("data-link")
}

/// Nothing where nobody does.
fn sentence(names: &[String]) -> Option<String> {
    let verb = match names {
        [] => return None,
        [_] => "looks",
        _ => "look",
    };
    let who = names.join(" and ");
    Some(format!("{who} {verb} at this record's conflicts as well. Whoever saves first chooses; the other is told."))
}
