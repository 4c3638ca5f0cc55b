//! A ticket with what belongs to it, read together: each look at a pair asks for all of it.

use super::desk::{COMMENTS, TICKET};
use super::files::FILES;
use super::{CommentLine, FileLine, Result, Store, Ticket, User, from_rows};

#[derive(Clone, Debug)]
pub struct WholeTicket {
    pub ticket: Ticket,
    /// Its owner and its requestor, in no order.
    pub people: Vec<User>,
    /// Oldest first, like the files.
    pub comments: Vec<CommentLine>,
    pub files: Vec<FileLine>,
}

const PEOPLE: &str = "select id, email, name from desk_users where id in (select owner_id from desk_tickets where id = $1 \
                      union all select requestor_id from desk_tickets where id = $1)";

impl Store {
    pub async fn whole_ticket(&self, id: &str) -> Result<Option<WholeTicket>> {
        let reads = [TICKET, PEOPLE, COMMENTS, FILES].map(|sql| sqlx::query(sql).bind(id)).into();
        let answers = self.read_all(reads).await?;
        let [ticket, people, comments, files] = &answers[..] else { return Ok(None) };
        let Some(ticket) = from_rows(ticket)?.pop() else { return Ok(None) };
        let (people, comments, files) = (from_rows(people)?, from_rows(comments)?, from_rows(files)?);
        Ok(Some(WholeTicket { ticket, people, comments, files }))
    }
}
