//! What the memory tells of changes.

use super::{Row, State, Traps, version};
use crate::connectors::{ChangeStream, Gone, Place, Seen};

/// All rows of a stream, oldest first, each with whether the account may see it.
pub(super) fn rows(state: &State, traps: &Traps, stream: ChangeStream) -> Vec<(Seen, bool)> {
    let records = state.rows.values();
    let of = |row: &Row, key: &str, at: i64| Seen {
        id: row.record.id.clone(),
        version: key.to_owned(),
        place: Place { at, row: key.to_owned() },
    };
    let mut rows: Vec<(Seen, bool)> = match stream {
        ChangeStream::Records => records
            .map(|row| {
                let place = Place { at: row.record.edited.at, row: row.record.id.clone() };
                (Seen { id: row.record.id.clone(), version: version(row), place }, !row.hidden)
            })
            .collect(),
        ChangeStream::Journals => records
            .flat_map(|row| {
                let is_shown = !row.hidden && !traps.hides_journal;
                row.entries.iter().map(move |line| (of(row, &line.entry.id, line.added), is_shown))
            })
            .collect(),
        ChangeStream::Attachments => records
            .flat_map(|row| row.files.iter().map(move |stored| (of(row, &stored.file.id, stored.added), !row.hidden)))
            .collect(),
        ChangeStream::Deletions => state
            .deleted
            .iter()
            .filter_map(|(id, gone)| {
                let Gone::Deleted { at, .. } = gone else { return None };
                let place = Place { at: *at, row: id.clone() };
                let seen = Seen { id: id.clone(), version: format!("deleted {id}@{at}"), place };
                Some((seen, !traps.silent_about_gone))
            })
            .collect(),
    };
    rows.sort_by(|(a, _), (b, _)| a.place.cmp(&b.place));
    rows
}
