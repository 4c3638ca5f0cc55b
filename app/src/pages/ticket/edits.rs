//! Who changed what on a ticket, newest first as the server sends it.

use crate::model::{FieldMove, TicketEdit};
use crate::ui::time::Time;
use leptos::prelude::*;

#[component]
pub fn Edits(edits: Vec<TicketEdit>) -> impl IntoView {
    let edits = edits.into_iter().map(|edit| {
        view! {
            <li>
                <p class="comment-head">
                    <span class="font-medium">{edit.who}</span>
                    <span class="ml-auto text-quiet"><Time when=edit.at/></span>
                </p>
                <ul>{edit.fields.into_iter().map(|moved| view! { <Moved moved/> }).collect_view()}</ul>
            </li>
        }
    });
    view! {
        <section class="mt-6">
            <h2>"Edits"</h2>
            <ol class="edits">{edits.collect_view()}</ol>
        </section>
    }
}

#[component]
fn Moved(moved: FieldMove) -> impl IntoView {
    let FieldMove { field, from, to, why } = moved;
    let or_empty = |text: String| if text.is_empty() { "empty".to_owned() } else { text };
    view! {
        <li>
            <span class="text-quiet">{field}": "</span>
            <del class="value">{or_empty(from)}</del>
            <span aria-hidden="true">" → "</span><span class="sr-only">" to "</span>
            <ins class="value">{or_empty(to)}</ins>
            {(!why.is_empty()).then(|| view! { <span class="block text-quiet text-xs">{why}</span> })}
        </li>
    }
}
