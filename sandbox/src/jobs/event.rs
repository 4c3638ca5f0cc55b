//! Events: `gs.eventQueue` puts a row into `sysevent`, and the script actions of its name run for it.

use std::sync::Arc;

use crate::clock;
use crate::instance::Instance;
use crate::record::Record;
use crate::records::{Input, Refusal, Writer};
use crate::rules::{Script, Source, Subject, Transaction};
use crate::user::User;

/// An event as a script queues it.
#[derive(Debug)]
pub(crate) struct Queued {
    pub name: String,
    pub table: String,
    pub record: String,
    pub parm1: String,
    pub parm2: String,
    /// Milliseconds since 1970; at once if there is none.
    pub due: Option<i64>,
}

impl Instance {
    pub async fn queue_event(self: &Arc<Self>, event: Queued, user: &User) -> Result<(), Refusal> {
        let Some(table) = self.table("sysevent") else {
            return Ok(());
        };
        let due = event.due.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
        let due = clock::text(due.unwrap_or_else(|| self.clock.now()));
        let values = [
            ("name", event.name.as_str()),
            ("table", &event.table),
            ("instance", &event.record),
            ("parm1", &event.parm1),
            ("parm2", &event.parm2),
            ("process_on", &due),
            ("user_id", &user.sys_id),
            ("user_name", &user.user_name),
        ];
        let by = Writer { rules: false, ..Writer::script(user, &Transaction::default()) };
        self.insert(by, table, Input::new(values)).await?;
        self.jobs.wake.notify_one();
        Ok(())
    }

    pub(super) async fn take_events(self: &Arc<Self>) -> Result<Vec<Record>, Refusal> {
        let query = format!("state=ready^process_on<={}^ORDERBYprocess_on^ORDERBYsys_created_on", self.clock.stamp());
        let due = self.query("sysevent", &query, &User::system(), 100).await?;
        for event in &due {
            self.mark("sysevent", event, &[("state", "processing")]).await;
        }
        Ok(due)
    }

    pub(super) async fn run_event(self: &Arc<Self>, event: Record) {
        let mut failures = Vec::new();
        let actions = self.query("sysevent_script_action", "active=true^ORDERBYorder", &User::system(), 10_000).await;
        for action in actions.unwrap_or_default() {
            if action.get("event_name") == event.get("name")
                && let Err(failure) = self.run_script_action(&action, &event).await
            {
                failures.push(failure);
            }
        }
        let state = if failures.is_empty() { "processed" } else { "error" };
        let (now, failures) = (self.clock.stamp(), failures.join("\n"));
        self.mark("sysevent", &event, &[("state", state), ("processed", &now), ("error_message", &failures)]).await;
    }

    async fn run_script_action(self: &Arc<Self>, action: &Record, event: &Record) -> Result<(), String> {
        let current = match self.table(event.get("table")) {
            Some(table) => self.store.get(table, event.get("instance")).await.map_err(|cause| cause.to_string())?,
            None => None,
        };
        let script = Script {
            condition: action.get("condition_script").to_owned(),
            text: action.get("script").to_owned(),
            current: current.map(|row| Subject::stored(event.get("table"), row)),
            records: vec![("event", Some(("sysevent".to_owned(), event.clone())))],
        };
        let source = Source {
            table: "sysevent_script_action".to_owned(),
            sys_id: action.sys_id().to_owned(),
            name: action.get("name").to_owned(),
        };
        self.run_job(script, source).await
    }
}
