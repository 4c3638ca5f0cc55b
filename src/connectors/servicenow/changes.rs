//! What changed since a moment: records by `sys_updated_on`, and beside them what need not touch a record's time stamp:
//! journal entries, attachments (contract 4, 5) and deletions (contract 8). By keyset (contract 12.2 to 12.4), and no
//! row is believed that was not asked for: an instance may leave out a condition it does not permit (contract 2.4).

use super::ServiceNow;
use super::answer::Answer;
use super::columns::version;
use super::side::{PAGE, RAW, text};
use crate::clock;
use crate::connectors::{ChangeStream, Failure, Page, Place, Seen, Sight};
use reqwest::Method;
use serde_json::Value as Json;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Where this account is shown deletions, once it is known. Shared by clones.
pub(super) type DeletionsIn = Arc<Mutex<Option<&'static str>>>;

/// The smaller one first; either may be closed or not be written (contract 8).
const DELETIONS: [&str; 2] = ["sys_audit_delete", "sys_audit"];

/// How one stream is asked for.
struct Source {
    stream: ChangeStream,
    table: String,
    /// Columns, each with the one value, or the two, that its rows have.
    fixed: Vec<(&'static str, Vec<String>)>,
    /// The column of time, and that of the record.
    at: &'static str,
    record: &'static str,
}

impl Source {
    fn of(stream: ChangeStream, table: &str, deletions: &str) -> Self {
        let table = table.to_owned();
        let source = |table: &str, fixed, at, record| Self { stream, table: table.to_owned(), fixed, at, record };
        match stream {
            ChangeStream::Records => source(&table, Vec::new(), "sys_updated_on", "sys_id"),
            ChangeStream::Journals => {
                let elements = ["comments", "work_notes"].map(str::to_owned).to_vec();
                let fixed = vec![("name", vec![table]), ("element", elements)];
                source("sys_journal_field", fixed, "sys_created_on", "element_id")
            }
            // Whoever adds a file may date it back; when it came is when its row was touched.
            ChangeStream::Attachments => {
                source("sys_attachment", vec![("table_name", vec![table])], "sys_updated_on", "table_sys_id")
            }
            ChangeStream::Deletions => {
                let mut fixed = vec![("tablename", vec![table])];
                if deletions == "sys_audit" {
                    fixed.push(("fieldname", vec!["DELETED".to_owned()]));
                }
                source(deletions, fixed, "sys_created_on", "documentkey")
            }
        }
    }

    fn conditions(&self) -> String {
        let conditions = self.fixed.iter().map(|(column, values)| match values.as_slice() {
            [one] => format!("{column}={one}^"),
            several => format!("{column}IN{}^", several.join(",")),
        });
        conditions.collect()
    }

    fn query(&self, since: i64, after: Option<&Place>) -> String {
        let (of, column) = (self.conditions(), self.at);
        let rows = match after {
            None => format!("{of}{column}>={}", clock::in_words(since)),
            Some(last) => {
                let at = clock::in_words(last.at);
                format!("{of}{column}>{at}^NQ{of}{column}={at}^sys_id>{}", last.row)
            }
        };
        format!("{rows}^ORDERBY{column}^ORDERBYsys_id")
    }

    fn columns(&self) -> String {
        let fixed = self.fixed.iter().map(|(column, _)| *column);
        let mut columns: Vec<&str> = ["sys_id", "sys_updated_on", "sys_created_on", "sys_mod_count", self.record]
            .into_iter()
            .chain(fixed)
            .collect();
        columns.sort_unstable();
        columns.dedup();
        columns.join(",")
    }

    /// A row, if it is one that was asked for.
    fn read(&self, row: &Json, since: i64) -> Option<Seen> {
        let at = clock::read_moment(&text(row, self.at))?;
        let is_of_it = self.fixed.iter().all(|(column, values)| values.contains(&text(row, column)));
        // Conditions have whole seconds.
        if !is_of_it || at < since.div_euclid(1000) * 1000 {
            return None;
        }
        let (id, key) = (text(row, self.record), text(row, "sys_id"));
        let version = match self.stream {
            ChangeStream::Records => version(row),
            ChangeStream::Journals => format!("journal {key}"),
            ChangeStream::Attachments => format!("file {}", version(row)),
            // The same in both tables of deletions.
            ChangeStream::Deletions => format!("deleted {id}@{}", text(row, self.at)),
        };
        Some(Seen { id, version, place: Place { at, row: key } })
    }

    fn widened(&self) -> Failure {
        let columns: Vec<&str> = self.fixed.iter().map(|(column, _)| *column).chain([self.at]).collect();
        Failure::Forbidden {
            why: format!(
                "ServiceNow answered the query for what changed in table {} with rows that were not asked for, or without \
                 their time: this account may not query the columns {}. Give it the right to read them (and, where query \
                 ACLs are in force, query_range on {}).",
                self.table,
                columns.join(", "),
                self.at
            ),
        }
    }
}

impl ServiceNow {
    pub(super) async fn page_of(
        &self,
        stream: ChangeStream,
        since: i64,
        after: Option<&Place>,
    ) -> Result<Page, Failure> {
        let Some(source) = self.source(stream).await? else {
            return Ok(Page { seen: Vec::new(), is_last: true });
        };
        let query = source.query(since, after);
        // A page of nothing but hidden rows is passed over. What is updated meanwhile leaves it and pulls the others up,
        // hence by half a page.
        for offset in (0..).step_by(PAGE / 2) {
            let answer = self.ask(&source, &query, PAGE, offset).await?;
            let rows = answer.rows();
            let is_last = answer.total.map_or(rows.is_empty(), |total| total <= offset + PAGE);
            if is_last || !rows.is_empty() {
                let since = after.map_or(since, |last| last.at);
                let seen: Option<Vec<Seen>> = rows.iter().map(|row| source.read(row, since)).collect();
                return Ok(Page { seen: seen.ok_or_else(|| source.widened())?, is_last });
            }
        }
        Ok(Page { seen: Vec::new(), is_last: true })
    }

    /// Whether the very query that reads the stream shows any row, among the newest.
    pub(super) async fn sight_of(&self, stream: ChangeStream) -> Result<Sight, Failure> {
        let shown = match self.source(stream).await? {
            Some(source) => self.shows(&source).await?,
            None => false,
        };
        if shown {
            return Ok(Sight::Open);
        }
        if stream == ChangeStream::Deletions {
            *self.deletions_in.lock().await = None;
        }
        let table = &self.table.name;
        let why = match stream {
            ChangeStream::Records => format!(
                "Table {table} shows this account no record: there is none, or an ACL, its domain or a query ACL on \
                 sys_updated_on hides them."
            ),
            ChangeStream::Journals => format!(
                "Table sys_journal_field shows this account no entry of table {table}: there is none yet, or the account \
                 may not read the table. The role audit_viewer lets it."
            ),
            ChangeStream::Attachments => format!(
                "ServiceNow shows this account no file of table {table}: there is none yet, or the account may not read \
                 table sys_attachment."
            ),
            ChangeStream::Deletions => format!(
                "Neither sys_audit_delete nor sys_audit shows this account a deletion in table {table}: nothing was \
                 deleted yet, deletions leave no trace there, or the account may not read them. The role audit_viewer lets \
                 it."
            ),
        };
        Ok(Sight::Closed { why })
    }

    async fn source(&self, stream: ChangeStream) -> Result<Option<Source>, Failure> {
        let mut deletions = "";
        if stream == ChangeStream::Deletions {
            match self.deletions_in().await? {
                Some(table) => deletions = table,
                None => return Ok(None),
            }
        }
        Ok(Some(Source::of(stream, &self.table.name, deletions)))
    }

    async fn deletions_in(&self) -> Result<Option<&'static str>, Failure> {
        let mut known = self.deletions_in.lock().await;
        if known.is_none() {
            for table in DELETIONS {
                if self.shows(&Source::of(ChangeStream::Deletions, &self.table.name, table)).await? {
                    *known = Some(table);
                    break;
                }
            }
        }
        Ok(*known)
    }

    async fn shows(&self, source: &Source) -> Result<bool, Failure> {
        let query = format!("{}{}>={}^ORDERBYDESC{}", source.conditions(), source.at, clock::in_words(0), source.at);
        match self.ask(source, &query, PAGE, 0).await {
            Ok(answer) => Ok(answer.rows().iter().any(|row| source.read(row, 0).is_some())),
            Err(Failure::Forbidden { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }

    async fn ask(&self, source: &Source, query: &str, limit: usize, offset: usize) -> Result<Answer, Failure> {
        let (columns, limit, offset) = (source.columns(), limit.to_string(), offset.to_string());
        let parameters = [
            ("sysparm_query", query),
            ("sysparm_fields", columns.as_str()),
            ("sysparm_limit", &limit),
            ("sysparm_offset", &offset),
            RAW[0],
            RAW[1],
        ];
        // Whoever may read files may do it by their own API.
        let path = ["api", "now", "attachment"];
        match source.stream {
            ChangeStream::Attachments => self.instance.call(Method::GET, &path, &parameters, None).await,
            _ => self.instance.list(&source.table, &parameters).await,
        }
    }
}
