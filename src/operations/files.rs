//! Files on Desk's tickets, as people add and fetch them.

use super::{Operations, OrTrouble, not_found};
use crate::desk::files::{self, NotReceived, size_in_words};
use crate::store::{FileLine, StoreError};
use app::api::Answer;
use app::error::Trouble;
use app::model::Role;
use bytes::Bytes;
use futures::Stream;
use futures::stream::BoxStream;

/// A file on its way to a person.
pub struct Download {
    pub name: String,
    pub content_type: String,
    pub size: i64,
    pub content: BoxStream<'static, Result<Bytes, StoreError>>,
}

impl Operations {
    /// Adds a file to a ticket: all of it, or nothing.
    pub async fn attach_file<E: std::error::Error>(
        &self,
        ticket: &str,
        name: &str,
        content_type: &str,
        content: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Answer<()> {
        let who = self.require(Role::Operator, "tickets.attach", ticket).await?.name.clone();
        self.ticket_row(ticket).await?;
        let no_name = "The browser sent no name for it.";
        let name = files::safe_name(name)
            .ok_or_else(|| refused("FILE-NAME", "There is no file yet.", no_name, "Choose a file."))?;
        let clock = self.parts.clock.as_ref();
        let file = FileLine {
            id: clock.id(),
            ticket_id: ticket.to_owned(),
            origin: String::new(),
            name,
            content_type: if content_type.is_empty() { "application/octet-stream" } else { content_type }.to_owned(),
            size: 0,
            sha256: String::new(),
            author: who,
            written_in: "Desk".into(),
            at: clock.now(),
        };
        let file = match files::receive(&self.parts.store, clock, file, self.parts.file_limit, content).await {
            Ok(file) => file,
            Err(NotReceived::TooLarge { limit }) => {
                return Err(refused(
                    "FILE-LARGE",
                    "The file is too large.",
                    &format!("Desk takes files up to {}.", size_in_words(limit)),
                    "Add a smaller one, or ask the operator of this server for a higher ISTHMUS_FILE_LIMIT_MIB.",
                ));
            }
            Err(NotReceived::Content(error)) => {
                tracing::info!(%error, "an upload broke off");
                return Err(refused(
                    "FILE-CUT",
                    "The file was not kept.",
                    "It broke off on its way.",
                    "Send it again.",
                ));
            }
            Err(NotReceived::Store(error)) => return Err(error).or_trouble(),
        };
        let mut tx = self.begin().await?;
        tx.keep_file(&file).await.or_trouble()?;
        self.audit(&mut tx, "tickets.attach", ticket, &format!("file {}", file.id), false).await?;
        self.tell_sync(&mut tx, ticket).await?;
        self.commit(tx).await?;
        self.after_edit(ticket);
        Ok(())
    }

    pub async fn fetch_file(&self, ticket: &str, file: &str) -> Answer<Download> {
        self.require(Role::Viewer, "tickets.read", ticket).await?;
        self.ticket_row(ticket).await?;
        let file = self.parts.store.file(ticket, file).await.or_trouble()?.ok_or_else(|| not_found("file"))?;
        Ok(Download {
            name: file.name,
            content_type: file.content_type,
            size: file.size,
            content: files::content(self.parts.store.clone(), file.id),
        })
    }
}

fn refused(code: &str, what: &str, why: &str, what_to_do: &str) -> Trouble {
    Trouble::new(code, what, why, what_to_do).about("file")
}
