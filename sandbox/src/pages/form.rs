//! The incident's form with its activity stream. Saving goes the same way as a REST call, so the
//! instance's rules and policies hold here too; what it refuses is said on the form, with the typed text kept.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::layout::{self, Choices};
use super::{Failure, SignedIn};
use crate::api::Displays;
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::record::Record;
use crate::records::{Input, Refusal};
use crate::store;
use crate::user::User;

const NEW: &str = "-1";

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default = "new")]
    sys_id: String,
}

fn new() -> String {
    NEW.to_owned()
}

fn incident(instance: &Instance) -> Result<&Table, Failure> {
    instance.table("incident").map(AsRef::as_ref).ok_or_else(|| Failure::internal(&"no incident table"))
}

fn not_found() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "There is no such incident, or you may not see it.")
}

pub(super) async fn show(
    State(instance): State<Arc<Instance>>,
    SignedIn(user): SignedIn,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let table = incident(&instance)?;
    let record = if wanted.sys_id == NEW {
        let mut record: Record = table.columns.values().map(|column| (&column.name, &column.default)).collect();
        record.set("caller_id", &user.sys_id);
        record.set("priority", "5");
        record
    } else {
        existing(&instance, &user, table, &wanted.sys_id).await?
    };
    page(&instance, &user, table, &record, "", &HashMap::new()).await
}

async fn existing(instance: &Instance, user: &User, table: &Table, sys_id: &str) -> Result<Record, Failure> {
    let record = instance.store.get(table, sys_id).await?.ok_or_else(not_found)?;
    if instance.may_read(user, table, &record).await? { Ok(record) } else { Err(not_found()) }
}

/// What the form sends besides the record: which button, what it was about, and the values that were shown.
const ASIDE: &[&str] = &["action", "sys_id", "shown"];

/// The form's columns, apart from the journals.
const COLUMNS: &[&str] = &[
    "state",
    "caller_id",
    "hold_reason",
    "category",
    "impact",
    "subcategory",
    "urgency",
    "assignment_group",
    "assigned_to",
    "due_date",
    "short_description",
    "description",
    "close_code",
    "close_notes",
];

/// What a person typed over. A field that still holds what was shown is not written, so that a form
/// left open does not undo what others changed meanwhile.
fn typed(form: &HashMap<String, String>) -> Vec<(&str, &str)> {
    let shown = form.get("shown").map_or("{}", String::as_str);
    let shown: HashMap<String, String> = serde_json::from_str(shown).unwrap_or_default();
    let columns =
        form.iter().filter(|(name, value)| !ASIDE.contains(&name.as_str()) && shown.get(*name) != Some(value));
    columns.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

pub(super) async fn save(
    State(instance): State<Arc<Instance>>,
    SignedIn(user): SignedIn,
    Form(mut form): Form<HashMap<String, String>>,
) -> Result<Response, Failure> {
    let table = incident(&instance)?;
    let sys_id = form.get("sys_id").cloned().unwrap_or_else(new);
    let action = form.get("action").cloned().unwrap_or_default();
    if action == "resolve" {
        form.insert("state".into(), "6".into());
    }
    for value in form.values_mut() {
        // Forms send line ends as CR LF, whatever was in the text area.
        *value = value.replace("\r\n", "\n");
    }
    let typed = || typed(&form).into_iter();
    let outcome = match action.as_str() {
        "delete" => instance.delete(&user, table, &sys_id).await.map(|()| None),
        "post" => {
            let entries = typed().filter(|(name, _)| matches!(*name, "comments" | "work_notes"));
            instance.update(&user, table, &sys_id, Input::new(entries)).await.map(Some)
        }
        _ if sys_id == NEW => instance.insert(&user, table, Input::new(typed())).await.map(Some),
        _ => instance.update(&user, table, &sys_id, Input::new(typed())).await.map(Some),
    };
    match outcome {
        Ok(None) => Ok(Redirect::to("/incident_list.do").into_response()),
        Ok(Some(record)) => Ok(Redirect::to(&format!("/incident.do?sys_id={}", record.sys_id())).into_response()),
        Err(Refusal::NotFound) => Err(not_found()),
        Err(Refusal::Store(cause)) => Err(cause.into()),
        Err(refusal) => {
            let mut record =
                if sys_id == NEW { Record::default() } else { existing(&instance, &user, table, &sys_id).await? };
            for (name, value) in typed() {
                record.set(name, value);
            }
            page(&instance, &user, table, &record, &refusal.to_string(), &form).await
        }
    }
}

async fn page(
    instance: &Instance,
    user: &User,
    table: &Table,
    record: &Record,
    problem: &str,
    typed: &HashMap<String, String>,
) -> Result<Response, Failure> {
    let is_new = record.sys_id().is_empty();
    let users = people(instance, "sys_user").await?;
    let groups = people(instance, "sys_user_group").await?;
    let choice = |column: &str, label: &str| {
        let depends_on = table.column(column).and_then(|column| column.dependent.as_deref());
        let depends_on = depends_on.map(|other| record.get(other));
        let settled = instance.settled();
        let offered = settled.choices(table, column).iter();
        let fits = offered.filter(|choice| depends_on.is_none_or(|value| choice.dependent_value == value));
        let offered: Choices = fits.map(|choice| (choice.value.clone(), choice.label.clone())).collect();
        layout::select(column, label, record.get(column), &offered)
    };
    let text = |column: &str, label: &str| layout::input(column, label, record.get(column), "");
    let mut displays = Displays::new(instance);
    let priority = displays.of(table, record, "priority").await?;
    let number = if is_new { "New incident" } else { record.get("number") };
    let kept = |name: &str| typed.get(name).map_or("", String::as_str);
    let fields = [
        // Two columns, as on an incident's own form: who and what on the left, how it stands on the right.
        layout::select("caller_id", "Caller", record.get("caller_id"), &users),
        choice("state", "State"),
        choice("category", "Category"),
        choice("hold_reason", "On hold reason"),
        choice("subcategory", "Subcategory"),
        choice("impact", "Impact"),
        layout::select("assignment_group", "Assignment group", record.get("assignment_group"), &groups),
        choice("urgency", "Urgency"),
        layout::select("assigned_to", "Assigned to", record.get("assigned_to"), &users),
        layout::input("priority", "Priority", &priority, "readonly"),
        layout::input("due_date", "Due date", record.get("due_date"), r#"placeholder="YYYY-MM-DD HH:MM:SS""#),
    ];
    let resolution = [
        choice("close_code", "Resolution code"),
        layout::area("close_notes", "Resolution notes", record.get("close_notes"), 3),
    ];
    let buttons = if is_new {
        r#"<button class="primary" name="action" value="save">Submit</button>"#.to_owned()
    } else {
        r#"<button class="primary" name="action" value="save">Update</button>
<button name="action" value="resolve">Resolve</button>
<button class="danger" name="action" value="delete">Delete</button>"#
            .to_owned()
    };
    let sys_id = if is_new { NEW } else { record.sys_id() };
    let shown = match typed.get("shown") {
        Some(shown) => shown.clone(),
        // A new record has no values yet: all that is on the form is written.
        None if is_new => "{}".to_owned(),
        None => serde_json::to_string(&COLUMNS.iter().map(|c| (*c, record.get(c))).collect::<HashMap<_, _>>())
            .map_err(|cause| Failure::internal(&cause))?,
    };
    let post = if is_new { "" } else { r#"<button name="action" value="post">Post</button>"# };
    let body = format!(
        r#"<h1>{}</h1>{}<form method="post" action="/incident.do" class="card">{}
<div class="grid">{}</div>{}{}<h2>Resolution</h2><div class="grid">{}</div>
<div class="actions">{buttons}</div>
<h2>Activity</h2>{}{}<div class="actions">{post}</div></form>{}"#,
        layout::escape(number),
        layout::alert(problem),
        layout::hidden("sys_id", sys_id) + &layout::hidden("shown", &shown),
        fields.concat(),
        text("short_description", "Short description"),
        layout::area("description", "Description", record.get("description"), 4),
        resolution.concat(),
        layout::area("comments", "Additional comments", kept("comments"), 3),
        layout::area("work_notes", "Work notes", kept("work_notes"), 3),
        stream(instance, user, record).await?,
    );
    let status = if problem.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, layout::page(number, Some(user), &body)).into_response())
}

/// Active users or groups, by name.
async fn people(instance: &Instance, table: &str) -> store::Result<Choices> {
    let rows = instance.query(table, "active=true^ORDERBYname", &User::system(), 500).await?;
    Ok(rows.into_iter().map(|mut row| (row.take("sys_id"), row.take("name"))).collect())
}

async fn stream(instance: &Instance, user: &User, record: &Record) -> store::Result<String> {
    let entries = instance.journal(record.sys_id(), "comments_and_work_notes").await?;
    // Work notes are for agents only.
    let visible = entries.iter().filter(|entry| user.is_agent() || entry.is_public());
    let shown: Vec<String> = visible
        .map(|entry| {
            format!(
                r#"<li class="{}"><span class="meta"><strong>{}</strong> · {} · {}</span><p>{}</p></li>"#,
                if entry.is_public() { "public" } else { "internal" },
                layout::escape(&entry.author),
                entry.label(),
                layout::escape(&entry.at),
                layout::escape(&entry.text)
            )
        })
        .collect();
    if shown.is_empty() {
        return Ok(r#"<p class="empty">No comments or work notes yet.</p>"#.to_owned());
    }
    let shown = shown.concat();
    Ok(format!(r#"<section aria-label="Activity stream" class="card"><ul class="stream">{shown}</ul></section>"#))
}
