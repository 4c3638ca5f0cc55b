//! How a thing stands, as a dot and a word. Colour answers one question: must I act?

use crate::model::ConnectionState;
use leptos::prelude::*;

/// What the colour says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to do.
    Calm,
    /// Moving, or stopped on purpose; it needs nobody.
    Busy,
    /// A next step waits for a person.
    Next,
    /// A person must act.
    Act,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Calm => "state state-calm",
            Self::Busy => "state state-busy",
            Self::Next => "state state-next",
            Self::Act => "state state-act",
        }
    }
}

#[component]
pub fn State(tone: Tone, #[prop(into)] word: String) -> impl IntoView {
    view! { <span class=tone.class()>{word}</span> }
}

#[component]
pub fn ConnectionBadge(state: ConnectionState) -> impl IntoView {
    let (tone, word) = match state {
        ConnectionState::Draft => (Tone::Next, "Draft"),
        ConnectionState::Active => (Tone::Calm, "Active"),
        ConnectionState::Paused => (Tone::Busy, "Paused"),
        ConnectionState::Held => (Tone::Act, "Needs you"),
        ConnectionState::Disconnected => (Tone::Busy, "Disconnected"),
    };
    view! { <State tone word/> }
}

/// `in sync`, `waiting`, `unlinked`, `partner gone`, `needs you`: the words of a link.
#[component]
pub fn LinkState(state: String) -> impl IntoView {
    let tone = match state.as_str() {
        "in sync" => Tone::Calm,
        "waiting" | "unlinked" | "partner gone" => Tone::Busy,
        _ => Tone::Act,
    };
    view! { <State tone word=capitalised(&state)/> }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
