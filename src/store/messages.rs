//! What processes on one PostgreSQL tell each other: that there is work, and names of what changed. Never data.

use super::{Dialect, Result, Store, Tx};
use sqlx::postgres::PgListener;

const WORK: &str = "isthmus_work";
const NEWS: &str = "isthmus_news";

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Some process stored work that is due.
    Work,
    /// As [`Store::tell_news`] was given it.
    News(String),
    /// The connection was cut: something may have been missed.
    Lost,
}

/// A connection of its own that listens. Comes back by itself.
pub struct Messages(PgListener);

impl Messages {
    /// On SQLite there is nobody to listen to.
    pub async fn listen(url: &str, store: &Store) -> Result<Option<Self>> {
        if store.dialect == Dialect::Sqlite {
            return Ok(None);
        }
        let mut listener = PgListener::connect(url).await?;
        listener.listen_all([WORK, NEWS]).await?;
        Ok(Some(Self(listener)))
    }

    pub async fn next(&mut self) -> Result<Heard> {
        Ok(match self.0.try_recv().await? {
            None => Heard::Lost,
            Some(message) if message.channel() == NEWS => Heard::News(message.payload().to_owned()),
            Some(_) => Heard::Work,
        })
    }
}

impl Store {
    /// Tells all processes that listen. On SQLite there are none.
    pub async fn tell_news(&self, text: &str) -> Result<()> {
        if self.dialect == Dialect::Postgres {
            sqlx::query("select pg_notify($1, $2)")
                .bind(NEWS)
                .bind(text)
                .execute(&mut *self.pool.take().await?)
                .await?;
        }
        Ok(())
    }
}

impl Tx {
    /// Wakes the workers of all processes, when and if this is committed.
    pub(super) async fn tell_of_work(&mut self) -> Result<()> {
        if self.dialect == Dialect::Postgres {
            sqlx::query("select pg_notify($1, '')").bind(WORK).execute(self.now().await?).await?;
        }
        Ok(())
    }
}
