//! Lists as programs read them: page by page behind a known row, whatever moves meanwhile. The rows are those of the pages.

use super::{Operations, OrTrouble, failures, not_found, show};
use app::api::Answer;
use app::model::{ChangeRow, ConflictRecord, ConflictRow, FailureRow, Role, RunRow, TicketPage};

/// A page of a list: the rows, and the id behind which the next one begins; empty on the last.
pub type Listed<T> = (Vec<T>, String);

/// One more than a page was asked for: whether there is another.
fn cut(mut ids: Vec<String>, limit: i64) -> (Vec<String>, String) {
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = ids.len() > limit;
    ids.truncate(limit);
    let next = ids.last().filter(|_| more).cloned().unwrap_or_default();
    (ids, next)
}

impl Operations {
    /// The newest first.
    pub async fn tickets_behind(&self, status: &str, behind: &str, limit: i64) -> Answer<Listed<TicketPage>> {
        self.require(Role::Viewer, "tickets.read", "").await?;
        let (ids, next) = cut(self.parts.store.tickets_behind(status, behind, limit + 1).await.or_trouble()?, limit);
        let mut rows = Vec::new();
        for id in ids {
            rows.push(self.open_ticket(&id).await?);
        }
        Ok((rows, next))
    }

    /// Those that are not over, the oldest first.
    pub async fn conflicts_behind(
        &self,
        connection: &str,
        behind: &str,
        limit: i64,
    ) -> Answer<Listed<(ConflictRecord, ConflictRow)>> {
        self.require(Role::Viewer, "conflicts.read", "").await?;
        let ids = self.parts.store.conflicts_behind(connection, behind, limit + 1).await.or_trouble()?;
        let (ids, next) = cut(ids, limit);
        let mut rows = Vec::new();
        for id in ids {
            rows.push(self.one_conflict(&id).await?);
        }
        Ok((rows, next))
    }

    /// A single conflict, and the record that it is about.
    pub async fn one_conflict(&self, id: &str) -> Answer<(ConflictRecord, ConflictRow)> {
        let record = self.open_conflict(id).await?;
        let row = record.conflicts.iter().find(|row| row.id == id).cloned().ok_or_else(|| not_found("conflict"))?;
        Ok((record, row))
    }

    /// Open ones, the oldest first.
    pub async fn failures_behind(&self, connection: &str, behind: &str, limit: i64) -> Answer<Listed<FailureRow>> {
        self.require(Role::Viewer, "failures.read", "").await?;
        let ids = self.parts.store.letters_behind(connection, behind, limit + 1).await.or_trouble()?;
        let (ids, next) = cut(ids, limit);
        let mut rows = Vec::new();
        for id in ids {
            if let Some(line) = self.parts.store.letter(&id).await.or_trouble()? {
                rows.push(failures::row(line));
            }
        }
        Ok((rows, next))
    }

    /// The newest first, of a ticket or a connection or all.
    pub async fn history_behind(
        &self,
        connection: &str,
        ticket: &str,
        behind: &str,
        limit: i64,
    ) -> Answer<Listed<ChangeRow>> {
        self.require(Role::Viewer, "history.read", "").await?;
        let store = &self.parts.store;
        let ids = match (connection, ticket) {
            ("", "") => store.history_behind(behind, limit + 1).await,
            (connection, "") => store.history_of_connection_behind(connection, behind, limit + 1).await,
            (_, ticket) => store.history_of_ticket_behind(ticket, behind, limit + 1).await,
        };
        let (ids, next) = cut(ids.or_trouble()?, limit);
        let mut rows = Vec::new();
        for id in ids {
            if let Some(line) = store.history_line(&id).await.or_trouble()? {
                rows.push(show::change(line));
            }
        }
        Ok((rows, next))
    }

    /// A connection's reconcile runs, the newest first.
    pub async fn runs_behind(&self, connection: &str, behind: &str, limit: i64) -> Answer<Listed<RunRow>> {
        self.require(Role::Viewer, "drift.read", connection).await?;
        self.connection_of(connection).await?;
        let (ids, next) = cut(self.parts.store.runs_behind(connection, behind, limit + 1).await.or_trouble()?, limit);
        let mut rows = Vec::new();
        for id in ids {
            rows.push(self.see_run(&id, 1).await?.row);
        }
        Ok((rows, next))
    }
}
