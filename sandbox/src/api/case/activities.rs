//! What happened in a case, newest first: comments, work notes and files, each with its sys_id
//! (contract 7.1).

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::{INTEGRATION, Shared, add_pages, find, is_paged, open, options, parameter};
use crate::api::table::json_response;
use crate::api::{ApiError, Caller, Displays};
use crate::attachments;
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::record::Record;
use crate::store;
use crate::user::User;

/// Journal columns with the color that they have in the stream.
const JOURNALS: &[(&str, &str)] = &[("comments", "transparent"), ("work_notes", "gold")];
const ATTACHMENT: &str = "attachment";

pub(super) async fn read(
    State(instance): Shared,
    Caller(user): Caller,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let options = options(raw.as_deref(), &headers)?;
    let cases = open(&instance, &user)?;
    let case = find(&instance, &user, cases, &id).await?;
    let seen = |element: &str| element != "work_notes" || user.has(INTEGRATION);
    let wanted = parameter(&options, "sysparm_activity_type").filter(|types| !types.trim().is_empty());
    let wanted = |element: &str| wanted.is_none_or(|types| types.split(',').any(|one| one.trim() == element));
    let mut entries = Vec::new();
    for (element, _) in JOURNALS.iter().filter(|(element, _)| seen(element) && wanted(element)) {
        entries.extend(journal_entries(&instance, cases, &case, element).await?);
    }
    if wanted(ATTACHMENT) {
        entries.extend(files(&instance, cases, &case).await?);
    }
    entries.sort_by(|one, other| other["sys_created_on"].as_str().cmp(&one["sys_created_on"].as_str()));
    let total = entries.len();
    let entries: Vec<Value> = entries
        .into_iter()
        .skip(usize::try_from(options.offset).unwrap_or(usize::MAX))
        .take(usize::try_from(options.limit).unwrap_or_default())
        .collect();
    let journals: Vec<Value> = JOURNALS
        .iter()
        .filter(|(name, _)| seen(name))
        .map(|(name, color)| {
            let label = cases.column(name).map_or(*name, |column| column.label.as_str());
            json!({"can_read": true, "can_write": true, "color": color, "name": name, "label": label})
        })
        .collect();
    let number = case.get("number");
    let created = case.get("sys_created_on");
    let stream = json!({
        "display_value": number,
        "number": number,
        "sys_id": case.sys_id(),
        "short_description": case.get("short_description"),
        "sys_created_on": created,
        "sys_created_on_adjusted": in_zone(&user, created),
        "user_sys_id": user.sys_id,
        "user_full_name": user.name,
        "user_login": user.user_name,
        "label": cases.label,
        "table": cases.name,
        "journal_fields": journals,
        "entries": entries.into_iter().map(|entry| adjusted(&user, entry)).collect::<Vec<_>>(),
    });
    let mut response = json_response(StatusCode::OK, &stream);
    if is_paged(&options) {
        let total = i64::try_from(total).unwrap_or(i64::MAX);
        add_pages(&instance, &mut response, &format!("/case/{id}/activities"), &options, total);
    }
    Ok(response)
}

async fn journal_entries(
    instance: &Instance,
    cases: &Table,
    case: &Record,
    element: &str,
) -> store::Result<Vec<Value>> {
    let query = format!("element_id={}^element={element}^ORDERBYDESCsys_created_on", case.sys_id());
    let rows = instance.query("sys_journal_field", &query, &User::system(), MOST).await?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let label = cases.column(element);
        let text = row.get("value");
        let mut entry = entry(instance, &row, element).await?;
        entry["field_label"] = json!(label.map_or(element, |column| column.label.as_str()));
        entry["value"] = json!(text);
        entry["contains_code"] = json!(if text.contains("[code]") { "true" } else { "false" });
        entries.push(entry);
    }
    Ok(entries)
}

const MOST: i64 = 10_000;

async fn files(instance: &Instance, cases: &Table, case: &Record) -> store::Result<Vec<Value>> {
    let Some(table) = instance.table(attachments::TABLE) else { return Ok(Vec::new()) };
    let rows = instance.files_on(cases, case.sys_id()).await?;
    let mut displays = Displays::new(instance);
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let address = format!("sys_attachment.do?sys_id={}", row.sys_id());
        let image = row.get("content_type").starts_with("image/");
        let size = row.number("size_bytes");
        let mut attachment = json!({
            "sys_id": row.sys_id(),
            "file_name": row.get("file_name"),
            "content_type": row.get("content_type"),
            "path": address,
            "size": readable_size(size),
            "size_bytes": size,
            "state": displays.of(table, &row, "state").await?,
        });
        if image {
            attachment["image_path"] = json!(format!("{}.iix", row.sys_id()));
            attachment["thumbnail_path"] = json!(format!("{}.iix?t=small", row.sys_id()));
            attachment["image_width"] = json!(row.number("image_width"));
            attachment["image_height"] = json!(row.number("image_height"));
            attachment["average_image_color"] = json!(row.get("average_image_color"));
        }
        let mut entry = entry(instance, &row, ATTACHMENT).await?;
        entry["field_label"] = json!("Attachment");
        entry["value"] = json!(row.get("file_name"));
        entry["contains_code"] = json!("false");
        entry["attachment"] = attachment;
        entries.push(entry);
    }
    Ok(entries)
}

/// What all entries have: when, and by whom.
async fn entry(instance: &Instance, row: &Record, element: &str) -> store::Result<Value> {
    let login = row.get("sys_created_by");
    let found = match instance.table("sys_user") {
        Some(users) => instance.store.find(users, "user_name", login).await?.unwrap_or_default(),
        None => Record::default(),
    };
    let name = if found.get("name").is_empty() { login } else { found.get("name") };
    let initials: String = name.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect();
    Ok(json!({
        "sys_id": row.sys_id(),
        "sys_created_on": row.get("sys_created_on"),
        "element": element,
        "user_sys_id": found.sys_id(),
        // The documentation gives the whole name in both.
        "login_name": name,
        "name": name,
        "initials": initials.to_uppercase(),
    }))
}

fn adjusted(user: &User, mut entry: Value) -> Value {
    let at = in_zone(user, entry["sys_created_on"].as_str().unwrap_or_default());
    entry["sys_created_on_adjusted"] = json!(at);
    entry
}

/// The time in the caller's zone, in the form in which it is stored.
fn in_zone(user: &User, stored: &str) -> String {
    let Some(time) = crate::clock::parse(stored) else {
        return stored.to_owned();
    };
    time.to_zoned(user.time_zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `512 bytes`, `157.7 KB`, `2.2 MB`.
fn readable_size(bytes: i64) -> String {
    const KB: i64 = 1_024;
    let tenths = |unit: i64| {
        let tenths = (bytes * 10 + unit / 2) / unit;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match bytes {
        ..KB => format!("{bytes} bytes"),
        KB..1_048_576 => format!("{} KB", tenths(KB)),
        _ => format!("{} MB", tenths(KB * KB)),
    }
}

#[cfg(test)]
mod tests {
    use super::readable_size;

    #[test]
    fn sizes_as_people_read_them() {
        let sizes = [(75, "75 bytes"), (1_024, "1.0 KB"), (161_485, "157.7 KB"), (2_306_867, "2.2 MB")];
        for (bytes, shown) in sizes {
            assert_eq!(readable_size(bytes), shown);
        }
    }
}
