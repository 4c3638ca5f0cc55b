//! The few things that scripts need from outside of the engine, as functions over text. `prelude.js`
//! dresses them up as ServiceNow's objects.

use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit, Mac};
use rquickjs::{Ctx, Function, Object};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use tokio::runtime::Handle;

use super::{Event, outbound};
use crate::api::Displays;
use crate::instance::Instance;
use crate::user::User;

struct Host {
    instance: Arc<Instance>,
    handle: Handle,
    rule: String,
    user: User,
}

pub(super) fn install(
    ctx: &Ctx,
    instance: Arc<Instance>,
    handle: Handle,
    rule: String,
    event: Event,
) -> rquickjs::Result<()> {
    let host = Arc::new(Host { instance, handle, rule, user: event.user });
    let object = Object::new(ctx.clone())?;
    let h = host.clone();
    object.set("property", Function::new(ctx.clone(), move |name: String| h.instance.property(&name))?)?;
    let h = host.clone();
    object.set("userName", Function::new(ctx.clone(), move || h.user.user_name.clone())?)?;
    let h = host.clone();
    object.set("userId", Function::new(ctx.clone(), move || h.user.sys_id.clone())?)?;
    let h = host.clone();
    object.set("userDisplayName", Function::new(ctx.clone(), move || h.user.name.clone())?)?;
    let h = host.clone();
    object.set("now", Function::new(ctx.clone(), move || h.instance.clock.stamp())?)?;
    let h = host.clone();
    // A double is what a script has for a number; milliseconds fit into it until the year 287396.
    #[allow(clippy::cast_precision_loss)]
    object.set("millis", Function::new(ctx.clone(), move || h.instance.clock.now().as_millisecond() as f64)?)?;
    let h = host.clone();
    object.set("log", Function::new(ctx.clone(), move |level: u8, text: String| h.log(level, &text))?)?;
    let h = host.clone();
    object.set("columns", Function::new(ctx.clone(), move |table: String| h.columns(&table).to_string())?)?;
    let h = host.clone();
    let query = move |table: String, query: String, limit: i64| h.query(&table, &query, limit).to_string();
    object.set("query", Function::new(ctx.clone(), query)?)?;
    let h = host.clone();
    let display =
        move |table: String, sys_id: String, row: String, column: String| h.display(&table, &sys_id, &row, &column);
    object.set("display", Function::new(ctx.clone(), display)?)?;
    let h = host.clone();
    let journal = move |sys_id: String, column: String| h.journal(&sys_id, &column).to_string();
    object.set("journal", Function::new(ctx.clone(), journal)?)?;
    object.set("guid", Function::new(ctx.clone(), crate::random::sys_id)?)?;
    object.set("base64", Function::new(ctx.clone(), |text: String| BASE64_STANDARD.encode(text))?)?;
    object.set("unbase64", Function::new(ctx.clone(), |text: String| unbase64(&text))?)?;
    let mac = |key: String, algorithm: String, data: String| mac(&key, &algorithm, &data);
    object.set("mac", Function::new(ctx.clone(), mac)?)?;
    let h = host.clone();
    let send = move |request: String, wait: bool| outbound::send(&h.instance, &h.handle, &request, wait).to_string();
    object.set("send", Function::new(ctx.clone(), send)?)?;
    ctx.globals().set("__host", object)
}

impl Host {
    fn log(&self, level: u8, text: &str) {
        self.handle.block_on(self.instance.log(level, &self.rule, text));
    }

    fn columns(&self, table: &str) -> Value {
        let Some(table) = self.instance.table(table) else {
            return Value::Null;
        };
        let column = |column: &crate::dictionary::Column| {
            (column.name.clone(), json!({"type": column.kind.internal_type(), "reference": column.reference}))
        };
        table.columns.values().map(column).collect::<Map<_, _>>().into()
    }

    /// Rules read with all rights, as scripts on the instance do.
    fn query(&self, table: &str, query: &str, limit: i64) -> Value {
        let limit = if limit > 0 { limit.min(10_000) } else { 10_000 };
        let rows = self.handle.block_on(self.instance.query(table, query, &self.user, limit)).unwrap_or_default();
        let object = |record: &crate::record::Record| {
            record.iter().map(|(column, value)| (column.to_owned(), value.into())).collect::<Map<_, _>>().into()
        };
        rows.iter().map(object).collect::<Vec<Value>>().into()
    }

    fn display(&self, table: &str, sys_id: &str, row: &str, column: &str) -> String {
        let values: Map<String, Value> = serde_json::from_str(row).unwrap_or_default();
        let mut record: crate::record::Record =
            values.iter().map(|(c, value)| (c.as_str(), value.as_str().unwrap_or_default())).collect();
        record.set("sys_id", sys_id);
        let Some(table) = self.instance.table(table) else {
            return String::new();
        };
        let mut displays = Displays::new(&self.instance);
        self.handle.block_on(displays.of(table, &record, column)).unwrap_or_default()
    }

    fn journal(&self, sys_id: &str, column: &str) -> Value {
        let entries = self.handle.block_on(self.instance.journal(sys_id, column)).unwrap_or_default();
        let shown = entries.iter().map(|e| format!("{} - {} ({})\n{}\n\n", e.at, e.author, e.label(), e.text).into());
        shown.collect::<Vec<Value>>().into()
    }
}

/// Contract 11.3: the key is Base64 of the secret's bytes, the result is Base64, the text is UTF-8.
fn mac(key: &str, algorithm: &str, data: &str) -> Option<String> {
    let key = BASE64_STANDARD.decode(key.trim()).ok().filter(|_| algorithm == "HmacSHA256")?;
    let mac = Hmac::<Sha256>::new_from_slice(&key).ok()?.chain_update(data.as_bytes());
    Some(BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

fn unbase64(text: &str) -> Option<String> {
    String::from_utf8(BASE64_STANDARD.decode(text.trim()).ok()?).ok()
}
