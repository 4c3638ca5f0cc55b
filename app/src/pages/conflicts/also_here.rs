//! Who else looks at the same conflicts just now.

use crate::api;
use crate::live::use_live;
use crate::ui::loaded::fetched;
use leptos::prelude::*;
use std::time::Duration;

/// A look is forgotten a little after this.
const AGAIN: Duration = Duration::from_secs(10);

/// Says so to the others, and names them. No link, nobody.
#[component]
pub fn AlsoHere(#[prop(into)] link: Signal<String>) -> impl IntoView {
    let live = use_live();
    let beat = RwSignal::new(0_u32);
    let others = fetched(
        move || (link.get(), live.version("presences"), beat.get()),
        |(link, ..)| async move { if link.is_empty() { Ok(Vec::new()) } else { api::look_at_conflicts(link).await } },
    );
    Effect::new(move |_| {
        let again = move || {
            if !document().hidden() {
                beat.update(|beat| *beat = beat.wrapping_add(1));
            }
        };
        if let Ok(clock) = set_interval_with_handle(again, AGAIN) {
            on_cleanup(move || clock.clear());
        }
    });
    view! {
        <div role="status">
            <Transition>
                {move || Suspend::new(async move {
                    let names = others.await.unwrap_or_default();
                    (!names.is_empty()).then(|| view! { <p class="note">{sentence(&names)}</p> })
                })}
            </Transition>
        </div>
    }
}

fn sentence(names: &[String]) -> String {
    let verb = if names.len() == 1 { "looks" } else { "look" };
    format!(
        "{} {verb} at this record's conflicts as well. Whoever saves first chooses; the other is told.",
        names.join(" and ")
    )
}
