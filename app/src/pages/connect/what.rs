//! Step 4: which records, and from when on. What is chosen is counted on the instance, at once and without saving.

use crate::api::{self, ChooseWhat};
use crate::model::{ConditionRow, Matching, PickField, WhatForm, WhatStep, step_address};
use crate::ui::count::counted;
use crate::ui::field::{SelectField, TextField};
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::html;
use leptos::prelude::*;
use leptos::web_sys::FormData;

const OPERATORS: [(&str, &str); 6] = [
    ("is", "is"),
    ("is_not", "is not"),
    ("one_of", "is one of (commas)"),
    ("contains", "contains"),
    ("empty", "is empty"),
    ("not_empty", "is not empty"),
];

type Fields = StoredValue<Vec<PickField>>;

#[component]
pub fn What(id: String, step: WhatStep) -> impl IntoView {
    let save = ServerAction::<ChooseWhat>::new();
    let trouble = Signal::derive(move || save.value().get().and_then(Result::err));
    let form = NodeRef::<html::Form>::new();
    let rows = step.rows.len();
    let counting = Counting::new(id.clone(), rows, form, step.matching);
    let fields = StoredValue::new(step.fields);
    let here = step_address(&id, 4);
    let pull_by = vec![
        ("created".to_owned(), "Created: only records made since then".to_owned()),
        ("updated".to_owned(), "Updated: older ones as well, once they change".to_owned()),
    ];
    view! {
        <ActionForm action=save node_ref=form>
            <input type="hidden" name="form[connection]" value=id.clone()/>
            <div class="form wide-form" on:change=move |_| counting.count()>
                <FormTrouble trouble/>
                <fieldset class="field">
                    <legend class="font-medium">"Records of "<code>{step.table}</code>" that meet all of these"</legend>
                    <p class="hint">"Without any, every record. Columns and choices are your instance's own."</p>
                    {(!step.fields_note.is_empty()).then(|| view! { <p class="note">{step.fields_note}</p> })}
                    {(!step.kept.is_empty())
                        .then(|| view! { <p class="note">"Now: "{step.kept}". It stays unless you fill in rows."</p> })}
                    {step.rows.into_iter().enumerate().map(|(at, row)| view! { <Row at row fields/> }).collect_view()}
                </fieldset>
                <SelectField label="Pull records by" name="form[pull_by]" value=step.pull_by options=pull_by
                    hint="Which of a record's times must lie after the start." trouble/>
                <From history=step.history trouble/>
                <Count counting here/>
                <button class="btn btn-primary" type="submit" disabled=save.pending()>"Save and continue"</button>
                <p class="hint">
                    "Direction, triggers and deletions can be set under "
                    <a class="link" href=format!("/settings/connections/{id}/rules")>"Rules"</a>
                    ", before you start or later."
                </p>
            </div>
        </ActionForm>
    }
}

/// One condition. The choices of a column are offered where there are any.
#[component]
fn Row(at: usize, row: ConditionRow, fields: Fields) -> impl IntoView {
    let name = |part: &str| format!("form[typed][filter.{at}.{part}]");
    let field = RwSignal::new(row.field.clone());
    let operator = RwSignal::new(row.operator.clone());
    let number = at + 1;
    let value_name = name("value");
    let value = StoredValue::new(row.value);
    let choice = move || {
        let field = field.get();
        fields.with_value(|fields| fields.iter().find(|there| there.name == field).cloned())
    };
    view! {
        <div class="grid gap-2 mb-3 sm:mb-1 sm:grid-cols-[minmax(0,2fr)_minmax(0,1fr)_minmax(0,2fr)]">
            <Column name=name("field") label=format!("Column {number}") field value fields/>
            <select class="select select-sm" name=name("operator") aria-label=format!("Comparison {number}")
                on:change=move |event| operator.set(event_target_value(&event))>
                {OPERATORS.map(|(value, words)| view! { <option value=value selected=row.operator == value>{words}</option> }).collect_view()}
            </select>
            {move || {
                let (name, label) = (value_name.clone(), format!("Value {number}"));
                let now = value.get_value();
                let picked = choice();
                let takes_one = matches!(operator.read().as_str(), "is" | "is_not");
                match picked {
                    _ if matches!(operator.read().as_str(), "empty" | "not_empty") => {
                        view! { <input type="hidden" name=name value=""/> }.into_any()
                    }
                    Some(picked) if takes_one && !picked.choices.is_empty() => {
                        let is_other = !now.is_empty() && picked.choices.iter().all(|(value, _)| *value != now);
                        view! {
                            <select class="select select-sm" name=name aria-label=label
                                on:change=move |event| value.set_value(event_target_value(&event))>
                                <option value="">"Choose…"</option>
                                {is_other.then(|| view! { <option value=now.clone() selected=true>{now.clone()}</option> })}
                                {picked
                                    .choices
                                    .into_iter()
                                    .map(|(value, words)| {
                                        let is_now = value == now;
                                        let words = if words == value { words } else { format!("{words} ({value})") };
                                        view! { <option value=value selected=is_now>{words}</option> }
                                    })
                                    .collect_view()}
                            </select>
                        }
                            .into_any()
                    }
                    picked => {
                        let hint = picked.map(|picked| hint(&picked)).unwrap_or_default();
                        view! {
                            <input class="input input-sm" name=name aria-label=label value=now placeholder=hint
                                on:input=move |event| value.set_value(event_target_value(&event))/>
                        }
                            .into_any()
                    }
                }
            }}
        </div>
    }
}

/// `1, 2, 3` of a column with choices, or the form of its values.
fn hint(field: &PickField) -> String {
    let values: Vec<&str> = field.choices.iter().take(6).map(|(value, _)| value.as_str()).collect();
    if values.is_empty() { field.hint.clone() } else { values.join(", ") }
}

/// The columns of the table; to be typed where they could not be read.
#[component]
fn Column(
    name: String,
    label: String,
    field: RwSignal<String>,
    value: StoredValue<String>,
    fields: Fields,
) -> impl IntoView {
    let now = field.get_untracked();
    let known = fields.with_value(|fields| fields.iter().any(|there| there.name == now));
    if fields.with_value(Vec::is_empty) {
        return view! {
            <input class="input input-sm" name=name aria-label=label value=now
                on:input=move |event| field.set(event_target_value(&event))/>
        }
        .into_any();
    }
    view! {
        <select class="select select-sm" name=name aria-label=label
            on:change=move |event| {
                // A value of another column says nothing of this one.
                value.set_value(String::new());
                field.set(event_target_value(&event));
            }
        >
            <option value="">"No condition"</option>
            {(!known && !now.is_empty()).then(|| view! { <option value=now.clone() selected=true>{now.clone()}</option> })}
            {fields
                .with_value(Clone::clone)
                .into_iter()
                .map(|there| {
                    let is_now = there.name == now;
                    let words = if there.label == there.name { there.label } else { format!("{} ({})", there.label, there.name) };
                    view! { <option value=there.name selected=is_now>{words}</option> }
                })
                .collect_view()}
        </select>
    }
    .into_any()
}

/// From now on, unless a person chooses the past as well.
#[component]
fn From(history: String, trouble: Signal<Option<crate::error::Trouble>>) -> impl IntoView {
    let has_history = !history.is_empty();
    view! {
        <fieldset class="choices">
            <legend>"From when on"</legend>
            <label class="choice">
                <input type="radio" name="form[from]" value="now" checked=!has_history/>
                <span><span class="font-medium">"From now on"</span><span class="hint block">"What is there already stays as it is."</span></span>
            </label>
            <label class="choice">
                <input type="radio" name="form[from]" value="since" checked=has_history/>
                <span>
                    <span class="font-medium">"History too"</span>
                    <span class="hint block">
                        "Pulls records from a day on, as a run of its own that can be stopped; it asks before it makes many tickets."
                    </span>
                </span>
            </label>
            <div class="max-w-62 pl-6"><TextField label="History since" name="form[day]" about="day" kind="date" value=history required=false trouble/></div>
        </fieldset>
    }
}

/// Counts what the form says, as it stands now.
#[derive(Clone, Copy)]
struct Counting {
    id: StoredValue<String>,
    rows: usize,
    form: NodeRef<html::Form>,
    matching: RwSignal<Matching>,
    /// Answers can overtake each other: only the last question counts.
    asked: RwSignal<u32>,
    answered: RwSignal<u32>,
}

impl Counting {
    fn new(id: String, rows: usize, form: NodeRef<html::Form>, matching: Matching) -> Self {
        let (asked, answered) = (RwSignal::new(0), RwSignal::new(0));
        Self { id: StoredValue::new(id), rows, form, matching: RwSignal::new(matching), asked, answered }
    }

    fn is_waiting(self) -> bool {
        self.asked.get() != self.answered.get()
    }

    /// After the page has followed what was chosen: another column has other choices.
    fn count(self) {
        request_animation_frame(move || self.ask());
    }

    fn ask(self) {
        let Some(typed) = self.typed() else { return };
        self.asked.update(|asked| *asked += 1);
        let turn = self.asked.get_untracked();
        leptos::task::spawn_local(async move {
            let answer = api::matching(typed).await;
            if self.asked.try_get_untracked() == Some(turn) {
                let found =
                    answer.unwrap_or_else(|trouble| Matching { problem: trouble.to_string(), ..Matching::default() });
                self.matching.try_set(found);
                self.answered.try_set(turn);
            }
        });
    }

    fn typed(self) -> Option<WhatForm> {
        let form = self.form.get_untracked()?;
        let data = FormData::new_with_form(&form).ok()?;
        let text = |name: &str| data.get(&format!("form[{name}]")).as_string().unwrap_or_default();
        let parts =
            (0..self.rows).flat_map(|at| ["field", "operator", "value"].map(|part| format!("filter.{at}.{part}")));
        Some(WhatForm {
            connection: self.id.get_value(),
            typed: parts.map(|part| (part.clone(), text(&format!("typed][{part}")))).collect(),
            pull_by: text("pull_by"),
            from: text("from"),
            day: text("day"),
        })
    }
}

#[component]
fn Count(counting: Counting, here: String) -> impl IntoView {
    view! {
        <div class="counted" role="status" aria-live="polite" aria-busy=move || counting.is_waiting().to_string()>
            {move || view! { <Found matching=counting.matching.get()/> }}
            <button class="btn btn-sm" type="submit" formmethod="get" formaction=here formnovalidate=true
                on:click=move |event| {
                    event.prevent_default();
                    counting.count();
                }
            >
                {move || if counting.is_waiting() { "Counting…" } else { "Count again" }}
            </button>
        </div>
    }
}

#[component]
fn Found(matching: Matching) -> impl IntoView {
    let Matching { all, found, mapped, history, takes, problem } = matching;
    let number = |count: Option<i64>| count.map_or_else(|| "an unknown number".to_owned(), counted);
    view! {
        <div class="min-w-0">
            {found
                .map(|found| view! {
                    <p>
                        <strong class="num text-base">{counted(found)}</strong>" of "{number(all)}" records there match"
                        {mapped.map(|mapped| format!("; {} of these have a value that the mapping lets in", counted(mapped)))}
                        "."
                    </p>
                })}
            {(found.is_some() && history.is_none()).then(|| view! { <p class="hint">"From now on, new ones like these become tickets."</p> })}
            {history
                .map(|history| view! {
                    <p>
                        "The history would pull "<strong class="num">{counted(history)}</strong>" of them, in "{takes}
                        " at the pace that the instance shows now."
                    </p>
                })}
            {(!problem.is_empty()).then(|| view! { <p class="note">"Not counted: "{problem}</p> })}
        </div>
    }
}
