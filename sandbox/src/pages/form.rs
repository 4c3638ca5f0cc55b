//! The form of any record, with its activity stream and related lists.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::access::{self, Rights};
use super::field::Fields;
use super::view::{Section, View};
use super::{Failure, activity, files, layout, related};
use crate::api::Displays;
use crate::dictionary::{Kind, Table};
use crate::instance::Instance;
use crate::query::{Operator, Query};
use crate::record::Record;
use crate::rules::Message;
use crate::store::{self, Slice};
use crate::user::User;

/// The sys_id of a record that is not there yet, as on the platform.
pub(super) const NEW: &str = "-1";

/// What the name of a button begins with that runs a UI action's script.
pub(super) const UI_ACTION: &str = "ui:";

pub(super) async fn show(instance: &Arc<Instance>, user: &User, name: &str, raw: &str) -> Result<Response, Failure> {
    let table = access::readable(instance, user, name).await?;
    let given: HashMap<String, String> = form_urlencoded::parse(raw.as_bytes()).into_owned().collect();
    let query = given.get("sysparm_query").map_or("", String::as_str);
    let record = match given.get("sys_id").map(String::as_str) {
        Some(NEW) => fresh(instance, user, table, query).await?,
        Some(sys_id) => existing(instance, user, table, sys_id).await?,
        // `incident.do?sysparm_query=number=INC0000001` opens what the query finds.
        None if !query.is_empty() => {
            let mut compiled = instance.compile(&Query::parse(query), table, user).await?;
            instance.narrow(user, table, &mut compiled).await?;
            instance.store.select(table, &compiled, Slice::first(1)).await?.pop().ok_or_else(not_found)?
        }
        None => fresh(instance, user, table, "").await?,
    };
    let table = access::readable(instance, user, &instance.class(table, &record).name).await?;
    let form = Form { instance, user, table, record: &record, messages: &[], typed: &HashMap::new() };
    Ok((StatusCode::OK, form.page().await?).into_response())
}

pub(super) fn not_found() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "There is no such record, or you may not see it.")
}

pub(super) async fn existing(instance: &Instance, user: &User, table: &Table, sys_id: &str) -> Result<Record, Failure> {
    let record = instance.store.get(table, sys_id).await?.ok_or_else(not_found)?;
    if instance.may_read(user, table, &record).await? { Ok(record) } else { Err(not_found()) }
}

/// A record with the defaults of its columns.
pub(super) fn blank(table: &Table) -> Record {
    table.columns.values().map(|column| (&column.name, &column.default)).collect()
}

/// Defaults, then what the link asks for, such as `parent_incident=...` from a related list.
async fn fresh(instance: &Instance, user: &User, table: &Table, query: &str) -> Result<Record, Failure> {
    if !access::may_create(instance, user, table).await? {
        return Err(Failure::new(StatusCode::FORBIDDEN, format!("You may not create a record of {}.", table.label)));
    }
    let mut record = blank(table);
    if table.name == "incident" {
        record.set("caller_id", &user.sys_id);
        record.set("opened_by", &user.sys_id);
        record.set("opened_at", instance.clock.stamp());
        record.set("priority", "5");
    }
    for condition in Query::parse(query).groups.into_iter().flatten().flatten() {
        if condition.operator == Operator::Is && table.column(&condition.field).is_some() {
            record.set(&condition.field, condition.value);
        }
    }
    record.set("sys_id", "");
    Ok(record)
}

pub(super) struct Form<'a> {
    pub instance: &'a Arc<Instance>,
    pub user: &'a User,
    pub table: &'a Table,
    pub record: &'a Record,
    /// What stands at the top: why it was not saved, or what a rule says.
    pub messages: &'a [Message],
    /// What came with a form that was refused.
    pub typed: &'a HashMap<String, String>,
}

impl Form<'_> {
    pub async fn page(&self) -> Result<axum::response::Html<String>, Failure> {
        let Self { instance, user, table, record, .. } = *self;
        let view = View::of(table);
        let is_new = record.sys_id().is_empty();
        let display = Displays::new(instance).read_by(user).of(table, record, "").await?;
        let heading = match (is_new, display.is_empty()) {
            (true, _) => format!("New {}", table.label.to_lowercase()),
            (false, true) => table.label.clone(),
            (false, false) => display,
        };
        let rights = Rights::of(instance, user, table, record).await?;
        let mut fields = Fields {
            instance,
            user,
            table,
            record,
            rights: &rights,
            mandatory: &view.mandatory,
            displays: Displays::new(instance).read_by(user),
        };
        let mut sections = String::new();
        for section in &view.sections {
            sections.push_str(&show_section(&mut fields, section).await?);
        }
        let sys_id = if is_new { NEW } else { record.sys_id() };
        let hidden = layout::hidden("sys_id", sys_id) + &layout::hidden("shown", &self.shown(&view, &rights)?);
        let below = if is_new {
            String::new()
        } else {
            let stream = activity::stream(instance, user, table, record).await?;
            let stream =
                if table.is_task() || table.audit { format!("<h2>Activity</h2>{stream}") } else { String::new() };
            let files = files::show(instance, user, table, record, &rights).await?;
            let stream = if stream.is_empty() { stream } else { format!(r#"<div class="card">{stream}</div>"#) };
            format!("{files}{stream}{}", related::lists(instance, user, &view, record).await?)
        };
        let body = format!(
            r#"<form method="post" action="/{name}.do" class="record">
<div class="bar sticky"><a class="back" href="/{name}_list.do" aria-label="Back to the list">&#8249;</a><h1><span class="kind">{label}</span> {heading}</h1><div class="actions">{buttons}</div></div>
{problem}{hidden}<div class="card">{sections}</div>{journals}</form>{below}"#,
            name = table.name,
            label = layout::escape(&table.label),
            heading = layout::escape(&heading),
            buttons = self.buttons(&view, &rights) + &self.ui_actions().await?,
            problem = self.messages.iter().map(layout::message).collect::<String>(),
            journals = self.journals(&view, &rights),
        );
        Ok(layout::page(&heading, Some(user), &body))
    }

    /// The values that the form shows, so that only what a person typed over is written. What it does not show
    /// to this person is not in it either.
    fn shown(&self, view: &View, rights: &Rights) -> Result<String, Failure> {
        if let Some(shown) = self.typed.get("shown") {
            return Ok(shown.clone());
        }
        // A new record has no values yet: all that is on the form is written.
        if self.record.sys_id().is_empty() {
            return Ok("{}".to_owned());
        }
        let open = |name: &&String| {
            let column = self.table.column(name);
            column.is_some_and(|column| rights.opens(self.table, column) && column.kind != Kind::Password)
        };
        let shown: HashMap<&String, &str> =
            view.columns().filter(open).map(|column| (column, self.record.get(column))).collect();
        serde_json::to_string(&shown).map_err(|cause| Failure::internal(&cause))
    }

    fn buttons(&self, view: &View, rights: &Rights) -> String {
        let button = |name: &str, label: &str, class: &str| {
            format!(r#"<button class="{class}" name="action" value="{name}">{}</button>"#, layout::escape(label))
        };
        if self.record.sys_id().is_empty() {
            return button("save", "Submit", "primary");
        }
        let mut shown = String::new();
        if rights.change {
            shown.push_str(&button("save", "Update", "primary"));
            let fitting = view.buttons.iter().filter(|button| button.fits(self.record, self.user));
            shown.extend(fitting.map(|own| button(&own.name, &own.label, "")));
        }
        if rights.delete {
            shown.push_str(&button("delete", "Delete", "danger"));
        }
        shown
    }

    /// The UI actions that the instance offers for this record; links and menu entries are plainer buttons.
    async fn ui_actions(&self) -> store::Result<String> {
        let offered = self.instance.ui_actions(self.table, self.record, self.user).await?;
        let buttons = offered.iter().map(|action| {
            let class = if action.is_true("form_button") { "" } else { "quiet" };
            let (name, hint) = (layout::escape(action.get("name")), layout::escape(action.get("hint")));
            let id = layout::escape(action.sys_id());
            format!(r#"<button class="{class}" name="action" value="{UI_ACTION}{id}" title="{hint}">{name}</button>"#)
        });
        Ok(buttons.collect::<Vec<_>>().concat())
    }

    fn journals(&self, view: &View, rights: &Rights) -> String {
        let columns = view.journals.iter().filter_map(|name| self.table.column(name));
        // Work notes are for agents only.
        let agent = self.user.is_agent();
        let columns = columns.filter(|column| (agent || column.name == "comments") && rights.opens(self.table, column));
        let kept = |name: &str| self.typed.get(name).map_or("", String::as_str);
        let areas: Vec<String> = columns
            .map(|column| {
                let (name, kept) = (&column.name, layout::escape(kept(&column.name)));
                let area = format!("<textarea id=\"{name}\" name=\"{name}\" rows=\"3\">\n{kept}</textarea>");
                format!(r#"<div class="journal {name}">{}</div>"#, layout::field(name, &column.label, false, &area))
            })
            .collect();
        if areas.is_empty() {
            return String::new();
        }
        let post = if self.record.sys_id().is_empty() {
            ""
        } else {
            r#"<div class="actions"><button name="action" value="post">Post</button></div>"#
        };
        format!(r#"<div class="card"><h2>Notes</h2>{}{post}</div>"#, areas.concat())
    }
}

async fn show_section(fields: &mut Fields<'_>, section: &Section) -> store::Result<String> {
    let mut columns = String::new();
    for side in [&section.left, &section.right] {
        let mut shown = String::new();
        for name in side {
            shown.push_str(&fields.show(name).await?);
        }
        columns.extend(["<div>", &shown, "</div>"]);
    }
    let mut wide = String::new();
    for name in &section.wide {
        wide.push_str(&fields.show(name).await?);
    }
    let content = format!(r#"<div class="grid">{columns}</div>{wide}"#);
    Ok(if section.title.is_empty() {
        content
    } else {
        format!("<details open><summary>{}</summary>{content}</details>", layout::escape(&section.title))
    })
}
