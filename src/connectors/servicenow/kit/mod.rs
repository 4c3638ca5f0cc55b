//! What is installed in ServiceNow for a connection (contract 11), so that changes are told at once: the records, each
//! with what a person must know to make it by hand, and all of them as a file that installs them or takes them away.
//! Without any of it polling finds every change.
//!
//! The same connection makes the same sys_ids each time, so that installing again updates. Several connections live
//! side by side on an instance: each name carries the connection's tag. No text of a person ever gets into a script.

mod kind;
mod pieces;
mod rights;
mod standing;
mod update_set;

pub use kind::Kind;
pub use standing::{Deviation, Row, Standing};
pub use update_set::{uninstall_set, update_set};

use secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Which entries of a record are told of besides the record itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    /// Comments and work notes.
    pub journals: bool,
    pub attachments: bool,
}

impl Streams {
    pub const ALL: Self = Self { journals: true, attachments: true };
}

/// One connection, as ServiceNow must know it.
#[derive(Clone, Debug)]
pub struct Kit {
    /// The connection's id. All sys_ids come from it.
    pub connection: String,
    /// What people call it.
    pub name: String,
    /// The table in ServiceNow whose records are told of.
    pub table: String,
    pub streams: Streams,
    /// Where webhooks go: `https://HOST/hooks/{key}`.
    pub endpoint: String,
    pub secret: SecretString,
}

/// One record of ServiceNow's, and how a person makes and checks it by hand.
#[derive(Clone, PartialEq, Eq)]
pub struct Piece {
    pub kind: Kind,
    pub sys_id: String,
    /// What people call it.
    pub name: String,
    /// Whether changes are told without it too: it makes something easier, or is for accounts without wide rights.
    pub is_optional: bool,
    /// The columns that matter, as the Table API reads and writes them. What is not named here keeps its usual value.
    pub fields: BTreeMap<&'static str, String>,
    pub does: String,
    /// How to see that it is there and works.
    pub check: String,
}

impl Piece {
    fn with(mut self, column: &'static str, value: impl Into<String>) -> Self {
        self.fields.insert(column, value.into());
        self
    }

    fn with_all<const N: usize>(self, fields: [(&'static str, &str); N]) -> Self {
        fields.into_iter().fold(self, |piece, (column, value)| piece.with(column, value))
    }

    fn does(self, does: impl Into<String>) -> Self {
        Self { does: does.into(), ..self }
    }

    fn check(self, check: impl Into<String>) -> Self {
        Self { check: check.into(), ..self }
    }

    fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }

    pub fn field(&self, column: &str) -> &str {
        self.fields.get(column).map_or("", String::as_str)
    }

    /// The text to paste, where there is one.
    pub fn script(&self) -> Option<&str> {
        self.fields.get("script").map(String::as_str)
    }

    /// Whether a value in it is to be treated as a password.
    pub fn is_secret(&self) -> bool {
        self.kind == Kind::Property && (self.name.ends_with(".secret") || self.name.ends_with(".endpoint"))
    }

    /// What to fill in, in the form's order and words. The script is apart.
    pub fn form(&self) -> Vec<(&'static str, String)> {
        let filled = |(column, label): &(&'static str, &'static str)| {
            let value = self.fields.get(column)?;
            let shown = match value.as_str() {
                "true" => "ticked",
                "false" => "not ticked",
                value => value,
            };
            Some((*label, shown.to_owned()))
        };
        self.kind.form().iter().filter_map(filled).collect()
    }
}

impl Kit {
    fn piece(&self, kind: Kind, part: &str, name: impl Into<String>) -> Piece {
        let (sys_id, name) = (self.id(part), name.into());
        let (fields, does, check) = (BTreeMap::new(), String::new(), String::new());
        Piece { kind, sys_id, name, is_optional: false, fields, does, check }
    }

    /// The sys_id of a part of this kit.
    fn id(&self, part: &str) -> String {
        hex_id(&format!("isthmus {part} {}", self.connection))
    }

    /// Tells the connections on an instance apart, in names that scripts and people use.
    pub fn tag(&self) -> String {
        self.id("tag").chars().take(8).collect()
    }

    /// The connection's name as a line of text that any form and any XML takes.
    fn shown_name(&self) -> String {
        let is_text = |letter: &char| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}');
        let words = self.name.split_whitespace().map(|word| word.chars().filter(is_text).collect::<String>());
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").chars().take(60).collect()
    }
}

/// 32 hexadecimal digits out of a text, the same each time.
fn hex_id(text: &str) -> String {
    let hash = Sha256::digest(text);
    let half: [u8; 16] = std::array::from_fn(|i| hash[i]);
    format!("{:032x}", u128::from_be_bytes(half))
}

#[cfg(test)]
mod tests;
