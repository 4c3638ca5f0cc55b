//! How a piece of a kit stands in ServiceNow: what is shown of its record, beside what the kit would write.

use super::{Kind, Piece};
use std::collections::BTreeMap;

/// The columns of a record as this account sees them; `None` for one that it may not read.
pub type Row = BTreeMap<&'static str, Option<String>>;

/// A column that holds something else than the kit would write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    pub column: &'static str,
    pub there: String,
    pub wanted: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    There {
        /// Whether it is switched off, so that it does nothing.
        is_off: bool,
        deviations: Vec<Deviation>,
        /// Columns that this account may not read: nobody can tell what is in them.
        hidden: Vec<&'static str>,
    },
    /// The account sees such records, and this one is not among them.
    Missing,
    /// There or not: what ServiceNow shows this account does not tell.
    Unknown { why: String },
}

impl Piece {
    pub fn compared(&self, row: &Row) -> Standing {
        let switch = self.switch();
        let (mut is_off, mut deviations, mut hidden) = (false, Vec::new(), Vec::new());
        for (column, wanted) in &self.fields {
            match row.get(column).and_then(Option::as_ref) {
                None => hidden.push(*column),
                Some(there) if plain(column, there) == plain(column, wanted) => {}
                Some(there) if switch == Some(*column) && there == "false" => is_off = true,
                Some(there) => deviations.push(Deviation { column, there: there.clone(), wanted: wanted.clone() }),
            }
        }
        Standing::There { is_off, deviations, hidden }
    }

    /// The column by which a person switches it off.
    fn switch(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Property if self.name.ends_with(".enabled") => Some("value"),
            Kind::Property => None,
            _ => Some("active"),
        }
    }

    /// What its form calls a column.
    pub fn label(&self, column: &'static str) -> &'static str {
        match column {
            "script" => "Script",
            "read_roles" => "Read roles",
            "write_roles" => "Write roles",
            "api_name" => "API Name",
            "sys_security_acl" => "Access control",
            "sys_user_role" => "Role",
            _ => self.kind.form().iter().find(|(name, _)| *name == column).map_or(column, |(_, label)| label),
        }
    }
}

/// The text without what ServiceNow's own forms add to it when they save: their line ends, and the end mark of conditions.
fn plain(column: &str, text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    if column == "filter_condition" { text.trim_end_matches("^EQ").to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::tests::kit;
    use super::*;

    fn rule() -> Piece {
        let is_journal = |piece: &Piece| piece.field("collection") == "sys_journal_field";
        kit("01JD", "Practice").pieces().into_iter().find(is_journal).expect("a rule")
    }

    fn row(piece: &Piece) -> Row {
        piece.fields.iter().map(|(column, value)| (*column, Some(value.clone()))).collect()
    }

    fn there(is_off: bool, deviations: Vec<Deviation>, hidden: Vec<&'static str>) -> Standing {
        Standing::There { is_off, deviations, hidden }
    }

    #[test]
    fn what_a_form_adds_when_it_saves_is_no_deviation() {
        let piece = rule();
        let mut row = row(&piece);
        row.insert("script", Some(piece.field("script").replace('\n', "\r\n") + "\r\n"));
        row.insert("filter_condition", Some(format!("{}^EQ", piece.field("filter_condition"))));
        assert_eq!(piece.compared(&row), there(false, vec![], vec![]));
    }

    #[test]
    fn switched_off_hidden_and_otherwise_are_told_apart() {
        let piece = rule();
        let mut row = row(&piece);
        row.insert("active", Some("false".into()));
        row.insert("when", Some("after".into()));
        row.insert("script", None);
        row.remove("order");
        let otherwise = Deviation { column: "when", there: "after".into(), wanted: "async".into() };
        assert_eq!(piece.compared(&row), there(true, vec![otherwise], vec!["order", "script"]));
        let emptied = Deviation { column: "script", there: String::new(), wanted: piece.field("script").into() };
        row.insert("script", Some(String::new()));
        let Standing::There { deviations, .. } = piece.compared(&row) else { panic!("it is there") };
        assert!(deviations.contains(&emptied));
    }

    #[test]
    fn the_setting_that_stops_all_is_switched_off_and_another_one_is_otherwise() {
        for (name, is_off) in [(".enabled", true), (".table", false)] {
            let pieces = kit("01JD", "Practice").pieces();
            let piece = pieces.iter().find(|piece| piece.name.ends_with(name)).expect("a setting");
            let mut row = row(piece);
            row.insert("value", Some("false".into()));
            let Standing::There { is_off: off, deviations, .. } = piece.compared(&row) else { panic!("it is there") };
            assert_eq!((off, deviations.is_empty()), (is_off, is_off), "{name}");
        }
    }
}
