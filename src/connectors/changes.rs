//! How a side tells what changed: streams of rows in the order of time, read by keyset (contract 12.2 to 12.4).

use serde::{Deserialize, Serialize};

/// What tells of changes. A comment or a file need not touch its record's time stamp (contract 4, 5), and a deleted
/// record has none left, so each is a stream of its own where a side keeps it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeStream {
    Records,
    Journals,
    Attachments,
    Deletions,
}

impl ChangeStream {
    pub const ALL: [Self; 4] = [Self::Records, Self::Journals, Self::Attachments, Self::Deletions];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Journals => "journals",
            Self::Attachments => "attachments",
            Self::Deletions => "deletions",
        }
    }
}

/// A row's place in the order of its stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// UTC milliseconds, in the side's own precision and by its own clock.
    pub at: i64,
    /// The row's own key.
    pub row: String,
}

/// A row of a stream: a hint which record moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The record that it is about.
    pub id: String,
    /// The same for one state of the row, however often it is seen (contract 12.2), and another for each other row.
    pub version: String,
    pub place: Place,
}

/// One page of a stream, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub seen: Vec<Seen>,
    /// Nothing is behind it. A short page says nothing of that, an empty one is the last.
    pub is_last: bool,
}

impl Page {
    /// Of the rows that are next, each with whether this account may see it. The page is cut before the ACLs (contract
    /// 12.4), and one with nothing to show is passed over.
    pub fn cut(rows: &[(Seen, bool)], size: usize) -> Self {
        let pages = rows.chunks(size.max(1));
        let count = pages.len();
        let shown = |page: &[(Seen, bool)]| -> Vec<Seen> {
            page.iter().filter(|(_, is_shown)| *is_shown).map(|(seen, _)| seen.clone()).collect()
        };
        let first = pages.map(shown).enumerate().find(|(_, seen)| !seen.is_empty());
        let (at, seen) = first.unwrap_or((count, Vec::new()));
        Self { seen, is_last: at + 1 >= count }
    }
}

/// Whether a stream that shows no row can be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It shows rows to this account, so none means that nothing happened.
    Open,
    /// It shows none at all: there is none yet, or this account may not read it. The sentence says what would tell.
    Closed { why: String },
}

/// What a side's limits leave to work that is not urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Requests until the reset.
    pub left: i64,
    /// By our own clock.
    pub resets_at: i64,
}
