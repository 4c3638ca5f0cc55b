//! Conditions that records must meet, a row each. What a column offers as its values is there as soon as it is chosen.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A column of the table as a person chooses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PickField {
    pub name: String,
    pub label: String,
    /// What to type, where it is not plain; empty otherwise.
    pub hint: String,
    /// Value and label; empty for a column without a list of choices.
    pub choices: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionRow {
    pub field: String,
    /// `is`, `is_not`, `one_of`, `contains`, `empty`, `not_empty`
    pub operator: String,
    pub value: String,
}

pub const OPERATORS: [(&str, &str); 6] = [
    ("is", "is"),
    ("is_not", "is not"),
    ("one_of", "is one of (commas)"),
    ("contains", "contains"),
    ("empty", "is empty"),
    ("not_empty", "is not empty"),
];

type Fields = StoredValue<Vec<PickField>>;

#[island]
pub fn Conditions(rows: Vec<ConditionRow>, fields: Vec<PickField>) -> impl IntoView {
    let fields = StoredValue::new(fields);
    view! {
        <div>{rows.into_iter().enumerate().map(|(at, row)| view! { <Row at row fields/> }).collect_view()}</div>
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
