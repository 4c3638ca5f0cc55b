//! One labelled input of a form: its label, a hint, and the trouble that names it.

use crate::error::Trouble;
use leptos::prelude::*;

/// Ties an input to its hint and its trouble.
#[derive(Clone)]
pub struct Tied {
    pub id: String,
    pub described_by: String,
    pub invalid: Option<&'static str>,
}

/// The label above an input, and below it the hint and the trouble about it. The input gets its ids from [`Tied`].
pub fn labelled<V: IntoView + 'static>(
    label: impl Into<String>,
    name: String,
    hint: impl Into<String>,
    trouble: Signal<Option<Trouble>>,
    input: impl FnOnce(Tied) -> V,
) -> impl IntoView {
    let (label, hint) = (label.into(), hint.into());
    let id = format!("field-{name}");
    let about = name;
    let message = trouble.get_untracked().filter(|trouble| trouble.field == about).map(|trouble| trouble.what);
    let tied = Tied {
        id: id.clone(),
        described_by: format!("{id}-hint {id}-trouble"),
        invalid: message.as_ref().map(|_| "true"),
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            {input(tied)}
            <p id=format!("{id}-hint") class="hint">{hint}</p>
            <p id=format!("{id}-trouble") class="text-error text-xs">{message}</p>
        </div>
    }
}

/// A one-line input. `value` is where it starts.
#[component]
pub fn TextField(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    #[prop(into, default = "text".to_owned())] kind: String,
    #[prop(into, optional)] value: String,
    #[prop(optional)] autocomplete: &'static str,
    #[prop(default = true)] required: bool,
    #[prop(into, optional)] hint: String,
    #[prop(into, optional)] about: Option<String>,
    #[prop(into, optional)] trouble: Signal<Option<Trouble>>,
) -> impl IntoView {
    labelled(label, about.unwrap_or_else(|| name.clone()), hint, trouble, move |tied| {
        view! {
            <input class="input" id=tied.id type=kind name=name value=value autocomplete=autocomplete required=required
                aria-describedby=tied.described_by aria-invalid=tied.invalid/>
        }
    })
}

/// A choice. `value` is where it starts.
#[component]
pub fn SelectField(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    #[prop(into)] value: String,
    /// Value and text.
    options: Vec<(String, String)>,
    #[prop(into, optional)] hint: String,
    #[prop(into, optional)] about: Option<String>,
    #[prop(into, optional)] trouble: Signal<Option<Trouble>>,
) -> impl IntoView {
    labelled(label, about.unwrap_or_else(|| name.clone()), hint, trouble, move |tied| {
        view! {
            <select class="select" id=tied.id name=name aria-describedby=tied.described_by aria-invalid=tied.invalid>
                {choices(options, &value)}
            </select>
        }
    })
}

/// What a select offers, value and text each, with the one that is chosen now.
pub fn choices(options: Vec<(String, String)>, now: &str) -> impl IntoView + use<> {
    options
        .into_iter()
        .map(|(value, text)| {
            let selected = value == now;
            view! { <option value=value selected=selected>{text}</option> }
        })
        .collect_view()
}
