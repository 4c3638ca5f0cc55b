//! Where in a long list the reader is, and the way to its neighbours.

use super::count::so_many;
use leptos::prelude::*;

/// `address` makes the link to a page.
#[component]
pub fn Pager(
    total: i64,
    page: i64,
    pages: i64,
    /// One and many of what is listed.
    what: (&'static str, &'static str),
    address: impl Fn(i64) -> String,
) -> impl IntoView {
    let step = |to: i64, word: &'static str| {
        if (1..=pages).contains(&to) && to != page {
            view! { <a class="btn btn-sm" href=address(to)>{word}</a> }.into_any()
        } else {
            view! { <span class="btn btn-sm btn-disabled" aria-hidden="true">{word}</span> }.into_any()
        }
    };
    view! {
        <nav class="flex flex-wrap items-center gap-3 py-3" aria-label="Pages">
            <p class="text-quiet tabular-nums">
                {so_many(total, what)}{(pages > 1).then(|| format!(" · page {page} of {pages}"))}
            </p>
            {(pages > 1).then(|| view! { <div class="ml-auto flex gap-2">{step(page - 1, "Previous")}{step(page + 1, "Next")}</div> })}
        </nav>
    }
}
