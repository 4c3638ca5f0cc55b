//! What a form sends. Saving goes the same way as a REST call, so the instance's rules and policies hold
//! here too; what it refuses is said on the form, with the typed text kept.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::Failure;
use super::access::{self, Rights};
use super::field::{Unclear, canonical};
use super::form::{Form, NEW, UI_ACTION, blank, existing, not_found};
use super::view::View;
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::record::Record;
use crate::records::{Input, Refusal, Writer};
use crate::rules::{Message, NotPressed, Pressed, Transaction};
use crate::user::User;

/// Why a form was not saved, in words.
#[derive(Debug, thiserror::Error)]
enum NotSaved {
    #[error(transparent)]
    Unclear(#[from] Unclear),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    NotPressed(#[from] NotPressed),
}

/// What became of the record.
enum Done {
    Saved(Record),
    Deleted,
    /// The script of a UI action did what it does.
    Pressed(Pressed),
}

pub(super) async fn save(
    instance: &Arc<Instance>,
    user: &User,
    name: &str,
    mut form: HashMap<String, String>,
) -> Result<Response, Failure> {
    let table = access::readable(instance, user, name).await?;
    for value in form.values_mut() {
        // Forms send line ends as CR LF, whatever was in the text area.
        *value = value.replace("\r\n", "\n");
    }
    let sys_id = form.get("sys_id").cloned().unwrap_or_else(|| NEW.to_owned());
    let before = if sys_id == NEW { Record::default() } else { existing(instance, user, table, &sys_id).await? };
    let table = access::readable(instance, user, &instance.class(table, &before).name).await?;
    let transaction = Transaction::of_page();
    let by = Writer::at_page(user, &transaction);
    let outcome = written(instance, &by, table, &before, &mut form).await;
    let messages = transaction.take_messages();
    match outcome {
        Ok(Done::Saved(record)) => saved(instance, user, table, &record, &messages).await,
        Ok(Done::Deleted) => Ok(to_list(table)),
        // A redirect to the same form shows it, with what the script said to the person.
        Ok(Done::Pressed(Pressed { redirect: Some(page), .. })) if page != form_of(table, &before) => {
            Ok(super::inside(&page)?.into_response())
        }
        Ok(Done::Pressed(pressed)) => match instance.store.get(table, before.sys_id()).await? {
            Some(record) => saved(instance, user, table, &record, &pressed.messages).await,
            None => Ok(to_list(table)),
        },
        Err(NotSaved::Refused(Refusal::NotFound)) => Err(not_found()),
        Err(
            NotSaved::Refused(Refusal::Store(cause))
            | NotSaved::Unclear(Unclear::Store(cause))
            | NotSaved::NotPressed(NotPressed::Store(cause)),
        ) => Err(cause.into()),
        Err(problem) => {
            let mut record = before;
            for (name, value) in form.iter().filter(|(name, _)| table.column(name).is_some()) {
                let column = table.column(name).filter(|column| !column.kind.is_journal() && name.as_str() != "sys_id");
                let Some(column) = column else { continue };
                let shown = record.get(name).to_owned();
                // What is unclear stays as it was typed.
                let value = canonical(instance, user, column, value, &shown).await.unwrap_or_else(|_| value.clone());
                record.set(name, value);
            }
            let problem = Message { error: true, text: problem.to_string() };
            let messages: Vec<Message> = messages.into_iter().chain([problem]).collect();
            let form = Form { instance, user, table, record: &record, messages: &messages, typed: &form };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, form.page().await?).into_response())
        }
    }
}

fn form_of(table: &Table, record: &Record) -> String {
    format!("{}.do?sys_id={}", table.name, record.sys_id())
}

fn to_list(table: &Table) -> Response {
    Redirect::to(&format!("/{}_list.do", table.name)).into_response()
}

/// Back to the form. What rules said stands on it at once: there is no other page to carry it to.
async fn saved(
    instance: &Arc<Instance>,
    user: &User,
    table: &Table,
    record: &Record,
    messages: &[Message],
) -> Result<Response, Failure> {
    if messages.is_empty() {
        return Ok(Redirect::to(&format!("/{}", form_of(table, record))).into_response());
    }
    let form = Form { instance, user, table, record, messages, typed: &HashMap::new() };
    Ok(form.page().await?.into_response())
}

/// Does what the pressed button says.
async fn written(
    instance: &Arc<Instance>,
    by: &Writer<'_>,
    table: &Table,
    before: &Record,
    form: &mut HashMap<String, String>,
) -> Result<Done, NotSaved> {
    let user = by.user;
    let action = form.get("action").cloned().unwrap_or_default();
    if action == "delete" {
        instance.delete(by.clone(), table, before.sys_id()).await?;
        return Ok(Done::Deleted);
    }
    let view = View::of(table);
    let pressed = view.buttons.iter().find(|button| button.name == action && button.fits(before, user));
    for (column, value) in pressed.into_iter().flat_map(|button| &button.set) {
        form.insert(column.clone(), value.clone());
    }
    let mut typed = typed(instance, user, table, before, form).await?;
    if action == "post" {
        typed.retain(|(name, _)| view.journals.contains(name));
    }
    let input = Input::new(typed);
    if let Some(action) = action.strip_prefix(UI_ACTION) {
        let subject = if before.sys_id().is_empty() { blank(table) } else { before.clone() };
        return Ok(Done::Pressed(instance.run_ui_action(action, table, &subject, input, user).await?));
    }
    let saved = if before.sys_id().is_empty() {
        instance.insert(by.clone(), table, input).await?
    } else {
        instance.update(by.clone(), table, before.sys_id(), input).await?
    };
    Ok(Done::Saved(saved))
}

/// What a person typed over. A field that still holds what was shown is not written, so that a form
/// left open does not undo what others changed meanwhile.
async fn typed(
    instance: &Instance,
    user: &User,
    table: &Table,
    before: &Record,
    form: &HashMap<String, String>,
) -> Result<Vec<(String, String)>, Unclear> {
    let shown = form.get("shown").map_or("{}", String::as_str);
    let shown: HashMap<String, String> = serde_json::from_str(shown).unwrap_or_default();
    let rights = Rights::of(instance, user, table, before).await?;
    let mut typed = Vec::new();
    for column in table.columns.values().filter(|column| rights.opens(table, column)) {
        let Some(value) = form.get(&column.name) else { continue };
        if column.kind.is_secret() && value.is_empty() {
            continue;
        }
        let known = shown.get(&column.name);
        let value = canonical(instance, user, column, value, known.map_or("", String::as_str)).await?;
        if known != Some(&value) {
            typed.push((column.name.clone(), value));
        }
    }
    Ok(typed)
}
