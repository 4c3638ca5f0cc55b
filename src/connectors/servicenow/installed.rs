//! The kit in ServiceNow itself: written there, and read back.

use super::ServiceNow;
use super::answer::Answer;
use super::kit::{Kind, Piece, Row, Standing};
use super::side::{RAW, text};
use crate::connectors::Failure;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// How many records of a table are looked at to see whether the account sees any: rights hide rows after the limit
/// was applied (contract 2.2).
const SAMPLE: &str = "20";

impl ServiceNow {
    /// Writes a record of a kit, anew or over the one that is there, also if a person made that one by hand.
    pub async fn install(&self, piece: &Piece) -> Result<(), Failure> {
        let table = piece.kind.table();
        let mut row: Map<String, Json> =
            piece.fields.iter().map(|(column, value)| ((*column).to_owned(), value.as_str().into())).collect();
        if let Some(id) = self.installed_as(piece).await? {
            self.instance.patch(table, &id, &[], &Json::Object(row)).await?;
        } else {
            row.insert("sys_id".to_owned(), piece.sys_id.as_str().into());
            self.instance.insert(table, &Json::Object(row)).await?;
        }
        Ok(())
    }

    /// The sys_id of the record that is this piece already.
    async fn installed_as(&self, piece: &Piece) -> Result<Option<String>, Failure> {
        let column = piece.kind.known_by().unwrap_or("sys_id");
        let (known, fields) = (piece.field(column), format!("sys_id,{column}"));
        let query = format!("sys_id={}^OR{column}={known}", piece.sys_id);
        let parameters = [("sysparm_query", query.as_str()), ("sysparm_fields", &fields), RAW[0], RAW[1]];
        let answer = self.instance.list(piece.kind.table(), &parameters).await?;
        Ok(find(answer.rows(), piece).map(|row| text(row, "sys_id")))
    }

    /// How each of these pieces stands there, in their order. Only reads.
    pub async fn standing(&self, pieces: &[Piece]) -> Result<Vec<Standing>, Failure> {
        let mut tables = BTreeMap::new();
        let mut standing = Vec::new();
        for piece in pieces {
            let table = piece.kind.table();
            if !tables.contains_key(table) {
                let same: Vec<&Piece> = pieces.iter().filter(|other| other.kind == piece.kind).collect();
                tables.insert(table, self.look(piece.kind, &same).await?);
            }
            standing.push(match &tables[table] {
                Shown::Nothing { why } => Standing::Unknown { why: why.clone() },
                Shown::Rows { rows, without } => match find(rows, piece) {
                    Some(row) => piece.compared(&self.read_back(piece, row).await?),
                    None => without.clone(),
                },
            });
        }
        Ok(standing)
    }

    /// What the account is shown of the pieces of a kind.
    async fn look(&self, kind: Kind, pieces: &[&Piece]) -> Result<Shown, Failure> {
        let joined = |of: &dyn Fn(&Piece) -> String| pieces.iter().map(|piece| of(piece)).collect::<Vec<_>>().join(",");
        let mut query = format!("sys_idIN{}", joined(&|piece| piece.sys_id.clone()));
        if let Some(column) = kind.known_by() {
            query = format!("{query}^OR{column}IN{}", joined(&|piece| piece.field(column).to_owned()));
        }
        let columns: BTreeSet<&str> = pieces.iter().flat_map(|piece| piece.fields.keys().copied()).collect();
        let columns = std::iter::once("sys_id").chain(columns).collect::<Vec<_>>().join(",");
        let parameters = [("sysparm_query", query.as_str()), ("sysparm_fields", &columns), RAW[0], RAW[1]];
        let answer = match self.instance.list(kind.table(), &parameters).await {
            Ok(answer) => answer,
            Err(Failure::Forbidden { why }) => return Ok(Shown::Nothing { why }),
            Err(other) => return Err(other),
        };
        let is_whole = pieces.iter().all(|piece| find(answer.rows(), piece).is_some());
        let without = if is_whole || self.would_show(kind, pieces, &answer).await? {
            Standing::Missing
        } else {
            let why = format!(
                "ServiceNow shows this account no such record, but it may hide one: not all of table {} is open to the account.",
                kind.table()
            );
            Standing::Unknown { why }
        };
        Ok(Shown::Rows { rows: answer.rows().to_vec(), without })
    }

    /// Whether a piece that is not among these rows is surely not there: nothing was hidden of the answer, the query
    /// was understood, and the account sees records of that table with the column that was asked for (contract 2.4, 2.6).
    async fn would_show(&self, kind: Kind, pieces: &[&Piece], answer: &Answer) -> Result<bool, Failure> {
        let is_ours = |row: &Json| pieces.iter().any(|piece| is_it(row, piece));
        if answer.total != Some(answer.rows().len()) || !answer.rows().iter().all(is_ours) {
            return Ok(false);
        }
        let column = kind.known_by().unwrap_or("sys_id");
        let (query, fields) = (format!("{column}ISNOTEMPTY"), format!("sys_id,{column}"));
        let parameters = [
            ("sysparm_query", query.as_str()),
            ("sysparm_fields", &fields),
            ("sysparm_limit", SAMPLE),
            ("sysparm_no_count", "true"),
            RAW[0],
            RAW[1],
        ];
        match self.instance.list(kind.table(), &parameters).await {
            Ok(sample) => Ok(sample.rows().iter().any(|row| !text(row, column).is_empty())),
            Err(Failure::Forbidden { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// A record's columns, with those left out that the account may not read: hidden is not empty (contract 2.5).
    async fn read_back(&self, piece: &Piece, row: &Json) -> Result<Row, Failure> {
        let id = text(row, "sys_id");
        let mut read = Row::new();
        for (column, wanted) in &piece.fields {
            let mut shown = row.get(*column).and_then(Json::as_str).map(str::to_owned);
            if shown.as_deref() == Some("")
                && !wanted.is_empty()
                && !self.are_blank(piece.kind.table(), &id, &[(*column).to_owned()]).await?
            {
                shown = None;
            }
            read.insert(column, shown);
        }
        Ok(read)
    }
}

/// What a table shows to this account.
enum Shown {
    Nothing {
        why: String,
    },
    Rows {
        rows: Vec<Json>,
        /// How a piece stands that is not among them.
        without: Standing,
    },
}

/// The record of a piece; of two, the one that we made.
fn find<'a>(rows: &'a [Json], piece: &Piece) -> Option<&'a Json> {
    rows.iter().filter(|row| is_it(row, piece)).max_by_key(|row| text(row, "sys_id") == piece.sys_id)
}

/// A query that is not understood finds more than was asked for (contract 2.4): never a record of somebody else's.
fn is_it(row: &Json, piece: &Piece) -> bool {
    let known = |column: &str| !piece.field(column).is_empty() && text(row, column) == piece.field(column);
    text(row, "sys_id") == piece.sys_id || piece.kind.known_by().is_some_and(known)
}
