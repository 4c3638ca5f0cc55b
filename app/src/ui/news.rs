//! What came since a list was made: counted, and shown when the reader asks for it. Nothing moves under his eyes.

use leptos::prelude::*;

/// `here` is the list's address, `again` makes its page ask once more.
#[component]
pub fn News(
    #[prop(into)] count: Signal<i64>,
    /// Counting stops there.
    most: i64,
    /// One and many of what is listed.
    what: (&'static str, &'static str),
    here: String,
    again: RwSignal<u32>,
) -> impl IntoView {
    view! {
        <div role="status">
            {move || {
                let words = match count.get() {
                    0 => return ().into_any(),
                    1 => format!("1 new {}", what.0),
                    count if count >= most => format!("{most} new {} or more", what.1),
                    count => format!("{count} new {}", what.1),
                };
                view! {
                    <a class="btn btn-sm mb-2" href=here.clone()
                        on:click=move |event| {
                            event.prevent_default();
                            again.update(|again| *again = again.wrapping_add(1));
                        }
                    >
                        {words}
                    </a>
                }
                .into_any()
            }}
        </div>
    }
}
