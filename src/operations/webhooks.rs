//! How a connection takes webhooks: its secrets, whether a call without a signature counts, and what was turned away.

use super::show::{when, when_any};
use super::{Operations, OrTrouble, broken, not_found};
use crate::secrets::webhook_place;
use crate::store::{Connection, Hooks, TurnedAway, TurnedAwayCalls};
use app::api::Answer;
use app::model::{FormerSecret, Role, TurnedAwayRow, Webhooks};
use secrecy::ExposeSecret;

/// The secret before the present one ends after so long, though no call signed with the new one was ever seen.
const FORMER_DAYS: i64 = 7;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Operations {
    pub(super) async fn webhooks_of(&self, connection: &Connection, role: Role) -> Answer<Webhooks> {
        let hooks = self.parts.store.hooks(&connection.id).await.or_trouble()?;
        let former = hooks.has_former(self.parts.clock.now());
        let away = self.parts.store.turned_away(&connection.id).await.or_trouble()?;
        // The address is half of a secret.
        let send_address = format!("{}/hooks/{}/send", self.parts.public_url, connection.webhook_key);
        Ok(Webhooks {
            send_address: if role >= Role::Admin { send_address } else { String::new() },
            takes_unsigned: hooks.unsigned == 1,
            secret_since: when(if hooks.rotated_at > 0 { hooks.rotated_at } else { connection.created_at }),
            secret_used: when_any(hooks.last_used),
            former: former.then(|| FormerSecret { used: when_any(hooks.former_used), ends: when(hooks.former_ends) }),
            turned_away: away.into_iter().map(turned_away).collect(),
        })
    }

    /// Makes a new secret. The present one stays valid for a while, so that nothing is turned away before the new one is
    /// installed. One that was never used is not installed anywhere, and simply gives way.
    pub async fn rotate_secret(&self, id: &str) -> Answer<()> {
        self.require(Role::Admin, "connections.rotate_secret", id).await?;
        let connection = self.connection_of(id).await?;
        let (clock, secrets) = (self.parts.clock.as_ref(), &self.parts.secrets);
        let now = clock.now();
        let before = self.parts.store.hooks(id).await.or_trouble()?;
        let place = webhook_place(id);
        let present = secrets.open(&place, &connection.webhook_secret).map_err(|error| broken(&error))?;
        let sealed = secrets.seal(&place, &clock.secret(), clock).map_err(|error| broken(&error))?;
        let hooks = if before.first_used == 0 && before.has_former(now) {
            Hooks { serial: before.serial + 1, rotated_at: now, ..before }
        } else {
            let place = format!("hooks.former/{id}");
            Hooks {
                unsigned: before.unsigned,
                serial: before.serial + 1,
                rotated_at: now,
                first_used: 0,
                last_used: 0,
                former: secrets.seal(&place, present.expose_secret(), clock).map_err(|error| broken(&error))?,
                former_serial: before.serial,
                former_used: before.last_used,
                former_ends: now + FORMER_DAYS * DAY_MS,
            }
        };
        let mut tx = self.begin().await?;
        tx.rotate_secret(id, &connection.webhook_secret, &sealed, &hooks).await.or_trouble()?;
        self.audit(&mut tx, "connections.rotate_secret", id, "", false).await?;
        self.commit(tx).await?;
        self.parts.news.connection(id);
        Ok(())
    }

    pub async fn end_former(&self, id: &str) -> Answer<()> {
        self.require(Role::Admin, "connections.end_former_secret", id).await?;
        self.connection_of(id).await?;
        if !self.parts.store.hooks(id).await.or_trouble()?.has_former(self.parts.clock.now()) {
            return Err(not_found("secret"));
        }
        let mut tx = self.begin().await?;
        tx.end_former_secret(id).await.or_trouble()?;
        self.audit(&mut tx, "connections.end_former_secret", id, "", false).await?;
        self.commit(tx).await?;
        self.parts.news.connection(id);
        Ok(())
    }

    /// Whether a call without a signature counts: then its address alone says who calls.
    pub async fn allow_unsigned(&self, id: &str, allow: bool) -> Answer<()> {
        self.require(Role::Admin, "connections.take_unsigned", id).await?;
        self.connection_of(id).await?;
        let mut tx = self.begin().await?;
        tx.take_unsigned(id, allow).await.or_trouble()?;
        let detail = if allow { "allowed" } else { "not allowed" };
        self.audit(&mut tx, "connections.take_unsigned", id, detail, false).await?;
        self.commit(tx).await?;
        self.parts.news.connection(id);
        Ok(())
    }
}

fn turned_away(away: TurnedAwayCalls) -> TurnedAwayRow {
    let (why, todo) = in_words(away.reason);
    TurnedAwayRow {
        why: why.to_owned(),
        todo: todo.to_owned(),
        calls: away.calls,
        first: when(away.first_at),
        last: when(away.last_at),
        bytes: away.sample.bytes,
        peer: away.sample.peer,
        excerpt: away.sample.excerpt,
    }
}

/// What happened, and what to do about it.
fn in_words(reason: TurnedAway) -> (&'static str, &'static str) {
    match reason {
        TurnedAway::Unsigned => (
            "Without a signature",
            "Install from this page what signs; or allow calls without a signature below, if a script that cannot sign must stay.",
        ),
        TurnedAway::WrongSignature => (
            "The signature did not fit",
            "The script there signs with another secret: install it again from this page. If it is installed, somebody else has the address.",
        ),
        TurnedAway::OutOfTime => (
            "Sent more than five minutes ago, or by a clock that is off",
            "Compare the instance's clock with this server's. A call that waited so long there is no loss: polling finds its change.",
        ),
        TurnedAway::Repeated => (
            "The same call again",
            "Nothing, where a network or a script sends twice: the record synced once. Otherwise somebody repeats what was overheard; rotate the secret.",
        ),
        TurnedAway::TooLarge => (
            "Larger than 64 KiB",
            "Let the script send table and sys_id, without the record's text: the record is read afterwards in any case.",
        ),
        TurnedAway::Malformed => (
            "It names no record",
            "The body must be a JSON object with sys_id or number of the record, or a row of sys_journal_field or sys_attachment.",
        ),
        TurnedAway::OtherTable => (
            "It tells of another table",
            "Install the script again after the connection's table was changed. In a rule on sys_journal_field or sys_attachment, add the table to its condition.",
        ),
        TurnedAway::NotStored => (
            "The database did not take it",
            "Look at this server's log around that time. Senders that try again lose nothing.",
        ),
        TurnedAway::Busy => {
            ("Too many at once", "Nothing: they are told to come again, and polling finds what was changed.")
        }
    }
}
