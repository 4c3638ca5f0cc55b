//! Forms of the editor: their inputs, and what is said of them while somebody types. The inputs start from attributes and
//! no key stroke renders anything anew: after a pause the server says what it thinks, and that alone is shown.

use super::Change;
use crate::api::{self, CheckMapping};
use crate::error::Trouble;
use crate::model::{ConditionRow, FormInput, FormInputKind, FormSection, MappingCheck};
use crate::ui::field::{SelectField, TextField, labelled};
use crate::ui::trouble::FormTrouble;
use leptos::form::{ActionForm, FromFormData};
use leptos::html;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::web_sys::FormData;
use std::time::Duration;

/// A person who pauses for so long looks up.
const PAUSE: Duration = Duration::from_millis(300);

const OPERATORS: [(&str, &str); 6] = [
    ("is", "is"),
    ("is_not", "is not"),
    ("one_of", "is one of (commas)"),
    ("contains", "contains"),
    ("empty", "is empty"),
    ("not_empty", "is not empty"),
];

/// An open form of the draft. `again` is its address: without scripts, *Check* opens it anew with what is typed.
#[component]
pub fn DraftForm(
    change: Change,
    check: RwSignal<MappingCheck>,
    id: String,
    what: &'static str,
    of: String,
    seen: String,
    /// Path, and the pair that keeps the form open.
    again: (String, &'static str),
    close: String,
    children: Children,
) -> impl IntoView {
    let form = NodeRef::<html::Form>::new();
    let turn = StoredValue::new(0_u32);
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let look = move || {
        let data = form.try_get_untracked().flatten().and_then(|form| FormData::new_with_form(&form).ok());
        let Some(Ok(typed)) = data.map(|data| CheckMapping::from_form_data(&data)) else { return };
        let asked = turn.try_update_value(|turn| {
            *turn += 1;
            *turn
        });
        leptos::task::spawn_local(async move {
            let answer = api::check_mapping(typed.form).await;
            // Answers can overtake each other: only the last question counts.
            if let (Ok(found), true) = (answer, asked == turn.try_get_value()) {
                check.try_set(found);
            }
        });
    };
    let typed = move |_| {
        change.value().set(None);
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
        timer.set_value(set_timeout_with_handle(look, PAUSE).ok());
    };
    Effect::new(move |_| {
        // One that is a page by itself begins like any page.
        if what == "flow" {
            return;
        }
        let first = form.get().and_then(|form| form.query_selector("input:not([type=hidden])").ok().flatten());
        focus(first);
    });
    let trouble = Signal::derive(move || check.read().trouble.clone());
    let moved = Memo::new(move |_| check.read().moved.clone());
    let (path, open) = again;
    let opened = match (of.as_str(), what) {
        ("", "note") => "note".to_owned(),
        ("", _) => "1".to_owned(),
        (name, _) => name.to_owned(),
    };
    view! {
        <ActionForm action=change node_ref=form attr:class="draft-form">
            <div on:input=typed>
                <input type="hidden" name="form[connection]" value=id/>
                <input type="hidden" name="form[what]" value=what/>
                <input type="hidden" name="form[of]" value=of/>
                <input type="hidden" name="form[seen]" value=seen/>
                <input type="hidden" name=open value=opened/>
                {move || (!moved.read().is_empty()).then(|| view! { <p class="note" role="status">{moved.get()}</p> })}
                <FormTrouble trouble/>
                {children()}
                <div class="flex flex-wrap items-center gap-3 mt-3">
                    <button class="btn btn-sm btn-primary" type="submit" disabled=change.pending()>"Save to the draft"</button>
                    <button class="btn btn-sm" type="submit" formmethod="get" formaction=path
                        on:click=move |event| {
                            event.prevent_default();
                            look();
                        }
                    >"Check"</button>
                    <a class="link" href=close>"Close"</a>
                </div>
            </div>
        </ActionForm>
    }
}

/// Puts the keyboard there.
pub fn focus(element: Option<leptos::web_sys::Element>) {
    use leptos::wasm_bindgen::JsCast;
    if let Some(element) = element.and_then(|element| element.dyn_into::<leptos::web_sys::HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// What is wrong at one place of the form.
#[component]
pub fn Findings(check: RwSignal<MappingCheck>, at: Option<usize>) -> impl IntoView {
    let here = Memo::new(move |_| {
        let check = check.read();
        let here = check.findings.iter().filter(|finding| finding.at == at);
        here.map(|finding| finding.sentence.clone()).collect::<Vec<_>>()
    });
    view! {
        <ul class="findings" aria-live="polite">
            {move || here.get().into_iter().map(|sentence| view! { <li>{sentence}</li> }).collect_view()}
        </ul>
    }
}

#[component]
pub fn Section(section: FormSection, trouble: Signal<Option<Trouble>>, class: &'static str) -> impl IntoView {
    let FormSection { title, folded, inputs } = section;
    let inputs = inputs.into_iter().map(|input| view! { <Input input trouble/> }).collect_view();
    let inputs = view! { <div class=class>{inputs}</div> };
    if folded {
        view! { <details class="mt-3"><summary>{title}</summary>{inputs}</details> }.into_any()
    } else if title.is_empty() {
        inputs.into_any()
    } else {
        view! { <section class="mt-4"><h2 class="mb-2">{title}</h2>{inputs}</section> }.into_any()
    }
}

#[component]
fn Input(input: FormInput, trouble: Signal<Option<Trouble>>) -> impl IntoView {
    let FormInput { name, label, hint, only, kind } = input;
    let sent = format!("form[typed][{name}]");
    let drawn = match kind {
        FormInputKind::Text(value) => {
            view! { <TextField label name=sent about=name value required=false hint trouble/> }.into_any()
        }
        FormInputKind::Lines(value) => labelled(label, name, hint, trouble, move |tied| {
            view! {
                <textarea class="textarea" id=tied.id name=sent rows="5" aria-describedby=tied.described_by
                    aria-invalid=tied.invalid>{value}</textarea>
            }
        })
        .into_any(),
        FormInputKind::Choice { value, options } => {
            view! { <SelectField label name=sent about=name value options hint trouble/> }.into_any()
        }
        FormInputKind::Field { value, side } => labelled(label, name, hint, trouble, move |tied| {
            view! {
                <input class="input" id=tied.id name=sent value=value list=format!("fields-{side}") autocomplete="off"
                    aria-describedby=tied.described_by aria-invalid=tied.invalid/>
            }
        })
        .into_any(),
        FormInputKind::Conditions { rows, kept } => {
            view! { <Conditions name label hint rows kept trouble/> }.into_any()
        }
    };
    if only.is_empty() {
        return drawn;
    }
    let class = only.split(' ').fold("only".to_owned(), |class, with| format!("{class} only-{with}"));
    view! { <div class=class>{drawn}</div> }.into_any()
}

#[component]
fn Conditions(
    name: String,
    label: String,
    hint: String,
    rows: Vec<ConditionRow>,
    kept: String,
    trouble: Signal<Option<Trouble>>,
) -> impl IntoView {
    let about = name.clone();
    let message = move || trouble.get().filter(|trouble| trouble.field == about).map(|trouble| trouble.what);
    view! {
        <fieldset class="field whole">
            <legend class="text-xs font-medium mb-1">{label}</legend>
            {rows
                .into_iter()
                .enumerate()
                .map(|(at, row)| {
                    let part = |part: &str| format!("form[typed][{name}.{at}.{part}]");
                    let now = row.operator;
                    let operators = OPERATORS.map(|(value, words)| view! { <option value=value selected=value == now>{words}</option> });
                    view! {
                        <div class="grid gap-2 mb-1 sm:grid-cols-3">
                            <input class="input input-sm" name=part("field") value=row.field aria-label="Field"/>
                            <select class="select select-sm" name=part("operator") aria-label="Comparison">{operators.collect_view()}</select>
                            <input class="input input-sm" name=part("value") value=row.value aria-label="Value"/>
                        </div>
                    }
                })
                .collect_view()}
            {(!kept.is_empty()).then(|| view! { <p class="note">"Now: "{kept}". It stays unless you fill in rows."</p> })}
            <p class="hint">{hint}</p>
            <p class="text-error text-xs">{message}</p>
        </fieldset>
    }
}

/// Names to choose from while typing; any other can be typed as well.
#[component]
pub fn Offers(id: &'static str, offers: Signal<Vec<(String, String)>>) -> impl IntoView {
    view! {
        <datalist id=id>
            {move || offers.get().into_iter().map(|(value, label)| view! { <option value=value>{label}</option> }).collect_view()}
        </datalist>
    }
}
