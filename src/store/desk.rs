//! Desk's tickets, comments, edits and users.

use super::{Result, Statement, Store, Tx, exactly_one, from_rows};
use sqlx::AssertSqlSafe;

/// A ticket as it is stored. `field_edits` is JSON: field to who and when. A deleted one is found by its origin only.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Ticket {
    pub id: String,
    pub number: String,
    pub origin: Option<String>,
    pub reference: String,
    pub title: String,
    pub description: String,
    pub status: String,
    pub kind: String,
    pub priority: String,
    pub owner_id: Option<String>,
    pub requestor_id: Option<String>,
    pub due_at: Option<i64>,
    pub opened_at: i64,
    pub closed_at: Option<i64>,
    pub updated_at: i64,
    pub updated_by: String,
    pub version: i64,
    pub field_edits: String,
    pub severity: String,
    /// Sorted, joined by commas.
    pub labels: String,
    pub account: String,
    pub contact: String,
    pub snoozed_until: Option<i64>,
    /// JSON: custom fields by name.
    pub custom: String,
}

/// What is left of a deleted ticket.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Tombstone {
    pub number: String,
    pub deleted_at: i64,
    pub deleted_by: String,
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct User {
    pub id: String,
    pub email: String,
    pub name: String,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TicketSummary {
    pub id: String,
    pub number: String,
    pub reference: String,
    pub title: String,
    pub status: String,
    pub kind: String,
    pub priority: String,
    pub owner: Option<String>,
    pub updated_at: i64,
}

#[derive(Clone, Debug, Default)]
pub struct TicketSearch<'a> {
    pub search: &'a str,
    pub status: &'a str,
    /// Linked by this connection; empty for all.
    pub connection: &'a str,
    pub standing: TicketStanding,
    pub order: TicketOrder,
    pub limit: i64,
    pub offset: i64,
}

/// How a ticket stands with the other side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TicketStanding {
    #[default]
    Any,
    /// Linked, with nothing that waits for anybody.
    InSync,
    /// Somebody shall look at it, or looks.
    Waiting,
    NotLinked,
    /// It was linked, and is kept the same no longer.
    Excluded,
}

impl TicketStanding {
    /// What is rare begins at what makes it rare, not at the tickets. A condition that follows from another names an index.
    fn condition(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::InSync => {
                " and exists (select 1 from links l where l.platform_id = t.id and l.state = 'linked') \
                 and t.id not in (select coalesce(l.platform_id, '') from links l where l.note <> '' and l.state = 'linked') \
                 and t.id not in (select coalesce(l.platform_id, '') from jobs j join links l on l.connection_id = j.connection_id \
                 and l.servicenow_id = j.subject where j.kind = 'sync') \
                 and t.id not in (select coalesce(l.platform_id, '') from conflicts c join links l on l.id = c.link_id \
                 where c.state = 'open' and c.state in ('open', 'chosen'))"
            }
            Self::Waiting => {
                " and t.id in (select l.platform_id from jobs j join links l on l.connection_id = j.connection_id \
                 and l.servicenow_id = j.subject where j.kind = 'sync' and j.state <> 'buried')"
            }
            Self::NotLinked => {
                " and not exists (select 1 from links l where l.platform_id = t.id and l.state = 'linked')"
            }
            Self::Excluded => " and t.id in (select l.platform_id from links l where l.state <> 'linked')",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TicketOrder {
    #[default]
    Updated,
    Number,
    Title,
    Status,
    Priority,
    Owner,
}

impl TicketOrder {
    fn sql(self) -> &'static str {
        match self {
            Self::Updated => "t.updated_at desc, t.id desc",
            Self::Number => "t.number, t.id",
            Self::Title => "lower(t.title), t.id",
            Self::Status => "t.status, t.updated_at desc, t.id desc",
            Self::Priority => "t.priority, t.updated_at desc, t.id desc",
            Self::Owner => "coalesce(u.name, '~'), t.updated_at desc, t.id desc",
        }
    }
}

/// What a search leaves of the tickets: `$1` to `$4`.
const FOUND: &str = "t.deleted_at is null and ($1 = '' or lower(t.title || ' ' || t.number || ' ' || t.reference) like $2) \
                     and ($3 = '' or t.status = $3) \
                     and ($4 = '' or exists (select 1 from links l where l.platform_id = t.id and l.connection_id = $4))";

impl TicketSearch<'_> {
    fn page(&self) -> String {
        format!(
            "select t.id, t.number, t.reference, t.title, t.status, t.kind, t.priority, u.name as owner, t.updated_at \
             from desk_tickets t left join desk_users u on u.id = t.owner_id \
             where {FOUND}{} order by {} limit $5 offset $6",
            self.standing.condition(),
            self.order.sql()
        )
    }

    /// No further than `$5`.
    fn count(&self) -> String {
        let condition = self.standing.condition();
        format!("select count(*) from (select 1 from desk_tickets t where {FOUND}{condition} limit $5) as found")
    }
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CommentLine {
    pub id: String,
    pub ticket_id: String,
    /// The other side's entry that it came from; empty when it was written here.
    pub origin: String,
    pub author: String,
    pub body: String,
    pub internal: i64,
    pub written_in: String,
    pub at: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EditLine {
    pub id: String,
    pub ticket_id: String,
    pub at: i64,
    pub who: String,
    /// JSON: the fields, from what to what.
    pub fields: String,
}

macro_rules! select_ticket {
    ($rest:literal) => {
        concat!(
            "select id, number, origin, reference, title, description, status, kind, priority, owner_id, requestor_id, due_at, \
             opened_at, closed_at, updated_at, updated_by, version, field_edits, severity, labels, account, contact, snoozed_until, \
             custom from desk_tickets ",
            $rest
        )
    };
}

/// A ticket that a person touched: when last, and how often.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Touched {
    pub id: String,
    pub touches: i64,
    pub touched_at: i64,
}

pub(super) const TICKET: &str = select_ticket!("where id = $1 and deleted_at is null");
pub(super) const COMMENTS: &str = "select id, ticket_id, origin, author, body, internal, written_in, at from desk_comments \
                                   where ticket_id = $1 order by at, id";

impl Store {
    pub async fn ticket(&self, id: &str) -> Result<Option<Ticket>> {
        Ok(sqlx::query_as(TICKET).bind(id).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    /// Of the ticket with this number, deleted or not.
    pub async fn ticket_id(&self, number: &str) -> Result<Option<String>> {
        let row: Option<(String,)> = sqlx::query_as("select id from desk_tickets where number = $1")
            .bind(number)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?;
        Ok(row.map(|(id,)| id))
    }

    pub async fn tombstone(&self, ticket: &str) -> Result<Option<Tombstone>> {
        let sql = "select number, deleted_at, deleted_by from desk_tickets where id = $1 and deleted_at is not null";
        Ok(sqlx::query_as(sql).bind(ticket).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    pub async fn ticket_by_origin(&self, origin: &str) -> Result<Option<Ticket>> {
        Ok(sqlx::query_as(select_ticket!("where origin = $1"))
            .bind(origin)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?)
    }

    pub async fn tickets(&self, search: &TicketSearch<'_>) -> Result<Vec<TicketSummary>> {
        Ok(sqlx::query_as(AssertSqlSafe(search.page()))
            .bind(search.search)
            .bind(contains(search.search))
            .bind(search.status)
            .bind(search.connection)
            .bind(search.limit)
            .bind(search.offset)
            .fetch_all(&mut *self.pool.take().await?)
            .await?)
    }

    /// No further than `up_to`.
    pub async fn count_tickets(&self, search: &TicketSearch<'_>, up_to: i64) -> Result<i64> {
        let (count,): (i64,) = sqlx::query_as(AssertSqlSafe(search.count()))
            .bind(search.search)
            .bind(contains(search.search))
            .bind(search.status)
            .bind(search.connection)
            .bind(up_to)
            .fetch_one(&mut *self.pool.take().await?)
            .await?;
        Ok(count)
    }

    /// Tickets that people touched at `since` or later, or behind `after` in the order of touching; deleted ones as well.
    pub async fn touched(&self, since: i64, after: Option<(i64, &str)>, limit: i64) -> Result<Vec<Touched>> {
        let (at, id) = after.unwrap_or((since - 1, "~"));
        let sql = "select id, touches, touched_at from desk_tickets \
                   where touched_at > 0 and (touched_at > $1 or (touched_at = $1 and id > $2)) \
                   order by touched_at, id limit $3";
        Ok(sqlx::query_as(sql).bind(at).bind(id).bind(limit).fetch_all(&mut *self.pool.take().await?).await?)
    }

    pub async fn comments(&self, ticket: &str) -> Result<Vec<CommentLine>> {
        Ok(sqlx::query_as(COMMENTS).bind(ticket).fetch_all(&mut *self.pool.take().await?).await?)
    }

    pub async fn edits(&self, ticket: &str) -> Result<Vec<EditLine>> {
        let sql = "select id, ticket_id, at, who, fields from desk_edits where ticket_id = $1 order by id desc";
        Ok(sqlx::query_as(sql).bind(ticket).fetch_all(&mut *self.pool.take().await?).await?)
    }

    pub async fn desk_user(&self, id: &str) -> Result<Option<User>> {
        Ok(sqlx::query_as("select id, email, name from desk_users where id = $1")
            .bind(id)
            .fetch_optional(&mut *self.pool.take().await?)
            .await?)
    }

    pub async fn desk_user_by_email(&self, email: &str) -> Result<Option<User>> {
        let sql = "select id, email, name from desk_users where email = $1";
        Ok(sqlx::query_as(sql).bind(email).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    pub async fn desk_users(&self) -> Result<Vec<User>> {
        Ok(sqlx::query_as("select id, email, name from desk_users order by name, id")
            .fetch_all(&mut *self.pool.take().await?)
            .await?)
    }
}

#[cfg(test)]
impl Store {
    /// How the database finds a page of tickets, and how it counts them.
    pub async fn plans_of_tickets(&self, search: &TicketSearch<'_>) -> Result<[String; 2]> {
        let text = |text: &str| format!("'{text}'");
        let mut values =
            vec![text(search.search), text(&contains(search.search)), text(search.status), text(search.connection)];
        values.extend([search.limit, search.offset].map(|number| number.to_string()));
        Ok([self.plan_of(&search.page(), &values).await?, self.plan_of(&search.count(), &values).await?])
    }
}

/// A `like` pattern for "contains", in lower case; the words' own wild cards match themselves loosely.
fn contains(words: &str) -> String {
    format!("%{}%", words.to_lowercase())
}

impl Tx {
    /// As this transaction sees it.
    pub async fn ticket(&mut self, id: &str) -> Result<Option<Ticket>> {
        Ok(from_rows(&self.answer(sqlx::query(TICKET).bind(id)).await?)?.pop())
    }

    /// A user as this transaction sees it, those that it added included.
    pub async fn desk_user(&mut self, id: &str) -> Result<Option<User>> {
        let sql = "select id, email, name from desk_users where id = $1";
        Ok(sqlx::query_as(sql).bind(id).fetch_optional(self.now().await?).await?)
    }

    /// The next ticket number, counted in the same transaction.
    pub async fn next_ticket_number(&mut self) -> Result<String> {
        let sql = "insert into settings (name, value) values ('ticket_number', '1') \
                   on conflict (name) do update set value = cast(cast(settings.value as bigint) + 1 as text) returning value";
        let (value,): (String,) = sqlx::query_as(sql).fetch_one(self.now().await?).await?;
        Ok(format!("TKT{value:0>7}"))
    }

    pub async fn add_ticket(&mut self, t: &Ticket) -> Result<()> {
        let sql = "insert into desk_tickets (id, reference, title, description, status, kind, priority, owner_id, requestor_id, \
                   due_at, opened_at, closed_at, updated_at, updated_by, version, field_edits, severity, labels, account, contact, \
                   snoozed_until, custom, number, origin) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
                   $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)";
        bind_ticket(sqlx::query(sql), t).bind(&t.number).bind(t.origin.as_deref()).execute(self.now().await?).await?;
        Ok(())
    }

    /// Keeps the ticket if its stored version is one less than this one's. Its number and its origin stay what they were.
    pub async fn save_ticket(&mut self, t: &Ticket) -> Result<()> {
        let sql = "update desk_tickets set reference = $2, title = $3, description = $4, status = $5, kind = $6, priority = $7, \
                   owner_id = $8, requestor_id = $9, due_at = $10, opened_at = $11, closed_at = $12, updated_at = $13, \
                   updated_by = $14, version = $15, field_edits = $16, severity = $17, labels = $18, account = $19, \
                   contact = $20, snoozed_until = $21, custom = $22 \
                   where id = $1 and version = $15 - 1 and deleted_at is null";
        self.write_one(bind_ticket(sqlx::query(sql), t)).await
    }

    /// A person touched the ticket or what belongs to it. Answers how often that was by now.
    pub async fn touch_ticket(&mut self, id: &str, now: i64) -> Result<i64> {
        let sql = "update desk_tickets set touches = touches + 1, \
                   touched_at = case when touched_at < $2 then $2 else touched_at end where id = $1 returning touches";
        let (touches,): (i64,) = sqlx::query_as(sql).bind(id).bind(now).fetch_one(self.now().await?).await?;
        Ok(touches)
    }

    /// Removes a ticket with all that people wrote on it. Its number, who deleted it and when stay.
    pub async fn delete_ticket(&mut self, id: &str, who: &str, now: i64) -> Result<()> {
        for sql in [
            "delete from desk_pieces where file_id in (select id from desk_files where ticket_id = $1)",
            "delete from desk_files where ticket_id = $1",
            "delete from desk_comments where ticket_id = $1",
            "delete from desk_edits where ticket_id = $1",
        ] {
            sqlx::query(sql).bind(id).execute(self.now().await?).await?;
        }
        let sql = "update desk_tickets set title = '', description = '', labels = '', account = '', contact = '', custom = '{}', \
                   owner_id = null, requestor_id = null, field_edits = '{}', version = version + 1, updated_at = $2, \
                   updated_by = $3, deleted_at = $2, deleted_by = $3 where id = $1 and deleted_at is null";
        exactly_one(&sqlx::query(sql).bind(id).bind(now).bind(who).execute(self.now().await?).await?)
    }

    /// Whether the comment is new; one with the same origin is there already.
    pub async fn add_comment(&mut self, c: &CommentLine) -> Result<bool> {
        let sql = "insert into desk_comments (id, ticket_id, origin, author, body, internal, written_in, at) \
                   values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (ticket_id, origin) where origin <> '' do nothing";
        let done = sqlx::query(sql)
            .bind(&c.id)
            .bind(&c.ticket_id)
            .bind(&c.origin)
            .bind(&c.author)
            .bind(&c.body)
            .bind(c.internal)
            .bind(&c.written_in)
            .bind(c.at)
            .execute(self.now().await?)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn comment_by_origin(&mut self, ticket: &str, origin: &str) -> Result<Option<String>> {
        let row: Option<(String,)> =
            sqlx::query_as("select id from desk_comments where ticket_id = $1 and origin = $2")
                .bind(ticket)
                .bind(origin)
                .fetch_optional(self.now().await?)
                .await?;
        Ok(row.map(|(id,)| id))
    }

    pub async fn add_edit(&mut self, e: &EditLine) -> Result<()> {
        self.write(
            sqlx::query("insert into desk_edits (id, ticket_id, at, who, fields) values ($1, $2, $3, $4, $5)")
                .bind(&e.id)
                .bind(&e.ticket_id)
                .bind(e.at)
                .bind(&e.who)
                .bind(&e.fields),
        )
        .await
    }

    /// The user with this e-mail, made if there is none (S1: unmatched users are created).
    pub async fn find_or_add_desk_user(&mut self, user: &User, created_by: &str, now: i64) -> Result<User> {
        let sql = "insert into desk_users (id, email, name, created_by, created_at) values ($1, $2, $3, $4, $5) \
                   on conflict (email) do update set email = excluded.email returning id, email, name";
        Ok(sqlx::query_as(sql)
            .bind(&user.id)
            .bind(&user.email)
            .bind(&user.name)
            .bind(created_by)
            .bind(now)
            .fetch_one(self.now().await?)
            .await?)
    }
}

/// All but what a ticket keeps for ever.
fn bind_ticket<'q>(query: Statement<'q>, t: &'q Ticket) -> Statement<'q> {
    query
        .bind(&t.id)
        .bind(&t.reference)
        .bind(&t.title)
        .bind(&t.description)
        .bind(&t.status)
        .bind(&t.kind)
        .bind(&t.priority)
        .bind(t.owner_id.as_deref())
        .bind(t.requestor_id.as_deref())
        .bind(t.due_at)
        .bind(t.opened_at)
        .bind(t.closed_at)
        .bind(t.updated_at)
        .bind(&t.updated_by)
        .bind(t.version)
        .bind(&t.field_edits)
        .bind(&t.severity)
        .bind(&t.labels)
        .bind(&t.account)
        .bind(&t.contact)
        .bind(t.snoozed_until)
        .bind(&t.custom)
}
