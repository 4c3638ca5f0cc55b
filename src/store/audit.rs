//! Who asked for what, refused or not. Append-only.

use super::{Result, Store, Tx};

#[derive(Clone, Debug, Default)]
pub struct AuditEntry<'a> {
    pub id: &'a str,
    pub at: i64,
    /// The person's id, or what acted for nobody.
    pub person: &'a str,
    /// The API token by which the person acted; empty for a browser.
    pub token: &'a str,
    pub action: &'a str,
    pub subject: &'a str,
    pub detail: &'a str,
    pub refused: bool,
}

/// An entry with the names that its ids have now.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AuditLine {
    pub id: String,
    pub at: i64,
    pub person: String,
    pub person_name: Option<String>,
    pub token: String,
    pub token_name: Option<String>,
    pub action: String,
    pub subject: String,
    pub detail: String,
    pub refused: i64,
    /// What the subject is called, where it is something with a name.
    pub connection: Option<String>,
    pub ticket: Option<String>,
    pub subject_person: Option<String>,
}

/// What is looked for. Whatever is empty is not asked about.
#[derive(Clone, Debug, Default)]
pub struct AuditSearch<'a> {
    pub person: &'a str,
    pub action: &'a str,
    pub subject: &'a str,
    pub refused: bool,
    /// From this moment on, up to and without that one; 0 for no bound.
    pub from: i64,
    pub until: i64,
    /// Only what is older than this entry, by its moment and id.
    pub behind: Option<(i64, &'a str)>,
    pub limit: i64,
}

const INSERT: &str = "insert into audit (id, at, person, token, action, subject, detail, refused) values ($1, $2, $3, $4, $5, $6, $7, $8)";

impl Tx {
    pub async fn note_audit(&mut self, entry: &AuditEntry<'_>) -> Result<()> {
        sqlx::query(INSERT)
            .bind(entry.id)
            .bind(entry.at)
            .bind(entry.person)
            .bind(entry.token)
            .bind(entry.action)
            .bind(entry.subject)
            .bind(entry.detail)
            .bind(i64::from(entry.refused))
            .execute(self.now().await?)
            .await?;
        Ok(())
    }
}

impl AuditSearch<'_> {
    /// Made of our own words alone. A question that is not asked still names its parameter, and leaves an index to the
    /// others, which an `or` would not.
    fn sql(&self) -> String {
        let asked = |is_asked: bool, question: &'static str, parameter: &'static str| {
            if is_asked { format!(" and {question} {parameter}") } else { format!(" and {parameter} = {parameter}") }
        };
        let behind = match self.behind {
            Some(_) => " and (a.at, a.id) < ($6, $7)",
            None => " and $6 = $6 and $7 = $7",
        };
        let found = [
            asked(!self.person.is_empty(), "a.person =", "$1"),
            asked(!self.action.is_empty(), "a.action =", "$2"),
            asked(!self.subject.is_empty(), "a.subject =", "$3"),
            asked(self.from > 0, "a.at >=", "$4"),
            asked(self.until > 0, "a.at <", "$5"),
            behind.to_owned(),
            if self.refused { " and a.refused = 1".to_owned() } else { String::new() },
        ];
        format!(
            "select a.id, a.at, a.person, p.name as person_name, a.token, k.name as token_name, a.action, a.subject, \
             a.detail, a.refused, c.name as connection, t.number as ticket, s.name as subject_person \
             from (select * from audit a where 1 = 1{} order by a.at desc, a.id desc limit $8) a \
             left join people p on p.id = a.person left join api_tokens k on k.id = a.token \
             left join connections c on c.id = a.subject left join desk_tickets t on t.id = a.subject \
             left join people s on s.id = a.subject order by a.at desc, a.id desc",
            found.concat()
        )
    }
}

impl Store {
    /// The newest first.
    pub async fn audit(&self, search: &AuditSearch<'_>) -> Result<Vec<AuditLine>> {
        let (at, id) = search.behind.unwrap_or_default();
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(search.sql()))
            .bind(search.person)
            .bind(search.action)
            .bind(search.subject)
            .bind(search.from)
            .bind(search.until)
            .bind(at)
            .bind(id)
            .bind(search.limit)
            .fetch_all(&mut *self.pool.take().await?)
            .await?)
    }

    /// How often an action was refused or done.
    pub async fn audit_count(&self, action: &str, refused: bool) -> Result<i64> {
        let (count,): (i64,) = sqlx::query_as("select count(*) from audit where action = $1 and refused = $2")
            .bind(action)
            .bind(i64::from(refused))
            .fetch_one(&mut *self.pool.take().await?)
            .await?;
        Ok(count)
    }

    /// When an action was last done with a connection, 0 if never; with this detail, if one is named.
    pub async fn last_done(&self, action: &str, subject: &str, detail: Option<&str>) -> Result<i64> {
        let (at,): (i64,) = sqlx::query_as(
            "select coalesce(max(at), 0) from audit
             where action = $1 and subject = $2 and ($3 = '' or detail = $3) and refused = 0",
        )
        .bind(action)
        .bind(subject)
        .bind(detail.unwrap_or_default())
        .fetch_one(&mut *self.pool.take().await?)
        .await?;
        Ok(at)
    }

    /// The name of who did this last with a connection.
    pub async fn last_person(&self, action: &str, subject: &str) -> Result<Option<String>> {
        let sql = "select p.name from audit a join people p on p.id = a.person \
                   where a.action = $1 and a.subject = $2 and a.refused = 0 and a.detail like 'authorized%' order by a.id desc limit 1";
        let row: Option<(String,)> =
            sqlx::query_as(sql).bind(action).bind(subject).fetch_optional(&mut *self.pool.take().await?).await?;
        Ok(row.map(|(name,)| name))
    }
}
