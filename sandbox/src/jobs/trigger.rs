//! Scheduled jobs: rows of `sys_trigger` with a script of their own (`ScheduleOnce`) or that of a
//! `sysauto_script`, which gets its trigger as soon as it is there.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::clock;
use crate::instance::Instance;
use crate::record::Record;
use crate::records::{Input, Refusal, Writer};
use crate::rules::{Script, Source, Subject, Transaction};
use crate::user::User;

const AUTOMATIC: &str = "sysauto_script";
const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Instance {
    pub(super) async fn take_triggers(self: &Arc<Self>) -> Result<Vec<Record>, Refusal> {
        for script in self.query(AUTOMATIC, "active=true^run_type!=on_demand", &User::system(), 1_000).await? {
            self.keep_trigger(&script).await?;
        }
        let query = format!("state=0^next_actionISNOTEMPTY^next_action<={}^ORDERBYnext_action", self.clock.stamp());
        let due = self.query("sys_trigger", &query, &User::system(), 100).await?;
        for trigger in &due {
            self.mark("sys_trigger", trigger, &[("state", "1")]).await;
        }
        Ok(due)
    }

    /// A new scheduled script gets its trigger, a changed one a new time.
    async fn keep_trigger(self: &Arc<Self>, script: &Record) -> Result<(), Refusal> {
        let Some(table) = self.table("sys_trigger") else {
            return Ok(());
        };
        let known = self.store.find(table, "document_key", script.sys_id()).await?;
        if known.as_ref().is_some_and(|known| known.get("sys_updated_on") >= script.get("sys_updated_on")) {
            return Ok(());
        }
        let values = [
            ("name", script.get("name")),
            ("document", AUTOMATIC),
            ("document_key", script.sys_id()),
            ("next_action", &clock::text(self.first_time(script))),
            ("trigger_type", if script.get("run_type") == "once" { "0" } else { "1" }),
            ("repeat", script.get("run_period")),
            ("state", "0"),
        ];
        let system = User::system();
        let by = Writer { rules: false, ..Writer::script(&system, &Transaction::default()) };
        match known {
            Some(known) => self.update(by, table, known.sys_id(), Input::new(values)).await?,
            None => self.insert(by, table, Input::new(values)).await?,
        };
        Ok(())
    }

    fn first_time(&self, script: &Record) -> Timestamp {
        let now = self.clock.now();
        if script.get("run_type") != "daily" {
            return clock::parse(script.get("run_start")).map_or(now, |start| start.max(now));
        }
        // The time of day counts, whatever day it was written down with.
        let moment = clock::parse(script.get("run_time")).unwrap_or(now);
        after(moment, DAY, now)
    }

    pub(super) async fn run_trigger(self: &Arc<Self>, trigger: Record) {
        let automatic = match self.table(AUTOMATIC).filter(|_| trigger.get("document") == AUTOMATIC) {
            Some(table) => self.store.get(table, trigger.get("document_key")).await.ok().flatten(),
            None => None,
        };
        // A deactivated or deleted script ends its trigger.
        let over = trigger.get("document") == AUTOMATIC && automatic.as_ref().is_none_or(|job| !job.is_true("active"));
        if over {
            self.drop_trigger(&trigger).await;
            return;
        }
        let conditional = automatic.as_ref().is_some_and(|job| job.is_true("conditional"));
        let table = self.table(trigger.get("document")).filter(|_| automatic.is_none());
        let current = match table {
            Some(table) => self.store.get(table, trigger.get("document_key")).await.ok().flatten(),
            None => None,
        };
        let script = Script {
            condition: automatic.as_ref().filter(|_| conditional).map_or("", |job| job.get("condition")).to_owned(),
            text: automatic.as_ref().unwrap_or(&trigger).get("script").to_owned(),
            current: current.map(|row| Subject::stored(trigger.get("document"), row)),
            records: Vec::new(),
        };
        let source = match &automatic {
            Some(job) => Source { table: AUTOMATIC.into(), sys_id: job.sys_id().into(), name: job.get("name").into() },
            None => Source {
                table: "sys_trigger".into(),
                sys_id: trigger.sys_id().into(),
                name: trigger.get("name").into(),
            },
        };
        let failed = self.run_job(script, source).await.is_err();
        self.go_on(&trigger, automatic.as_ref(), failed).await;
    }

    /// The next time, or the end.
    async fn go_on(self: &Arc<Self>, trigger: &Record, automatic: Option<&Record>, failed: bool) {
        let daily = automatic.is_some_and(|job| job.get("run_type") == "daily");
        let every = if daily {
            Some(DAY)
        } else {
            clock::parse(trigger.get("repeat")).map(|end| end.duration_since(Timestamp::UNIX_EPOCH))
        };
        let every = every.filter(|every| *every >= SignedDuration::from_secs(1) && trigger.get("trigger_type") != "0");
        let last = clock::parse(trigger.get("next_action"));
        if let (Some(every), Some(last)) = (every, last) {
            let next = clock::text(after(last, every, self.clock.now()));
            let errors = (trigger.number("error_count") + i64::from(failed)).to_string();
            self.mark("sys_trigger", trigger, &[("state", "0"), ("next_action", &next), ("error_count", &errors)])
                .await;
        } else if failed {
            self.mark("sys_trigger", trigger, &[("state", "-1"), ("error_count", "1")]).await;
        } else if automatic.is_some() {
            // It stays, so that the script does not get another one.
            self.mark("sys_trigger", trigger, &[("state", "0"), ("next_action", "")]).await;
        } else {
            self.drop_trigger(trigger).await;
        }
    }

    async fn drop_trigger(self: &Arc<Self>, trigger: &Record) {
        let Some(table) = self.table("sys_trigger") else { return };
        let system = User::system();
        let by = Writer { rules: false, ..Writer::script(&system, &Transaction::default()) };
        if let Err(cause) = self.delete(by, table, trigger.sys_id()).await {
            tracing::warn!(%cause, "a job that has run could not be removed");
        }
    }
}

/// The first of `start`, `start + every`, ... that lies after `now`. What was missed is not made up for.
fn after(start: Timestamp, every: SignedDuration, now: Timestamp) -> Timestamp {
    let missed = now.as_second().saturating_sub(start.as_second()).max(-1);
    let step = every.as_secs().max(1);
    let times = if missed < 0 { 0 } else { missed / step + 1 };
    clock::shifted(start, times.saturating_mul(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_time_lies_after_now() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let every = SignedDuration::from_secs(60);
        assert_eq!(after(at(100), every, at(50)), at(100));
        assert_eq!(after(at(100), every, at(100)), at(160));
        assert_eq!(after(at(100), every, at(1_000)), at(1_060 - 60 + 60));
    }
}
