//! Runs one rule's script in QuickJS, with limits: an endless loop or a huge string ends the script,
//! not the instance. What scripts find around them is in `prelude.js`, on top of `host`.

use std::sync::Arc;

use rquickjs::{CatchResultExt, Context, Runtime};
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;

use super::{Event, host};
use crate::instance::Instance;
use crate::record::Record;

const PRELUDE: &str = include_str!("prelude.js");
const MEMORY: usize = 64 << 20;
const STACK: usize = 512 << 10;
/// The engine asks about every ten thousand steps, so this is a few seconds of work. Counting steps and
/// not time leaves out the waiting for answers, and makes the limit the same on every machine.
const PATIENCE: u32 = 20_000;

pub(super) fn run(instance: Arc<Instance>, handle: Handle, rule: &Record, event: Event) -> Result<(), String> {
    let runtime = Runtime::new().map_err(|cause| cause.to_string())?;
    runtime.set_memory_limit(MEMORY);
    runtime.set_max_stack_size(STACK);
    let mut asked = 0;
    runtime.set_interrupt_handler(Some(Box::new(move || {
        asked += 1;
        asked > PATIENCE
    })));
    let context = Context::full(&runtime).map_err(|cause| cause.to_string())?;
    let input = input(&event).to_string();
    context.with(|ctx| {
        let outcome = || {
            ctx.globals().set("__input", input)?;
            host::install(&ctx, instance, handle, rule.get("name").to_owned(), event)?;
            ctx.eval::<(), _>(PRELUDE)?;
            let condition = rule.get("condition").trim().trim_end_matches(';');
            if !condition.is_empty() && !ctx.eval::<bool, _>(format!("!!({condition})"))? {
                return Ok(());
            }
            ctx.eval::<(), _>(rule.get("script"))
        };
        outcome().catch(&ctx).map_err(|failure| failure.to_string())
    })
}

fn input(event: &Event) -> Value {
    fn object<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
        pairs.map(|(column, value)| (column.to_owned(), Value::from(value))).collect::<Map<_, _>>().into()
    }
    json!({
        "table": event.table,
        "operation": event.operation.name(),
        "current": object(event.current.iter()),
        "previous": event.previous.as_ref().map(|record| object(record.iter())),
        "changes": object(event.changes.iter().map(|(column, (_, new))| (column.as_str(), new.as_str()))),
    })
}
