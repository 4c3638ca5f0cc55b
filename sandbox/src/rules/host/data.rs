//! Records as scripts read and write them: with all rights, unless they ask for the person's own
//! (`GlideRecordSecure`).

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use futures::TryStreamExt;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answer, Session, arguments};
use crate::api::Displays;
use crate::dictionary::{Column, Table};
use crate::instance::Instance;
use crate::jobs::Queued;
use crate::query::{Compiled, Query};
use crate::record::Record;
use crate::records::{Input, Writer};

/// So many rows come at once; of the others only the sys_ids, to be asked for later.
const CHUNK: i64 = 500;
const MOST: i64 = 100_000;

/// How a script writes: `setWorkflow`, `autoSysFields`, `GlideRecordSecure`.
#[derive(Debug, Deserialize)]
struct Manner {
    workflow: bool,
    stamps: bool,
    secure: bool,
}

fn plain(failure: impl std::fmt::Display) -> String {
    failure.to_string()
}

fn object(record: &Record) -> Value {
    record.iter().map(|(column, value)| (column.to_owned(), value.into())).collect::<Map<_, _>>().into()
}

fn record(row: &Map<String, Value>) -> Record {
    row.iter().map(|(column, value)| (column.as_str(), value.as_str().unwrap_or_default())).collect()
}

fn input(values: &Map<String, Value>) -> Input {
    Input::new(values.iter().map(|(column, value)| (column.as_str(), value.as_str().unwrap_or_default())))
}

impl Session {
    pub(super) fn data(&self, call: &str, text: &str) -> Answer {
        match call {
            "table" => Ok(self.describe(&arguments::<(String,)>(text)?.0)),
            "query" => self.query(arguments(text)?),
            "rows" => self.rows(arguments(text)?),
            "aggregate" => self.aggregate(arguments(text)?),
            "content" => self.content(arguments(text)?),
            "count" => self.count(arguments(text)?),
            "insert" => self.insert(arguments(text)?),
            "update" => self.update(arguments(text)?),
            "delete" => self.delete(arguments(text)?),
            "display" => self.display(arguments(text)?),
            "local" => Ok(self.local(&arguments::<(String,)>(text)?.0).into()),
            "queue" => self.queue(arguments(text)?),
            "journal" => self.journal(arguments(text)?),
            "include" => self.include(arguments(text)?),
            "includes" => Ok(self.includes()?.keys().map(String::as_str).collect::<Vec<_>>().into()),
            "restMessage" => self.rest_message(arguments(text)?),
            _ => Err(format!("There is no call {call}")),
        }
    }

    pub(super) fn table(&self, name: &str) -> Result<&Table, String> {
        self.instance.table(name).map(AsRef::as_ref).ok_or_else(|| format!("Invalid table name: {name}"))
    }

    fn describe(&self, name: &str) -> Value {
        let Some(table) = self.instance.table(name) else {
            return Value::Null;
        };
        let column = |column: &Column| {
            let about = json!({
                "type": column.kind.internal_type(), "label": column.label, "reference": column.reference,
                "default": column.default,
            });
            (column.name.clone(), about)
        };
        let columns: Map<_, _> = table.columns.values().map(column).collect();
        json!({"label": table.label, "display": table.display, "ancestors": table.ancestors, "columns": columns})
    }

    fn writer(&self, manner: &Manner) -> Writer<'_> {
        Writer {
            user: &self.user,
            script: !manner.secure,
            rules: manner.workflow,
            stamps: manner.stamps,
            transaction: self.transaction.clone(),
        }
    }

    pub(super) fn compile(&self, table: &Table, query: &str) -> Result<Compiled, String> {
        let query = Query::parse(query);
        self.handle.block_on(self.instance.compile(&query, table, &self.user)).map_err(plain)
    }

    fn query(&self, (name, query, limit, secure): (String, String, i64, bool)) -> Answer {
        let table = self.table(&name)?;
        let limit = if limit > 0 { limit.min(MOST) } else { MOST };
        let compiled = self.compile(table, &query)?;
        let rows = async |offset: i64, limit: i64| {
            let slice = crate::store::Slice { limit, offset };
            let rows = self.instance.store.select(table, &compiled, slice).await.map_err(plain)?;
            if secure { self.instance.readable(&self.user, table, rows).await.map_err(plain) } else { Ok(rows) }
        };
        self.handle.block_on(async {
            let first = rows(0, limit.min(CHUNK)).await?;
            // Taken at once, so that a loop that changes what it searched for skips nothing.
            let mut more = Vec::new();
            let mut offset = CHUNK;
            while offset < limit {
                let next = rows(offset, (limit - offset).min(CHUNK)).await?;
                if next.is_empty() {
                    break;
                }
                more.extend(next.iter().map(|row| Value::from(row.sys_id())));
                offset += CHUNK;
            }
            Ok(json!({"rows": first.iter().map(object).collect::<Vec<_>>(), "more": more}))
        })
    }

    fn rows(&self, (name, ids): (String, Vec<String>)) -> Answer {
        let table = self.table(&name)?;
        let mut rows = Vec::new();
        for id in ids.iter().take(usize::try_from(CHUNK).unwrap_or_default()) {
            // Deleted by the script itself, meanwhile.
            if let Some(row) = self.handle.block_on(self.instance.store.get(table, id)).map_err(plain)? {
                rows.push(object(&row));
            }
        }
        Ok(rows.into())
    }

    fn count(&self, (name, query): (String, String)) -> Answer {
        let table = self.table(&name)?;
        let compiled = self.compile(table, &query)?;
        let count = self.handle.block_on(self.instance.store.count(table, &compiled)).map_err(plain)?;
        Ok(count.into())
    }

    fn insert(&self, (name, values, manner): (String, Map<String, Value>, Manner)) -> Answer {
        let table = self.table(&name)?;
        let saved = self.instance.insert(self.writer(&manner), table, input(&values));
        Ok(object(&self.handle.block_on(saved).map_err(plain)?))
    }

    fn update(&self, (name, sys_id, values, manner): (String, String, Map<String, Value>, Manner)) -> Answer {
        let table = self.table(&name)?;
        let saved = self.instance.update(self.writer(&manner), table, &sys_id, input(&values));
        Ok(object(&self.handle.block_on(saved).map_err(plain)?))
    }

    fn delete(&self, (name, sys_id, manner): (String, String, Manner)) -> Answer {
        let table = self.table(&name)?;
        let deleted = self.instance.delete(self.writer(&manner), table, &sys_id);
        self.handle.block_on(deleted).map(|()| Value::Null).map_err(plain)
    }

    fn display(&self, (name, row, column): (String, Map<String, Value>, String)) -> Answer {
        let Ok(table) = self.table(&name) else {
            return Ok("".into());
        };
        let mut displays = Displays::new(&self.instance).read_by(&self.user);
        Ok(self.handle.block_on(displays.of(table, &record(&row), &column)).map_err(plain)?.into())
    }

    /// Each entry as a form shows it, newest first.
    fn journal(&self, (sys_id, column): (String, String)) -> Answer {
        let entries = self.handle.block_on(self.instance.journal(&sys_id, &column)).map_err(plain)?;
        let shown = entries.iter().map(|e| {
            let at = self.user.sees_time(&e.at);
            format!("{at} - {} ({})\n{}\n\n", e.author, e.label(), e.text).into()
        });
        Ok(shown.collect::<Vec<Value>>().into())
    }

    fn includes(&self) -> Result<Arc<BTreeMap<String, String>>, String> {
        self.handle.block_on(self.instance.script_includes()).map_err(plain)
    }

    /// The bytes of an attachment, in Base64.
    fn content(&self, (attachment,): (String,)) -> Answer {
        let content = self.handle.block_on(attached(&self.instance, &attachment))?;
        Ok(BASE64_STANDARD.encode(content).into())
    }

    /// The text of a script include, as it is now.
    fn include(&self, (name,): (String,)) -> Answer {
        let includes = self.includes()?;
        let (Some(table), Some(id)) = (self.instance.table("sys_script_include"), includes.get(&name)) else {
            return Ok(Value::Null);
        };
        let found = self.handle.block_on(self.instance.store.get(table, id)).map_err(plain)?;
        Ok(found.map(|mut include| include.take("script")).into())
    }

    fn rest_message(&self, (name, function): (String, String)) -> Answer {
        self.handle.block_on(self.instance.rest_message(&name, &function)).map_err(plain)
    }

    /// A moment as the person's clock shows it.
    fn local(&self, stamp: &str) -> String {
        let format = "%Y-%m-%d %H:%M:%S";
        let shown = crate::clock::parse(stamp).map(|time| time.to_zoned(self.user.time_zone.clone()));
        shown.map_or_else(String::new, |zoned| zoned.strftime(format).to_string())
    }

    fn queue(
        &self,
        (name, table, record, parm1, parm2, due): (String, String, String, String, String, Option<i64>),
    ) -> Answer {
        let event = Queued { name, table, record, parm1, parm2, due };
        self.handle.block_on(self.instance.queue_event(event, &self.user)).map(|()| Value::Null).map_err(plain)
    }

    /// A property that is not there yet is made.
    pub(super) fn set_property(&self, text: &str) -> Answer {
        let (name, value): (String, String) = arguments(text)?;
        let table = self.table("sys_properties")?;
        let writer = self.writer(&Manner { workflow: true, stamps: true, secure: false });
        self.handle.block_on(async {
            let known = self.instance.store.find(table, "name", &name).await.map_err(plain)?;
            let saved = match known {
                Some(known) => {
                    self.instance.update(writer, table, known.sys_id(), Input::new([("value", value)])).await
                }
                None => self.instance.insert(writer, table, Input::new([("name", name), ("value", value)])).await,
            };
            saved.map(|_| Value::Null).map_err(plain)
        })
    }
}

/// What fits into a script's memory, with room for what it makes of it.
const LARGEST: usize = 10 << 20;

/// The bytes of an attachment.
pub(in crate::rules) async fn attached(instance: &Arc<Instance>, attachment: &str) -> Result<Vec<u8>, String> {
    let mut parts = std::pin::pin!(instance.content(attachment.to_owned()));
    let mut content = Vec::new();
    while let Some(part) = parts.try_next().await.map_err(plain)? {
        content.extend_from_slice(&part);
        if content.len() > LARGEST {
            return Err("The attachment is too large for a script".to_owned());
        }
    }
    Ok(content)
}
