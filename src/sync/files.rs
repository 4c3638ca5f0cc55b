//! Files of a pair: which ones the other side has not got. The same content on both sides is one file.

use super::deliver::{self, Append, Attach};
use super::reconcile::Observed;
use super::{Engine, SyncError, story};
use crate::connectors::{Failure, File};
use crate::store::{DeadLetter, Link};
use merge::Side;
use std::collections::BTreeSet;

/// Both sides' files, oldest first. Where a side does not list them, none are compared, and the sentence says why.
pub(super) type Files = Result<Both, String>;

#[derive(Debug, Default)]
pub(super) struct Both {
    servicenow: Vec<File>,
    platform: Vec<File>,
}

/// A file that shall be attached.
pub(super) struct Missing {
    pub to: Side,
    pub file: File,
    /// Whether the side was told already that the file cannot go there.
    is_told: bool,
}

impl Missing {
    pub fn attach(self, story: story::Story) -> Attach {
        Attach { to: self.to, file: self.file, story }
    }

    /// What the side is told in the file's place.
    pub fn note(&self, letter: &DeadLetter, story: story::Story) -> Option<Append> {
        let entry = deliver::note(&self.file, &letter.problem);
        (!self.is_told).then(|| Append { to: self.to, entry, agreed: deliver::Agreed::new(), story })
    }
}

/// What one look at both sides found.
#[derive(Debug, Default, PartialEq, Eq)]
struct Compared<'a> {
    /// The ids in ServiceNow and on the platform of files with the same content.
    same: Vec<(&'a str, &'a str)>,
    missing: Vec<(Side, &'a File)>,
}

/// The files that both sides told of.
pub(super) fn both(servicenow: Result<Vec<File>, Failure>, platform: Result<Vec<File>, Failure>) -> Files {
    let listed = |side: Side, files: Result<Vec<File>, Failure>| {
        files.map_err(|why| format!("Files are not kept the same, because {side} does not list them: {why}"))
    };
    Ok(Both { servicenow: listed(Side::ServiceNow, servicenow)?, platform: listed(Side::Platform, platform)? })
}

/// Files that one side has and the other has not. What is on both is kept as a pair.
pub(super) async fn missing(engine: &Engine, link: &Link, seen: &Observed) -> Result<Vec<Missing>, SyncError> {
    let Ok(both) = &seen.files else { return Ok(Vec::new()) };
    if both.servicenow.is_empty() && both.platform.is_empty() {
        return Ok(Vec::new());
    }
    let paired = engine.store.paired_files(&link.id).await?;
    let Compared { same, missing } = compare(both, &paired);
    if !same.is_empty() {
        let mut tx = engine.begin().await?;
        for (servicenow_id, platform_id) in same {
            tx.pair_files(&link.id, servicenow_id, platform_id).await?;
        }
        tx.commit().await?;
    }
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let entries = engine.store.paired_entries(&link.id).await?;
    let is_told = |to, file: &File| {
        let note = deliver::note_id(file);
        entries
            .iter()
            .any(|(servicenow, platform)| if to == Side::Platform { servicenow == &note } else { platform == &note })
    };
    let missing = missing.into_iter();
    Ok(missing.map(|(to, file)| Missing { to, file: file.clone(), is_told: is_told(to, file) }).collect())
}

fn compare<'a>(both: &'a Both, paired: &[(String, String)]) -> Compared<'a> {
    let (servicenow_known, platform_known): (BTreeSet<&str>, BTreeSet<&str>) =
        paired.iter().map(|(servicenow, platform)| (servicenow.as_str(), platform.as_str())).unzip();
    let unpaired = |files: &'a [File], known: &BTreeSet<&str>| -> Vec<&'a File> {
        files.iter().filter(|file| !known.contains(file.id.as_str())).collect()
    };
    let mut servicenow = unpaired(&both.servicenow, &servicenow_known);
    let mut platform = unpaired(&both.platform, &platform_known);
    let mut same = Vec::new();
    // Where a side has a content twice, names tell which is which; what is left over pairs in order of time.
    let by_name_too = |one: &File, other: &File| is_same_content(one, other) && one.name == other.name;
    for is_same in [by_name_too, is_same_content] {
        servicenow.retain(|file| {
            let Some(at) = platform.iter().position(|other| is_same(file, other)) else { return true };
            same.push((file.id.as_str(), platform.remove(at).id.as_str()));
            false
        });
    }
    // A file whose content its side does not tell is read first: it may be the very one that seems to be missing there.
    let to_platform = servicenow.iter().filter(|file| file.sha256.is_empty() || !may_be_among(file, &platform));
    let to_servicenow = platform.iter().filter(|file| !may_be_among(file, &servicenow));
    let missing = to_platform.map(|file| (Side::Platform, *file));
    let missing = missing.chain(to_servicenow.map(|file| (Side::ServiceNow, *file))).collect();
    Compared { same, missing }
}

fn is_same_content(one: &File, other: &File) -> bool {
    !one.sha256.is_empty() && one.sha256 == other.sha256
}

fn may_be_among(file: &File, others: &[&File]) -> bool {
    others.iter().any(|other| other.sha256.is_empty() && other.size == file.size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(id: &str, name: &str, sha256: &str) -> File {
        File {
            id: id.into(),
            name: name.into(),
            content_type: "text/plain".into(),
            size: 3,
            sha256: sha256.into(),
            author: "Ada".into(),
            at: 1,
        }
    }

    type Ids<'a> = (Vec<(&'a str, &'a str)>, Vec<(Side, &'a str)>);

    fn ids<'a>(compared: &Compared<'a>) -> Ids<'a> {
        (compared.same.clone(), compared.missing.iter().map(|(to, file)| (*to, file.id.as_str())).collect())
    }

    #[test]
    fn the_same_content_is_paired_by_name_first_and_the_rest_is_missing() {
        let both = Both {
            servicenow: vec![file("s1", "a", "x"), file("s2", "b", "x"), file("s3", "c", "y")],
            platform: vec![file("p1", "b", "x"), file("p2", "d", "z")],
        };
        let found = compare(&both, &[]);
        let missing = vec![(Side::Platform, "s1"), (Side::Platform, "s3"), (Side::ServiceNow, "p2")];
        assert_eq!(ids(&found), (vec![("s2", "p1")], missing));
        let known = [("s1".to_owned(), "left:1".to_owned()), ("s3".to_owned(), "p2".to_owned())];
        assert_eq!(ids(&compare(&both, &known)), (vec![("s2", "p1")], vec![]));
    }

    #[test]
    fn a_file_waits_while_the_other_side_has_one_of_its_size_that_is_not_read_yet() {
        let both = Both { servicenow: vec![file("s1", "a", "")], platform: vec![file("p1", "a", "x")] };
        assert_eq!(ids(&compare(&both, &[])), (vec![], vec![(Side::Platform, "s1")]));
        let mirrored = Both { servicenow: vec![file("s1", "a", "x")], platform: vec![file("p1", "a", "")] };
        assert_eq!(ids(&compare(&mirrored, &[])), (vec![], vec![(Side::ServiceNow, "p1")]));
    }

    proptest! {
        /// Sent what is missing, and paired, both sides hold every file the same number of times, and nothing moves.
        #[test]
        fn after_one_exchange_nothing_is_missing(
            servicenow in prop::collection::vec((0..4_u8, 0..3_u8), 0..6),
            platform in prop::collection::vec((0..4_u8, 0..3_u8), 0..6),
        ) {
            let files = |side: &str, made: &[(u8, u8)]| -> Vec<File> {
                let one = |(at, (content, name)): (usize, &(u8, u8))| {
                    file(&format!("{side}{at}"), &name.to_string(), &content.to_string())
                };
                made.iter().enumerate().map(one).collect()
            };
            let mut both = Both { servicenow: files("s", &servicenow), platform: files("p", &platform) };
            let mut pairs = Vec::new();
            let sent: Vec<(Side, File)> = {
                let found = compare(&both, &[]);
                pairs.extend(found.same.iter().map(|(s, p)| ((*s).to_owned(), (*p).to_owned())));
                found.missing.into_iter().map(|(to, file)| (to, file.clone())).collect()
            };
            for (to, file) in sent {
                let copy = File { id: format!("copy of {}", file.id), ..file.clone() };
                match to {
                    Side::Platform => {
                        pairs.push((file.id, copy.id.clone()));
                        both.platform.push(copy);
                    }
                    Side::ServiceNow => {
                        pairs.push((copy.id.clone(), file.id));
                        both.servicenow.push(copy);
                    }
                }
            }
            prop_assert_eq!(compare(&both, &pairs), Compared::default());
            let contents = |files: &[File]| {
                let mut contents: Vec<String> = files.iter().map(|file| file.sha256.clone()).collect();
                contents.sort();
                contents
            };
            prop_assert_eq!(contents(&both.servicenow), contents(&both.platform));
        }
    }
}
