//! Dead letters: what will not be tried again until a person acts, or until something else is wanted.

use super::{Result, Store, Tx, exactly_one};
use merge::Side;
use sha2::{Digest, Sha256};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterState {
    /// Waits for a person.
    Open,
    /// A person asked for another try.
    Retried,
    /// A person gave the write up, for just this value.
    Discarded,
    /// Something else is wanted, or the sides became equal.
    Settled,
}

impl LetterState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Retried => "retried",
            Self::Discarded => "discarded",
            Self::Settled => "settled",
        }
    }
}

/// The kind of a letter about an entry that was sent and may or may not be there: nothing waits to be written, but a
/// person must look. Its rule is the id that stands for the entry in the pairs.
pub const LOST: &str = "lost";

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DeadLetter {
    pub id: String,
    pub connection_id: String,
    /// Found by the lane where it is not given; none for a record that has no link.
    pub link_id: Option<String>,
    pub lane: String,
    /// The side that it was for; empty for a buried job.
    pub side: String,
    /// A delivery's kind, `job` or [`LOST`].
    pub kind: String,
    /// The field rule; for an entry or a file, the key of it.
    pub rule: String,
    /// JSON. While just this is wanted, it is not sent again.
    pub wanted: String,
    /// The same for all that one fix repairs.
    pub cause: String,
    pub problem: String,
    pub attempts: i64,
    pub state: String,
    pub reason: String,
    pub closed_by: String,
    pub opened_at: i64,
    pub closed_at: i64,
}

impl DeadLetter {
    pub fn is_open(&self) -> bool {
        self.state == LetterState::Open.as_str()
    }

    /// The ServiceNow record whose lane it is.
    pub fn record(&self) -> &str {
        self.lane.split_once('/').map_or("", |(_, record)| record)
    }
}

/// Names what one fix repairs: the side, the rule, and the message without what differs from record to record.
pub fn cause_of(side: &str, kind: &str, rule: &str, problem: &str) -> String {
    // The key of an entry is the record's own.
    let rule = if kind == "write" { rule } else { "" };
    let digest = Sha256::digest(format!("{side}\n{kind}\n{rule}\n{}", without_particulars(problem)));
    digest.iter().take(8).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// The message in lower case, without quoted text, numbers, ids and addresses.
fn without_particulars(problem: &str) -> String {
    let mut unquoted = String::new();
    let mut quote = None;
    let mut before = ' ';
    for letter in problem.chars() {
        match quote {
            Some(end) if letter == end => quote = None,
            Some(_) => {}
            // An apostrophe within a word opens nothing.
            None if matches!(letter, '"' | '\'' | '“' | '‘') && !before.is_alphanumeric() => {
                quote = Some(match letter {
                    '“' => '”',
                    '‘' => '’',
                    same => same,
                });
                unquoted.push('_');
            }
            None => unquoted.extend(letter.to_lowercase()),
        }
        before = letter;
    }
    let general = |word: &str| {
        let is_particular = word.contains(|letter: char| letter.is_ascii_digit() || letter == '@');
        if is_particular { "#".to_owned() } else { word.to_owned() }
    };
    unquoted.split_whitespace().map(general).collect::<Vec<_>>().join(" ")
}

/// All open letters of one cause.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LetterGroup {
    pub connection_id: String,
    pub connection: String,
    pub cause: String,
    pub side: String,
    pub kind: String,
    pub rule: String,
    /// The newest one's sentence.
    pub problem: String,
    pub letters: i64,
    pub first_at: i64,
    pub last_at: i64,
}

/// A letter with what people call its record.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LetterLine {
    #[sqlx(flatten)]
    pub letter: DeadLetter,
    pub connection: String,
    pub reference: Option<String>,
    pub ticket_id: Option<String>,
    pub ticket_number: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct LetterSearch<'a> {
    /// Empty for all.
    pub connection: &'a str,
    /// Empty for all.
    pub cause: &'a str,
    pub limit: i64,
    pub offset: i64,
}

/// A link with a note for a person and no open letter.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct NotedLink {
    pub id: String,
    pub connection: String,
    pub reference: String,
    pub ticket_id: Option<String>,
    pub ticket_number: Option<String>,
    pub note: String,
    pub changed_at: i64,
}

macro_rules! select_letter {
    ($rest:literal) => {
        concat!(
            "select id, connection_id, link_id, lane, side, kind, rule, wanted, cause, problem, attempts, state, reason, \
             closed_by, opened_at, closed_at from dead_letters ",
            $rest
        )
    };
}

macro_rules! select_line {
    ($rest:literal) => {
        concat!(
            "select d.id, d.connection_id, d.link_id, d.lane, d.side, d.kind, d.rule, d.wanted, d.cause, d.problem, \
             d.attempts, d.state, d.reason, d.closed_by, d.opened_at, d.closed_at, c.name as connection, \
             l.servicenow_number as reference, t.id as ticket_id, t.number as ticket_number \
             from dead_letters d join connections c on c.id = d.connection_id left join links l on l.id = d.link_id \
             left join desk_tickets t on t.id = l.platform_id ",
            $rest
        )
    };
}

impl Store {
    /// What is not sent again on this lane, for now.
    pub async fn held_letters(&self, lane: &str) -> Result<Vec<DeadLetter>> {
        let sql = select_letter!("where lane = $1 and holds = 1 order by id");
        Ok(sqlx::query_as(sql).bind(lane).fetch_all(&mut *self.pool.take().await?).await?)
    }

    /// Which lost entries of a lane a person wants to be sent again, by what stands for them.
    pub async fn lost_to_retry(&self, lane: &str) -> Result<Vec<String>> {
        let sql = "select rule from dead_letters where lane = $1 and kind = $2 and state = 'retried'";
        let rows: Vec<(String,)> =
            sqlx::query_as(sql).bind(lane).bind(LOST).fetch_all(&mut *self.pool.take().await?).await?;
        Ok(rows.into_iter().map(|(rule,)| rule).collect())
    }

    /// When a person last asked to try a field of a lane again; 0 when never.
    pub async fn retried_at(&self, lane: &str, side: Side, rule: &str) -> Result<i64> {
        let sql = "select cast(coalesce(max(closed_at), 0) as bigint) from dead_letters \
                   where lane = $1 and side = $2 and kind = 'write' and rule = $3 and state = 'retried'";
        let (at,): (i64,) = sqlx::query_as(sql)
            .bind(lane)
            .bind(side.as_str())
            .bind(rule)
            .fetch_one(&mut *self.pool.take().await?)
            .await?;
        Ok(at)
    }

    pub async fn letter(&self, id: &str) -> Result<Option<LetterLine>> {
        Ok(sqlx::query_as(select_line!("where d.id = $1"))
            .bind(id)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?)
    }

    /// Open letters by cause, the newest trouble first.
    pub async fn letter_groups(&self, search: &LetterSearch<'_>) -> Result<Vec<LetterGroup>> {
        let sql = "select d.connection_id, c.name as connection, d.cause, min(d.side) as side, min(d.kind) as kind, \
                   min(d.rule) as rule, max(d.problem) as problem, count(*) as letters, min(d.opened_at) as first_at, \
                   max(d.opened_at) as last_at from dead_letters d join connections c on c.id = d.connection_id \
                   where d.state = 'open' and ($1 = '' or d.connection_id = $1) \
                   group by d.connection_id, c.name, d.cause order by max(d.opened_at) desc, d.cause limit $2 offset $3";
        Ok(sqlx::query_as(sql)
            .bind(search.connection)
            .bind(search.limit)
            .bind(search.offset)
            .fetch_all(&mut *self.pool.take().await?)
            .await?)
    }

    pub async fn count_letter_groups(&self, connection: &str) -> Result<i64> {
        let sql = "select count(*) from (select 1 from dead_letters where state = 'open' and ($1 = '' or connection_id = $1) \
                   group by connection_id, cause) as causes";
        let (count,): (i64,) = sqlx::query_as(sql).bind(connection).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }

    /// Open letters, the oldest first.
    pub async fn open_letters(&self, search: &LetterSearch<'_>) -> Result<Vec<LetterLine>> {
        let sql = select_line!(
            "where d.state = 'open' and ($1 = '' or d.connection_id = $1) and ($2 = '' or d.cause = $2) \
             order by d.opened_at, d.id limit $3 offset $4"
        );
        Ok(sqlx::query_as(sql)
            .bind(search.connection)
            .bind(search.cause)
            .bind(search.limit)
            .bind(search.offset)
            .fetch_all(&mut *self.pool.take().await?)
            .await?)
    }

    pub async fn count_open_letters(&self, connection: &str, cause: &str) -> Result<i64> {
        let sql = "select count(*) from dead_letters where state = 'open' and ($1 = '' or connection_id = $1) \
                   and ($2 = '' or cause = $2)";
        let (count,): (i64,) =
            sqlx::query_as(sql).bind(connection).bind(cause).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }

    /// Links that need a person although no write of theirs failed, and how many there are.
    pub async fn count_noted_links(&self, connection: &str) -> Result<i64> {
        let sql = "select count(*) from links l where l.note <> '' and ($1 = '' or l.connection_id = $1) and not exists \
                   (select 1 from dead_letters d where d.link_id = l.id and d.state = 'open')";
        let (count,): (i64,) = sqlx::query_as(sql).bind(connection).fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }

    pub async fn noted_links(&self, connection: &str, limit: i64) -> Result<Vec<NotedLink>> {
        let sql = "select l.id, c.name as connection, l.servicenow_number as reference, t.id as ticket_id, \
                   t.number as ticket_number, l.note, l.changed_at from links l join connections c on c.id = l.connection_id \
                   left join desk_tickets t on t.id = l.platform_id \
                   where l.note <> '' and ($1 = '' or l.connection_id = $1) and not exists \
                   (select 1 from dead_letters d where d.link_id = l.id and d.state = 'open') \
                   order by l.changed_at desc, l.id limit $2";
        Ok(sqlx::query_as(sql).bind(connection).bind(limit).fetch_all(&mut *self.pool.take().await?).await?)
    }
}

impl Tx {
    /// Keeps a letter. The same one again only counts its attempts; one that wanted something else gives way.
    /// Answers whether it is new.
    pub async fn open_letter(&mut self, letter: &DeadLetter) -> Result<bool> {
        let sql = "update dead_letters set holds = 0, closed_at = $6, \
                   state = case when state = 'open' then 'settled' else state end \
                   where lane = $1 and side = $2 and kind = $3 and rule = $4 and holds = 1 and wanted <> $5";
        sqlx::query(sql)
            .bind(&letter.lane)
            .bind(&letter.side)
            .bind(&letter.kind)
            .bind(&letter.rule)
            .bind(&letter.wanted)
            .bind(letter.opened_at)
            .execute(self.now().await?)
            .await?;
        let sql = "insert into dead_letters (id, connection_id, link_id, lane, side, kind, rule, wanted, cause, problem, attempts, \
                   state, reason, closed_by, opened_at, closed_at, holds) \
                   values ($1, $2, coalesce($3, (select id from links where connection_id = $2 and servicenow_id = $17)), \
                   $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1) \
                   on conflict (lane, side, kind, rule) where holds = 1 do update set cause = excluded.cause, \
                   problem = excluded.problem, attempts = dead_letters.attempts + excluded.attempts returning id";
        let (id,): (String,) = sqlx::query_as(sql)
            .bind(&letter.id)
            .bind(&letter.connection_id)
            .bind(letter.link_id.as_deref())
            .bind(&letter.lane)
            .bind(&letter.side)
            .bind(&letter.kind)
            .bind(&letter.rule)
            .bind(&letter.wanted)
            .bind(&letter.cause)
            .bind(&letter.problem)
            .bind(letter.attempts)
            .bind(&letter.state)
            .bind(&letter.reason)
            .bind(&letter.closed_by)
            .bind(letter.opened_at)
            .bind(letter.closed_at)
            .bind(letter.record())
            .fetch_one(self.now().await?)
            .await?;
        Ok(id == letter.id)
    }

    /// What it wanted is no longer wanted. A letter that was discarded stays discarded, and holds nothing any more.
    pub async fn settle_letter(&mut self, id: &str, now: i64) -> Result<()> {
        let sql = "update dead_letters set holds = 0, closed_at = case when state = 'open' then $2 else closed_at end, \
                   state = case when state = 'open' then 'settled' else state end where id = $1 and holds = 1";
        sqlx::query(sql).bind(id).bind(now).execute(self.now().await?).await?;
        Ok(())
    }

    /// A lost entry came to light, so nobody needs to look for it.
    pub async fn settle_lost(&mut self, lane: &str, unseen: &str, now: i64) -> Result<()> {
        let sql = "update dead_letters set holds = 0, closed_at = case when state = 'open' then $4 else closed_at end, \
                   state = case when state = 'open' then 'settled' else state end \
                   where lane = $1 and kind = $2 and rule = $3 and holds = 1";
        sqlx::query(sql).bind(lane).bind(LOST).bind(unseen).bind(now).execute(self.now().await?).await?;
        Ok(())
    }

    /// Nothing is wanted of a record any more, but what its buried job was about.
    pub async fn settle_letters(&mut self, lane: &str, now: i64) -> Result<()> {
        let sql = "update dead_letters set holds = 0, closed_at = case when state = 'open' then $2 else closed_at end, \
                   state = case when state = 'open' then 'settled' else state end \
                   where lane = $1 and holds = 1 and kind <> 'job'";
        sqlx::query(sql).bind(lane).bind(now).execute(self.now().await?).await?;
        Ok(())
    }

    /// A person closes an open letter. A discarded write stays held while just the same is wanted.
    pub async fn close_letter(&mut self, id: &str, state: LetterState, reason: &str, by: &str, now: i64) -> Result<()> {
        let sql = "update dead_letters set state = $2, reason = $3, closed_by = $4, closed_at = $5, \
                   holds = case when $2 = 'discarded' and kind <> 'job' then 1 else 0 end where id = $1 and state = 'open'";
        let done = sqlx::query(sql)
            .bind(id)
            .bind(state.as_str())
            .bind(reason)
            .bind(by)
            .bind(now)
            .execute(self.now().await?)
            .await?;
        exactly_one(&done)
    }

    /// The next open letters of a cause, as this transaction sees them.
    pub async fn letters_of_cause(&mut self, connection: &str, cause: &str, limit: i64) -> Result<Vec<DeadLetter>> {
        let sql = select_letter!(
            "where connection_id = $1 and state = 'open' and cause = $2 order by opened_at, id limit $3"
        );
        Ok(sqlx::query_as(sql).bind(connection).bind(cause).bind(limit).fetch_all(self.now().await?).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fix_has_one_cause() {
        let of = |problem: &str| cause_of("servicenow", "write", "status", problem);
        let first =
            "ServiceNow refused a request on table incident (403): Data policy. INC0010001 needs 'Resolution code'.";
        let second = "ServiceNow refused a request on table incident (403): Data policy. INC0010077 needs 'Other'.";
        assert_eq!(of(first), of(second));
        assert_ne!(of(first), of("ServiceNow refused a request on table incident (403): ACL. INC0010001 needs more."));
        assert_ne!(of(first), cause_of("servicenow", "write", "title", first), "another field is another fix");
        assert_eq!(
            cause_of("servicenow", "append", "e1", "no right"),
            cause_of("servicenow", "append", "e2", "no right"),
            "entries differ from record to record"
        );
    }

    #[test]
    fn particulars_are_left_out_and_apostrophes_open_no_quote() {
        assert_eq!(
            without_particulars(
                "ServiceNow's user Beth@example.com (46d44a23a9fe19810012d100cca80666) isn't \"active\" yet"
            ),
            "servicenow's user # # isn't _ yet"
        );
    }
}
