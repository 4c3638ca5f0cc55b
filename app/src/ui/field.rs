//! One labelled input of a form: its label, a hint, and the trouble that names it.

use crate::error::Trouble;
use leptos::prelude::*;

/// Ties an input to its hint and its trouble.
#[derive(Clone)]
pub struct Tied {
    pub id: String,
    pub described_by: String,
    pub invalid: Signal<Option<&'static str>>,
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
    let message = Memo::new(move |_| trouble.get().filter(|trouble| trouble.field == about).map(|t| t.what));
    let tied = Tied {
        id: id.clone(),
        described_by: format!("{id}-hint {id}-trouble"),
        invalid: Signal::derive(move || message.get().map(|_| "true")),
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            {input(tied)}
            <p id=format!("{id}-hint") class="hint">{hint}</p>
            <p id=format!("{id}-trouble") class="text-error text-xs">{move || message.get()}</p>
        </div>
    }
}

/// A one-line input. `value` is where it starts; a later one shows only while the person has not typed.
#[component]
pub fn TextField(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    #[prop(into, default = "text".to_owned())] kind: String,
    #[prop(into, optional)] value: Signal<String>,
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

/// A choice. `value` moves the choice only while the person has not chosen.
#[component]
pub fn SelectField(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    #[prop(into)] value: Signal<String>,
    /// Value and text.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    #[prop(into, optional)] hint: String,
    #[prop(into, optional)] about: Option<String>,
    #[prop(into, optional)] trouble: Signal<Option<Trouble>>,
) -> impl IntoView {
    labelled(label, about.unwrap_or_else(|| name.clone()), hint, trouble, move |tied| {
        view! {
            <select class="select" id=tied.id name=name aria-describedby=tied.described_by aria-invalid=tied.invalid>
                {move || {
                    options
                        .get()
                        .into_iter()
                        .map(|(choice, text)| {
                            let this = choice.clone();
                            view! { <option value=choice selected=move || *value.read() == this>{text}</option> }
                        })
                        .collect_view()
                }}
            </select>
        }
    })
}
