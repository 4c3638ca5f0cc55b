//! What came since a list was made: counted, and shown when the reader asks for it. Nothing moves under his eyes: the list
//! stays (`data-stays`), and the page is followed at an address that says what its newest line was.

use super::follow::Follow;
use crate::address::with_pair;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// In the address of a followed list: the newest line that the reader has seen.
const SEEN: &str = "seen";

/// Up to which line the reader has seen the list; nothing where it was just opened.
pub fn seen() -> Option<String> {
    use_query_map().read_untracked().get(SEEN)
}

#[component]
pub fn News(
    count: i64,
    /// Counting stops there.
    most: i64,
    /// One and many of what is listed.
    what: (&'static str, &'static str),
    /// The list's address.
    here: String,
    /// The newest line that the list shows.
    newest: String,
    #[prop(into, optional)] topic: String,
) -> impl IntoView {
    let words = match count {
        0 => None,
        1 => Some(format!("1 new {}", what.0)),
        count if count >= most => Some(format!("{most} new {} or more", what.1)),
        count => Some(format!("{count} new {}", what.1)),
    };
    let followed = with_pair(&here, SEEN, &newest);
    view! {
        {(!topic.is_empty()).then(|| view! { <Follow topics=vec![topic] address=followed/> })}
        <div role="status">{words.map(|words| view! { <a class="btn btn-sm mb-2" href=here>{words}</a> })}</div>
    }
}
