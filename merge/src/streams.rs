//! Comments and work notes: append-only sets, not fields. Each entry crosses exactly once, in order.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Public comments and internal notes stay apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    Public,
    Internal,
}

/// One comment or work note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The side's own key.
    pub id: String,
    pub stream: Stream,
    /// The author's name as people read it.
    pub author: String,
    /// UTC milliseconds, by the side's clock.
    pub at: i64,
    pub body: String,
}

/// The entries of one side that the other has not got, oldest first. `known` holds the ids of those
/// that crossed or came from there.
pub fn missing<'a>(entries: &'a [Entry], known: &BTreeSet<String>) -> Vec<&'a Entry> {
    let mut missing: Vec<&Entry> = entries.iter().filter(|entry| !known.contains(&entry.id)).collect();
    // Stable: entries of one second keep the order in which the side listed them.
    missing.sort_by_key(|entry| entry.at);
    missing
}

/// An entry as text for a side that cannot keep another author: the name and the time come first.
/// `moment` is the entry's time in words.
pub fn attributed(author: &str, moment: &str, from: &str, body: &str) -> String {
    format!("{author} wrote in {from}, {moment}:\n{body}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_missing_is_exactly_what_is_unknown_in_order(times in proptest::collection::vec(0_i64..5, 0..12), known in proptest::collection::btree_set(0_usize..12, 0..12)) {
            let entries: Vec<Entry> = times.iter().enumerate().map(|(i, at)| Entry {
                id: i.to_string(), stream: Stream::Public, author: "A".into(), at: *at, body: String::new(),
            }).collect();
            let known: BTreeSet<String> = known.iter().map(ToString::to_string).collect();
            let found = missing(&entries, &known);
            prop_assert_eq!(found.len(), entries.iter().filter(|entry| !known.contains(&entry.id)).count());
            prop_assert!(found.iter().all(|entry| !known.contains(&entry.id)));
            prop_assert!(found.windows(2).all(|pair| (pair[0].at, pair[0].id.parse::<i64>().unwrap()) < (pair[1].at, pair[1].id.parse::<i64>().unwrap())));
        }
    }
}
