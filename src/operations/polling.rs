//! What polling is certain of, and what it found before any webhook told of it.

use super::show::when_any;
use super::{Operations, OrTrouble};
use crate::store::{Connection, Cursor};
use crate::sync;
use app::api::Answer;
use app::model::{MANY, Polling, Reading, StreamRow};

/// The streams in the order of the page: as they are kept, and as people call them.
const STREAMS: [(&str, &str); 5] = [
    ("records", "Records"),
    ("journals", "Comments and work notes"),
    ("attachments", "Files"),
    ("deletions", "Deletions"),
    ("tickets", "Tickets in Desk"),
];

impl Operations {
    pub(super) async fn polling(&self, connection: &Connection) -> Answer<Polling> {
        let store = &self.parts.store;
        let cursors = store.cursors(&connection.id).await.or_trouble()?;
        let streams = STREAMS.iter().map(|(stream, what)| {
            let cursor = cursors.iter().find(|cursor| cursor.stream == *stream);
            row(what, cursor.unwrap_or(&Cursor::default()))
        });
        let limit = self.parts.poll_every;
        Ok(Polling {
            shortest_ms: sync::shortest_pause(limit),
            longest_ms: limit,
            streams: streams.collect(),
            recovered: store.count_recovered(&connection.id, MANY).await.or_trouble()?,
            newest: when_any(store.last_recovered(&connection.id).await.or_trouble()?),
        })
    }
}

fn row(what: &str, cursor: &Cursor) -> StreamRow {
    // Before the first whole reading nothing is certain.
    let is_certain = cursor.certain_to > cursor.certain_from;
    let (reading, note) = match cursor {
        Cursor { closed, .. } if !closed.is_empty() => (Reading::Closed, closed.clone()),
        Cursor { problem, .. } if !problem.is_empty() => {
            (Reading::Failing, format!("{problem} The next poll goes on from there, and nothing is passed over."))
        }
        Cursor { read_at: 0, .. } => (Reading::NotYet, String::new()),
        _ if !is_certain => {
            (Reading::NotYet, "It was read. What was being saved meanwhile is seen by a later poll.".to_owned())
        }
        _ => (Reading::Open, String::new()),
    };
    StreamRow {
        what: what.to_owned(),
        reading,
        from: when_any(cursor.certain_from).filter(|_| is_certain),
        to: when_any(cursor.certain_to).filter(|_| is_certain),
        note,
    }
}
