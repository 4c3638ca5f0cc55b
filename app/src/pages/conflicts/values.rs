//! What a side holds, with the words that are not the base's.

use crate::model::{ConflictSide, Piece, ValueInput};
use crate::ui::field::choices;
use crate::ui::time::MaybeTime;
use leptos::prelude::*;

/// A text with its changed words marked.
#[component]
pub fn Marked(pieces: Vec<Piece>) -> impl IntoView {
    if pieces.is_empty() {
        return view! { <span class="text-quiet">"empty"</span> }.into_any();
    }
    let pieces = pieces.into_iter().map(|piece| {
        if piece.changed { view! { <mark class="value">{piece.text}</mark> }.into_any() } else { piece.text.into_any() }
    });
    view! { <span class="value">{pieces.collect_view()}</span> }.into_any()
}

#[component]
pub fn Who(side: ConflictSide) -> impl IntoView {
    let who = if side.who.is_empty() { "somebody".to_owned() } else { side.who };
    view! { <span class="text-xs text-quiet">{who}", "<MaybeTime when=side.at never="it is not told when"/></span> }
}

/// The control for another value, fit for the field.
#[component]
pub fn ValueField(input: ValueInput, name: String, label: String, value: String) -> impl IntoView {
    let select = |options: Vec<(String, String)>, name: String, label: String, value: String| {
        view! {
            <select class="select select-sm" name=name aria-label=label>
                <option value="">"…"</option>
                {choices(options, &value)}
            </select>
        }
        .into_any()
    };
    let is_moment = matches!(input, ValueInput::Moment);
    let kind = match input {
        ValueInput::Choice(choices) => {
            return select(choices.into_iter().map(|choice| (choice.clone(), choice)).collect(), name, label, value);
        }
        ValueInput::Boolean => {
            let both = [("true", "yes"), ("false", "no")].map(|(is, text)| (is.to_owned(), text.to_owned()));
            return select(both.to_vec(), name, label, value);
        }
        ValueInput::Text => {
            return view! { <textarea class="textarea" name=name rows="2" aria-label=label>{value}</textarea> }
                .into_any();
        }
        ValueInput::Moment => "datetime-local",
        ValueInput::Date => "date",
        ValueInput::Number => "text",
        ValueInput::Email => "email",
    };
    let label = if is_moment { format!("{label}, in UTC") } else { label };
    view! {
        <input class="input input-sm" type=kind name=name value=value aria-label=label/>
        {is_moment.then(|| view! { <span class="hint">"In UTC, as the values above."</span> })}
    }
    .into_any()
}
