//! Runs one script in QuickJS, with limits: an endless loop or a huge string ends the script, not the
//! instance. What scripts find around them is in `prelude/`, on top of [`Session`].

use rquickjs::context::EvalOptions;
use rquickjs::{CatchResultExt, Context, Ctx, Exception, Function, Object, Runtime};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::host::Session;
use crate::record::Record;

/// In the order in which they build on each other.
const PRELUDE: &[(&str, &str)] = &[
    ("element", include_str!("prelude/element.js")),
    ("record", include_str!("prelude/record.js")),
    ("search", include_str!("prelude/search.js")),
    ("datetime", include_str!("prelude/datetime.js")),
    ("gs", include_str!("prelude/gs.js")),
    ("http", include_str!("prelude/http.js")),
    ("classes", include_str!("prelude/classes.js")),
    ("scene", include_str!("prelude/scene.js")),
];
const MEMORY: usize = 64 << 20;
const STACK: usize = 512 << 10;
/// The engine asks about every ten thousand steps, so this is a few seconds of work. Counting steps and
/// not time leaves out the waiting for answers, and makes the limit the same on every machine.
const PATIENCE: u32 = 20_000;

/// The text of a script and what it finds in its global variables.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// Tested first; the script runs only if it holds. Empty holds always.
    pub condition: String,
    pub text: String,
    pub current: Option<Subject>,
    /// Further records by the name of their variable: `previous`, `event`.
    pub records: Vec<(&'static str, Option<(String, Record)>)>,
}

/// The record that a script is about.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub table: String,
    pub row: Record,
    pub previous: Option<Record>,
    pub operation: &'static str,
    /// Changed columns with their new values, the texts of journals among them.
    pub changes: Vec<(String, String)>,
    /// What a form holds that is not saved yet.
    pub typed: Vec<(String, String)>,
    /// What the script sets is saved when it ends: it runs before the write.
    pub unsaved: bool,
}

impl Subject {
    /// A record as it is in the store.
    pub fn stored(table: &str, row: Record) -> Self {
        let (changes, typed) = (Vec::new(), Vec::new());
        Self { table: table.to_owned(), row, previous: None, operation: "update", changes, typed, unsaved: false }
    }
}

/// What a script leaves behind.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Outcome {
    /// What it set on an unsaved `current`.
    #[serde(default)]
    pub set: Map<String, Value>,
    #[serde(default)]
    pub aborted: bool,
    /// `action.setRedirectURL`.
    pub redirect: Option<String>,
    /// Whether the condition held.
    #[serde(default)]
    pub ran: bool,
}

pub(super) fn run(session: Session, script: &Script) -> Result<Outcome, String> {
    let runtime = Runtime::new().map_err(|cause| cause.to_string())?;
    runtime.set_memory_limit(MEMORY);
    runtime.set_max_stack_size(STACK);
    let mut asked = 0;
    runtime.set_interrupt_handler(Some(Box::new(move || {
        asked += 1;
        asked > PATIENCE
    })));
    let context = Context::full(&runtime).map_err(|cause| cause.to_string())?;
    let input = input(script).to_string();
    context.with(|ctx| {
        let outcome = || {
            let inside = Object::new(ctx.clone())?;
            inside.set("input", input)?;
            inside.set("call", call(&ctx, session)?)?;
            inside.set("evaluate", evaluator(&ctx)?)?;
            for &(name, source) in PRELUDE {
                let part: Function = evaluate(&ctx, name, source)?;
                part.call::<_, ()>((ctx.globals(), inside.clone()))?;
            }
            let prepared: Function = inside.get("prepared")?;
            let condition = script.condition.trim().trim_end_matches(';');
            let holds = condition.is_empty() || {
                let condition: String = prepared.call((format!("!!({condition})"),))?;
                evaluate(&ctx, "condition", &condition)?
            };
            if holds {
                let text: String = prepared.call((script.text.as_str(),))?;
                evaluate::<rquickjs::Value>(&ctx, "script", &text)?;
            }
            inside.get::<_, Function>("outcome")?.call::<_, String>((holds,))
        };
        let said = outcome().catch(&ctx).map_err(|failure| failure.to_string())?;
        serde_json::from_str(&said).map_err(|cause| cause.to_string())
    })
}

fn evaluate<'js, V: rquickjs::FromJs<'js>>(ctx: &Ctx<'js>, name: &str, source: &str) -> rquickjs::Result<V> {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(name.to_owned());
    ctx.eval_with_options(source, options)
}

/// Every call to the instance goes through here: its name and a JSON list of arguments, JSON back.
fn call<'js>(ctx: &Ctx<'js>, session: Session) -> rquickjs::Result<Function<'js>> {
    Function::new(ctx.clone(), move |ctx: Ctx<'js>, name: String, arguments: String| {
        let answer = session.answer(&name, &arguments).map(|answer| answer.to_string());
        answer.map_err(|failure| Exception::throw_message(&ctx, &failure))
    })
}

/// For script includes: runs a text as a script of its own, under its own name.
fn evaluator<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Function<'js>> {
    Function::new(ctx.clone(), |ctx: Ctx<'js>, name: String, source: String| {
        evaluate::<rquickjs::Value>(&ctx, &name, &source).map(drop)
    })
}

fn row(record: &Record) -> Value {
    record.iter().map(|(column, value)| (column.to_owned(), Value::from(value))).collect::<Map<_, _>>().into()
}

fn pairs(values: &[(String, String)]) -> Value {
    values.iter().map(|(column, value)| (column.clone(), Value::from(value.as_str()))).collect::<Map<_, _>>().into()
}

fn input(script: &Script) -> Value {
    let current = script.current.as_ref().map(|subject| {
        json!({
            "table": subject.table,
            "row": row(&subject.row),
            "previous": subject.previous.as_ref().map(row),
            "operation": subject.operation,
            "changes": pairs(&subject.changes),
            "typed": pairs(&subject.typed),
            "unsaved": subject.unsaved,
        })
    });
    let records = script.records.iter().map(|(name, record)| {
        let record = record.as_ref().map(|(table, record)| json!({"table": table, "row": row(record)}));
        ((*name).to_owned(), record.into())
    });
    json!({"current": current, "records": records.collect::<Map<_, _>>()})
}
