//! Forms of the editor: their inputs, and what is said of them while somebody types. After a pause the server is asked what
//! it thinks of the form, as *Check* asks without scripts; the inputs stay as they are, and only what is said comes anew.

use super::Change;
use crate::error::Trouble;
use crate::islands::conditions::OPERATORS;
use crate::model::{ConditionRow, FormInput, FormInputKind, FormSection, MappingCheck};
use crate::ui::field::{SelectField, TextField, labelled};
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// An open form of the draft. `again` is its address, which opens it anew with what is typed.
#[component]
pub fn DraftForm(
    change: Change,
    check: MappingCheck,
    id: String,
    what: &'static str,
    of: String,
    seen: String,
    /// Path, and the pair that keeps the form open.
    again: (String, &'static str),
    close: String,
    children: Children,
) -> impl IntoView {
    let MappingCheck { trouble, moved, .. } = check;
    let trouble = Signal::stored(trouble);
    // One that is a page by itself begins like any page.
    let takes_focus = what != "flow";
    let (path, open) = again;
    let opened = match (of.as_str(), what) {
        ("", "note") => "note".to_owned(),
        ("", _) => "1".to_owned(),
        (name, _) => name.to_owned(),
    };
    view! {
        <ActionForm action=change attr:id="draft-form" attr:class="draft-form">
            <div data-focus=takes_focus>
                <input type="hidden" name="form[connection]" value=id/>
                <input type="hidden" name="form[what]" value=what/>
                <input type="hidden" name="form[of]" value=of/>
                <input type="hidden" name="form[seen]" value=seen/>
                <input type="hidden" name=open value=opened/>
                {(!moved.is_empty()).then(|| view! { <p class="note" role="status">{moved}</p> })}
                <FormTrouble trouble/>
                {children()}
                <div class="flex flex-wrap items-center gap-3 mt-3">
                    <button class="btn btn-sm btn-primary" type="submit">"Save to the draft"</button>
                    <button class="btn btn-sm" type="submit" formmethod="get" formaction=path data-looks="input">"Check"</button>
                    <a class="link" href=close>"Close"</a>
                </div>
            </div>
        </ActionForm>
    }
}

/// What is wrong at one place of the form.
pub fn findings(check: &MappingCheck, at: Option<usize>) -> impl IntoView + use<> {
    let here = check.findings.iter().filter(|finding| finding.at == at);
    let lines = here.map(|finding| view! { <li>{finding.sentence.clone()}</li> }).collect_view();
    view! { <ul class="findings" aria-live="polite">{lines}</ul> }
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
pub fn Offers(id: &'static str, offers: Vec<(String, String)>) -> impl IntoView {
    let offers = offers.into_iter().map(|(value, label)| view! { <option value=value>{label}</option> });
    view! { <datalist id=id>{offers.collect_view()}</datalist> }
}
