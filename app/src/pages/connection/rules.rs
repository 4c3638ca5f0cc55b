//! `/settings/connections/{id}/rules`: a connection's rules as a whole. The form only changes the address, so what was
//! typed stays, also without scripts; publishing is a form of its own, below what it would do.

use crate::api::{self, PublishRules};
use crate::model::{ConditionRow, RulesForm, RulesInput, RulesPage as Shown, RulesPreview, RulesSection};
use crate::pages::run::Findings;
use crate::ui::field::{SelectField, TextField};
use crate::ui::loaded::loaded;
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::params::ParamsMap;

const OPERATORS: [(&str, &str); 6] = [
    ("is", "is"),
    ("is_not", "is not"),
    ("one_of", "is one of (commas)"),
    ("contains", "contains"),
    ("empty", "is empty"),
    ("not_empty", "is not empty"),
];

#[component]
pub fn RulesPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let form = Memo::new(move |_| typed(params.read().get("id").unwrap_or_default(), &query.read()));
    let shown = Resource::new(move || form.get(), api::rules);
    view! { {loaded(shown, move |shown| view! { <Found shown form=form.get_untracked()/> })} }
}

/// What the address says of the form. Names with two underscores are the framework's own.
fn typed(connection: String, query: &ParamsMap) -> RulesForm {
    let mut form = RulesForm { connection, ..RulesForm::default() };
    for (name, value) in query {
        match name.as_ref() {
            "preset" => value.clone_into(&mut form.preset),
            "look" => form.look = true,
            own if own.starts_with("__") => {}
            other => drop(form.typed.insert(other.to_owned(), value.to_owned())),
        }
    }
    form
}

#[component]
fn Found(shown: Shown, form: RulesForm) -> impl IntoView {
    let home = format!("/settings/connections/{}", shown.connection_id);
    let here = format!("{home}/rules");
    let trouble = shown.trouble.clone();
    let about = Signal::derive({
        let trouble = trouble.clone();
        move || trouble.clone()
    });
    let publish = shown.preview.is_some().then_some(RulesForm { version: shown.version, ..form });
    view! {
        <Title text=format!("Rules of {}", shown.connection)/>
        <p class="crumbs"><a class="link" href=home>{shown.connection}</a></p>
        <h1>"Rules"</h1>
        <p class="hint mb-3">
            "What the connection as a whole lets through. Nothing changes before you have seen what it would do and publish it."
        </p>
        <Presets presets=shown.presets action=here.clone()/>
        {(!shown.replaces.is_empty()).then(|| view! { <p class="note act">{shown.replaces}</p> })}
        {(!shown.run.is_empty()).then(|| {
            let run = format!("/drift/{}", shown.run);
            view! {
                <p class="note">
                    "A "<a class="link" href=run>"reconcile run"</a>" is not over. Until then nothing can be published."
                </p>
            }
        })}
        <FormTrouble trouble=about/>
        <form method="get" action=here>
            <input type="hidden" name="preset" value=shown.preset/>
            {shown.sections.into_iter().map(|section| view! { <Section section trouble=about/> }).collect_view()}
            <button class="btn btn-sm btn-primary mt-4" type="submit" name="look" value="1">"Show what it would do"</button>
        </form>
        {shown.preview.map(|preview| view! { <Preview preview/> })}
        {publish.map(|form| view! { <Publish form/> })}
    }
}

#[component]
fn Presets(presets: Vec<(String, String, bool)>, action: String) -> impl IntoView {
    view! {
        <details>
            <summary>"Start from a preset"</summary>
            <form method="get" action=action class="form mt-2">
                <div class="field">
                    <label for="field-preset">"Preset"</label>
                    <select class="select" id="field-preset" name="preset" aria-describedby="field-preset-hint">
                        {presets
                            .into_iter()
                            .map(|(id, words, is_chosen)| view! { <option value=id selected=is_chosen>{words}</option> })
                            .collect_view()}
                    </select>
                    <p id="field-preset-hint" class="hint">
                        "Fills in the form below with another mapping. Nothing is replaced before you publish."
                    </p>
                </div>
                <button class="btn btn-sm justify-self-start" type="submit">"Fill in"</button>
            </form>
        </details>
    }
}

#[component]
fn Section(section: RulesSection, trouble: Signal<Option<crate::error::Trouble>>) -> impl IntoView {
    view! {
        <section class="part">
            <h2>{section.title}</h2>
            <div class="form">
                {section
                    .inputs
                    .into_iter()
                    .map(|input| match input {
                        RulesInput::Text { name, label, hint, value } => {
                            view! { <TextField label name value hint trouble/> }.into_any()
                        }
                        RulesInput::Choice { name, label, hint, value, options } => {
                            view! { <SelectField label name value options hint trouble/> }.into_any()
                        }
                        RulesInput::Conditions { name, label, hint, rows, kept } => {
                            view! { <Conditions name label hint rows kept trouble/> }.into_any()
                        }
                    })
                    .collect_view()}
            </div>
        </section>
    }
}

#[component]
fn Conditions(
    name: String,
    label: String,
    hint: String,
    rows: Vec<ConditionRow>,
    kept: String,
    trouble: Signal<Option<crate::error::Trouble>>,
) -> impl IntoView {
    let about = name.clone();
    let message = move || trouble.get().filter(|trouble| trouble.field == about).map(|trouble| trouble.what);
    view! {
        <fieldset class="field">
            <legend class="font-medium">{label}</legend>
            {rows
                .into_iter()
                .enumerate()
                .map(|(at, row)| {
                    let part = |part: &str| format!("{name}.{at}.{part}");
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
            {(!kept.is_empty())
                .then(|| view! { <p class="note">"Now: "{kept}". It stays unless you fill in rows."</p> })}
            <p class="hint">{hint}</p>
            <p class="text-error text-xs">{message}</p>
        </fieldset>
    }
}

#[component]
fn Preview(preview: RulesPreview) -> impl IntoView {
    let RulesPreview { changes, findings, problem, links, allowed, looked, touched, by_field, examples } = preview;
    let list = |items: Vec<String>| items.into_iter().map(|item| view! { <li>{item}</li> }).collect_view();
    let is_same = changes.is_empty();
    view! {
        <section class="part" aria-label="What it would do">
            <h2>"What it would do"</h2>
            {is_same.then(|| view! { <p>"None of these settings is another than now."</p> })}
            <ul class="list-disc pl-5 mb-2">{list(changes)}</ul>
            {(!findings.is_empty())
                .then(|| view! { <p class="font-medium">"Look at this first"</p><ul class="list-disc pl-5 mb-2">{list(findings)}</ul> })}
            {if problem.is_empty() {
                view! {
                    <p>
                        "Of "<span class="num">{links}</span>" linked pairs, "<span class="num">{looked}</span>
                        " were read just now, and "<span class="num">{touched}</span>" of these would be written to."
                    </p>
                }
                    .into_any()
            } else {
                view! { <p class="note act">"Nobody can say how many links it would touch. "{problem}</p> }.into_any()
            }}
            <p class="hint">
                "Publishing begins a healing run over all links. It stops and asks before it touches more than "
                <span class="num">{allowed}</span>" of them."
            </p>
            {(!by_field.is_empty()).then(|| {
                let fields = by_field
                    .into_iter()
                    .map(|(field, count)| view! { <li>{field}": "<span class="num">{count}</span></li> })
                    .collect_view();
                view! { <ul class="list-disc pl-5 mb-2" aria-label="By field">{fields}</ul> }
            })}
            {(!examples.is_empty()).then(|| view! { <Findings findings=examples caption="Some of what would be written"/> })}
        </section>
    }
}

#[component]
fn Publish(form: RulesForm) -> impl IntoView {
    let publish = ServerAction::<PublishRules>::new();
    let trouble = Signal::derive(move || publish.value().get().and_then(Result::err));
    view! {
        <FormTrouble trouble/>
        <ActionForm action=publish>
            <input type="hidden" name="form[connection]" value=form.connection/>
            <input type="hidden" name="form[version]" value=form.version/>
            <input type="hidden" name="form[preset]" value=form.preset/>
            {form
                .typed
                .into_iter()
                .map(|(name, value)| view! { <input type="hidden" name=format!("form[typed][{name}]") value=value/> })
                .collect_view()}
            <button class="btn btn-primary" type="submit" disabled=publish.pending()>"Publish and heal"</button>
        </ActionForm>
    }
}
