//! Several statements in one message. On SQLite a statement is a message to the thread of its connection and one back, and
//! while somebody writes nobody else may: so writes whose answer nobody waits for wait for the next statement whose answer
//! is needed, or for the commit, and go there together; and reads that belong together go together. (sqlx takes several
//! statements with arguments on SQLite alone.)

use super::{Result, StoreError};
use futures::TryStreamExt;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Either, Execute, Executor};
use std::fmt::Write;

pub(super) type Statement<'q> = Query<'q, Any, AnyArguments>;

/// What waits, in order.
#[derive(Default)]
pub(super) struct Statements {
    text: String,
    arguments: AnyArguments,
    /// Of each statement, whether it must find exactly one row.
    finds_one: Vec<bool>,
}

impl Statements {
    pub fn is_empty(&self) -> bool {
        self.finds_one.is_empty()
    }

    pub fn len(&self) -> usize {
        self.finds_one.len()
    }

    pub fn add<'q>(&mut self, mut statement: impl Execute<'q, Any>, finds_one: bool) -> Result<()> {
        let arguments = statement.take_arguments().map_err(sqlx::Error::Encode)?.unwrap_or_default();
        let before = self.arguments.values.0.len();
        self.add_text(statement.sql().as_str(), before, finds_one);
        self.arguments.values.0.extend(arguments.values.0);
        Ok(())
    }

    /// A statement without arguments.
    pub fn add_plain(&mut self, text: &str) {
        self.add_text(text, 0, false);
    }

    /// `$1` becomes `$4` where three arguments are there before.
    fn add_text(&mut self, text: &str, before: usize, finds_one: bool) {
        let mut parts = text.split('$');
        self.text.extend(parts.next());
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = part.split_at(digits);
            let _ = match number.parse::<usize>() {
                Ok(number) => write!(self.text, "${}{rest}", number + before),
                Err(_) => write!(self.text, "${part}"),
            };
        }
        self.text.push(';');
        self.finds_one.push(finds_one);
    }

    /// All of them, one after the other, as far as none fails. What each answered.
    pub async fn send(self, connection: &mut AnyConnection) -> Result<Vec<Vec<AnyRow>>> {
        let all = sqlx::query_with(AssertSqlSafe(self.text), self.arguments);
        let mut answers = connection.fetch_many(all);
        let mut finds_one = self.finds_one.into_iter();
        let mut rows = vec![Vec::new()];
        while let Some(answer) = answers.try_next().await? {
            match answer {
                Either::Left(done) if finds_one.next() == Some(true) && done.rows_affected() != 1 => {
                    return Err(StoreError::Stale);
                }
                Either::Left(_) => rows.push(Vec::new()),
                Either::Right(row) => rows.last_mut().map(|last| last.push(row)).unwrap_or_default(),
            }
        }
        rows.pop();
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_statement_keeps_its_own_arguments() {
        let mut writes = Statements::default();
        writes.add_plain("savepoint odd");
        writes.add(sqlx::query("a $1, $2").bind(1_i64).bind("two"), false).expect("taken");
        writes.add(sqlx::query("b $2 and $1").bind("three").bind(4_i64), true).expect("taken");
        assert_eq!(writes.text, "savepoint odd;a $1, $2;b $4 and $3;");
        assert_eq!((writes.arguments.values.0.len(), writes.finds_one), (4, vec![false, false, true]));
    }
}
