//! One column on a form: the control that fits its type, what it shows, and what was typed into it.

use std::fmt::Write as _;

use super::access::Rights;
use super::layout::{self, escape};
use super::when;
use crate::api::Displays;
use crate::choices;
use crate::dictionary::{Column, Kind, Table};
use crate::instance::Instance;
use crate::query::{Condition, Operator, Query};
use crate::record::Record;
use crate::store;
use crate::user::User;

/// Up to so many records a reference is a list to choose from; beyond, a person types a name.
const CHOOSABLE: usize = 30;
/// So many names are offered while typing.
const OFFERED: i64 = 200;

pub(super) struct Fields<'a> {
    pub instance: &'a Instance,
    pub user: &'a User,
    pub table: &'a Table,
    pub record: &'a Record,
    pub rights: &'a Rights,
    pub mandatory: &'a [String],
    pub displays: Displays<'a>,
}

impl Fields<'_> {
    /// The field with its label; nothing if the user may not see it.
    pub async fn show(&mut self, name: &str) -> store::Result<String> {
        let Some(column) = self.table.column(name) else {
            return Ok(String::new());
        };
        if !self.rights.shows(column) {
            return Ok(String::new());
        }
        let control = if self.rights.opens(self.table, column) {
            self.control(column).await?
        } else {
            self.read_only(column).await?
        };
        let marked = column.mandatory || self.mandatory.contains(&column.name);
        Ok(layout::field(name, &column.label, marked, &control))
    }

    async fn read_only(&mut self, column: &Column) -> store::Result<String> {
        let name = &column.name;
        let text = self.displays.of(self.table, self.record, name).await?;
        if text.len() > 80 {
            return Ok(format!(r#"<textarea id="{name}" rows="4" readonly>{}</textarea>"#, escape(&text)));
        }
        let input = format!(r#"<input id="{name}" value="{}" readonly>"#, escape(&text));
        Ok(format!("{input}{}", self.way_to(column)))
    }

    async fn control(&mut self, column: &Column) -> store::Result<String> {
        let name = &column.name;
        let raw = self.record.get(name);
        if column.choice {
            return self.choices(column).await;
        }
        Ok(match column.kind {
            Kind::Reference => self.reference(column).await?,
            Kind::Boolean => {
                let checked = if raw == "true" { " checked" } else { "" };
                // A box that is not checked sends nothing, so a hidden field speaks for it.
                format!(
                    r#"<span class="box"><input type="hidden" name="{name}" value="false"><input type="checkbox" id="{name}" name="{name}" value="true"{checked}></span>"#
                )
            }
            Kind::GlideDateTime => {
                let value = escape(&when::input_value(raw, &self.user.time_zone));
                format!(r#"<input type="datetime-local" step="1" id="{name}" name="{name}" value="{value}">"#)
            }
            Kind::GlideDate => {
                format!(r#"<input type="date" id="{name}" name="{name}" value="{}">"#, escape(raw))
            }
            Kind::GlideList => {
                let shown = self.displays.of(self.table, self.record, name).await?;
                format!(r#"<input id="{name}" name="{name}" value="{}">"#, escape(&shown))
            }
            Kind::Password => {
                format!(r#"<input type="password" id="{name}" name="{name}" autocomplete="new-password">"#)
            }
            // Whoever may set such a secret may copy it from the form, as of an API key that was made up.
            Kind::Password2 => {
                format!(r#"<input id="{name}" name="{name}" value="{}" autocomplete="off">"#, escape(raw))
            }
            Kind::Script => area(column, raw, 14, r#" class="code" spellcheck="false""#),
            Kind::Html | Kind::Xml | Kind::Conditions => area(column, raw, 6, ""),
            _ if column.max_length.is_some_and(|length| length > 255) => area(column, raw, 4, ""),
            _ => {
                let length = column.max_length.map_or(String::new(), |length| format!(r#" maxlength="{length}""#));
                format!(r#"<input id="{name}" name="{name}" value="{}"{length}>"#, escape(raw))
            }
        })
    }

    /// A choice that depends on another column is offered in groups, that of the present value first: the
    /// page has no script to change it while a person chooses.
    async fn choices(&self, column: &Column) -> store::Result<String> {
        let name = &column.name;
        let chosen = self.record.get(name);
        let choices = self.instance.choices(self.table, name).await?;
        let mut options = layout::option("", "-- None --", chosen);
        if !chosen.is_empty() && !choices.iter().any(|choice| choice.value == chosen) {
            options.push_str(&layout::option(chosen, chosen, chosen));
        }
        let Some(other) = column.dependent.as_deref() else {
            options.extend(choices.iter().map(|choice| layout::option(&choice.value, &choice.label, chosen)));
            return Ok(format!(r#"<select id="{name}" name="{name}">{options}</select>"#));
        };
        let present = self.record.get(other);
        let mut groups: Vec<&str> = Vec::new();
        for choice in choices.iter() {
            if !groups.contains(&choice.dependent_value.as_str()) {
                groups.push(&choice.dependent_value);
            }
        }
        groups.sort_by_key(|group| *group != present);
        let headings = self.instance.choices(self.table, other).await?;
        for group in groups {
            let label = choices::label(&headings, group, "").unwrap_or(group);
            // Two groups may have the same value; it is chosen in the first one.
            let chosen = if group == present || options.contains(" selected") { chosen } else { "" };
            let chosen = if options.contains(" selected") { "" } else { chosen };
            let _ = write!(options, r#"<optgroup label="{}">"#, escape(label));
            let offered = choices.iter().filter(|choice| choice.dependent_value == group);
            options.extend(offered.map(|choice| layout::option(&choice.value, &choice.label, chosen)));
            options.push_str("</optgroup>");
        }
        Ok(format!(r#"<select id="{name}" name="{name}">{options}</select>"#))
    }

    async fn reference(&mut self, column: &Column) -> store::Result<String> {
        let name = &column.name;
        let raw = self.record.get(name);
        let target = column.reference.as_deref().and_then(|target| self.instance.table(target));
        let Some(target) = target.filter(|target| !target.display.is_empty()) else {
            return Ok(format!(r#"<input id="{name}" name="{name}" value="{}">"#, escape(raw)));
        };
        let shown = self.displays.of(self.table, self.record, name).await?;
        // What was typed and is not found helps to find what was meant.
        let typed = (shown == raw && !raw.is_empty()).then_some(raw);
        let offered = offered(self.instance, self.user, target, typed).await?;
        let way = self.way_to(column);
        if offered.len() <= CHOOSABLE && typed.is_none() {
            let mut options = layout::option("", "-- None --", raw);
            if !raw.is_empty() && !offered.iter().any(|record| record.sys_id() == raw) {
                options.push_str(&layout::option(raw, &shown, raw));
            }
            let offered = offered.iter();
            options.extend(offered.map(|record| layout::option(record.sys_id(), record.get(&target.display), raw)));
            return Ok(format!(r#"<select id="{name}" name="{name}">{options}</select>{way}"#));
        }
        let names: Vec<String> = offered
            .iter()
            .map(|record| format!(r#"<option value="{}">"#, escape(record.get(&target.display))))
            .collect();
        Ok(format!(
            r#"<input id="{name}" name="{name}" value="{}" list="{name}_names" autocomplete="off"><datalist id="{name}_names">{}</datalist>{way}"#,
            escape(&shown),
            names.concat()
        ))
    }

    /// A link to the record that is referred to.
    fn way_to(&self, column: &Column) -> String {
        let raw = self.record.get(&column.name);
        let Some(target) = column.reference.as_deref().filter(|_| column.kind == Kind::Reference && raw.len() == 32)
        else {
            return String::new();
        };
        let label = escape(&column.label);
        format!(
            r#"<a class="way" href="/{target}.do?sys_id={}" aria-label="Open the record: {label}" title="Open the record">&#8505;</a>"#,
            escape(raw)
        )
    }
}

fn area(column: &Column, value: &str, rows: u8, attributes: &str) -> String {
    let name = &column.name;
    format!("<textarea id=\"{name}\" name=\"{name}\" rows=\"{rows}\"{attributes}>\n{}</textarea>", escape(value))
}

/// Records that a reference may name, by name: the active ones, those that contain what was typed.
async fn offered(instance: &Instance, user: &User, target: &Table, typed: Option<&str>) -> store::Result<Vec<Record>> {
    let is = |field: &str, operator, value: &str| {
        vec![Condition { field: field.to_owned(), operator, value: value.to_owned() }]
    };
    let mut group = Vec::new();
    if target.column("active").is_some() {
        group.push(is("active", Operator::Is, "true"));
    }
    if let Some(typed) = typed {
        group.push(is(&target.display, Operator::Contains, typed));
    }
    let order = crate::query::Order { field: target.display.clone(), descending: target.is_task() };
    let query = Query { groups: vec![group], order: vec![order] };
    let mut compiled = instance.compile(&query, target, user).await?;
    instance.narrow(user, target, &mut compiled).await?;
    instance.store.select(target, &compiled, store::Slice::first(OFFERED)).await
}

/// What was typed into a field, as it is stored; or why it cannot be.
pub(super) async fn canonical(
    instance: &Instance,
    user: &User,
    column: &Column,
    typed: &str,
    shown: &str,
) -> Result<String, Unclear> {
    let typed = if column.kind == Kind::String { typed } else { typed.trim() };
    if typed.is_empty() || typed == shown {
        return Ok(typed.to_owned());
    }
    let unclear = |text: String| Err(Unclear::Typed(format!("{}: {text}", column.label)));
    match column.kind {
        Kind::GlideDateTime => match when::stored(typed, &user.time_zone) {
            Some(stored) => Ok(stored),
            None => unclear(format!("{typed} is no date and time.")),
        },
        Kind::Integer if typed.parse::<i64>().is_err() && !column.choice => {
            unclear(format!("{typed} is no whole number."))
        }
        Kind::Reference => match named(instance, column, typed, shown).await? {
            Some(sys_id) => Ok(sys_id),
            None => unclear(format!("nothing is called \u{201c}{typed}\u{201d}.")),
        },
        Kind::GlideList if column.reference.is_some() => {
            let mut ids = Vec::new();
            for name in typed.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                // A list may also hold mail addresses of people without a record.
                ids.push(named(instance, column, name, "").await?.unwrap_or_else(|| name.to_owned()));
            }
            Ok(ids.join(","))
        }
        _ => Ok(typed.to_owned()),
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Unclear {
    #[error("{0}")]
    Typed(String),
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

/// The record of that sys_id, name, number or user name. What was shown before goes first, because several
/// records may have the same name.
async fn named(instance: &Instance, column: &Column, typed: &str, shown: &str) -> store::Result<Option<String>> {
    let Some(target) = column.reference.as_deref().and_then(|name| instance.table(name)) else {
        return Ok(Some(typed.to_owned()));
    };
    if let Some(before) = instance.store.get(target, shown).await?
        && before.get(&target.display) == typed
    {
        return Ok(Some(shown.to_owned()));
    }
    for key in ["sys_id", target.display.as_str(), "number", "name", "user_name", "email"] {
        if let Some(found) = instance.store.find(target, key, typed).await? {
            return Ok(Some(found.sys_id().to_owned()));
        }
    }
    Ok(None)
}
