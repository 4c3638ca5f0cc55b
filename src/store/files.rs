//! Files of Desk's tickets, their content in pieces, and which files of a link are the same on both sides.

use super::{Result, Store, Tx, exactly_one};

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FileLine {
    pub id: String,
    pub ticket_id: String,
    /// The other side's file that it came from; empty when it was added here.
    pub origin: String,
    pub name: String,
    pub content_type: String,
    pub size: i64,
    pub sha256: String,
    pub author: String,
    pub written_in: String,
    pub at: i64,
}

macro_rules! select_file {
    ($rest:literal) => {
        concat!(
            "select id, ticket_id, origin, name, content_type, size, sha256, author, written_in, at from desk_files \
             where state = 'kept' and ",
            $rest
        )
    };
}

pub(super) const FILES: &str = select_file!("ticket_id = $1 order by at, id");

impl Store {
    /// A ticket's files, oldest first.
    pub async fn files(&self, ticket: &str) -> Result<Vec<FileLine>> {
        Ok(sqlx::query_as(FILES).bind(ticket).fetch_all(&mut *self.pool.take().await?).await?)
    }

    pub async fn file(&self, ticket: &str, id: &str) -> Result<Option<FileLine>> {
        let sql = select_file!("ticket_id = $1 and id = $2");
        Ok(sqlx::query_as(sql).bind(ticket).bind(id).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    pub async fn file_by_origin(&self, ticket: &str, origin: &str) -> Result<Option<FileLine>> {
        let sql = select_file!("ticket_id = $1 and origin = $2");
        Ok(sqlx::query_as(sql).bind(ticket).bind(origin).fetch_optional(&mut *self.pool.take().await?).await?)
    }

    /// The piece of a file's content at this place, from 0; none after the last.
    pub async fn piece(&self, file: &str, place: i64) -> Result<Option<Vec<u8>>> {
        let sql = "select content from desk_pieces where file_id = $1 and place = $2";
        let row: Option<(Vec<u8>,)> =
            sqlx::query_as(sql).bind(file).bind(place).fetch_optional(&mut *self.pool.take().await?).await?;
        Ok(row.map(|(content,)| content))
    }

    /// All files of a link that are on both sides: ServiceNow's id and the platform's.
    pub async fn paired_files(&self, link: &str) -> Result<Vec<(String, String)>> {
        let sql = "select servicenow_id, platform_id from attachments where link_id = $1";
        Ok(sqlx::query_as(sql).bind(link).fetch_all(&mut *self.pool.take().await?).await?)
    }
}

#[cfg(test)]
impl Store {
    /// How many pieces lie there, of whole files and of others.
    pub async fn count_pieces(&self) -> Result<i64> {
        let (count,): (i64,) =
            sqlx::query_as("select count(*) from desk_pieces").fetch_one(&mut *self.pool.take().await?).await?;
        Ok(count)
    }
}

impl Tx {
    /// A file whose content is still to come. Nobody sees it before [`Tx::keep_file`].
    pub async fn begin_file(&mut self, f: &FileLine, now: i64) -> Result<()> {
        let sql = "insert into desk_files (id, ticket_id, origin, name, content_type, size, sha256, author, written_in, at, \
                   state, begun_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'arriving', $11)";
        sqlx::query(sql)
            .bind(&f.id)
            .bind(&f.ticket_id)
            .bind(&f.origin)
            .bind(&f.name)
            .bind(&f.content_type)
            .bind(f.size)
            .bind(&f.sha256)
            .bind(&f.author)
            .bind(&f.written_in)
            .bind(f.at)
            .bind(now)
            .execute(self.now().await?)
            .await?;
        Ok(())
    }

    pub async fn add_piece(&mut self, file: &str, place: i64, content: &[u8]) -> Result<()> {
        sqlx::query("insert into desk_pieces (file_id, place, content) values ($1, $2, $3)")
            .bind(file)
            .bind(place)
            .bind(content)
            .execute(self.now().await?)
            .await?;
        Ok(())
    }

    /// All of its content is here: from now on it is seen.
    pub async fn keep_file(&mut self, f: &FileLine) -> Result<()> {
        let sql = "update desk_files set state = 'kept', size = $2, sha256 = $3 where id = $1 and state = 'arriving'";
        exactly_one(&sqlx::query(sql).bind(&f.id).bind(f.size).bind(&f.sha256).execute(self.now().await?).await?)
    }

    /// Removes a file that did not arrive whole.
    pub async fn drop_file(&mut self, id: &str) -> Result<()> {
        for sql in [
            "delete from desk_pieces where file_id in (select id from desk_files where id = $1 and state = 'arriving')",
            "delete from desk_files where id = $1 and state = 'arriving'",
        ] {
            sqlx::query(sql).bind(id).execute(self.now().await?).await?;
        }
        Ok(())
    }

    /// Removes files that began to arrive before this and never did.
    pub async fn sweep_files(&mut self, before: i64) -> Result<()> {
        for sql in [
            "delete from desk_pieces where file_id in (select id from desk_files where state = 'arriving' and begun_at < $1)",
            "delete from desk_files where state = 'arriving' and begun_at < $1",
        ] {
            sqlx::query(sql).bind(before).execute(self.now().await?).await?;
        }
        Ok(())
    }

    pub async fn pair_files(&mut self, link: &str, servicenow_id: &str, platform_id: &str) -> Result<()> {
        let sql = "insert into attachments (link_id, servicenow_id, platform_id) values ($1, $2, $3) \
                   on conflict (link_id, servicenow_id) do nothing";
        self.write(sqlx::query(sql).bind(link).bind(servicenow_id).bind(platform_id)).await
    }
}
