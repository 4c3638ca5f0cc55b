//! What calls say, in the formats that senders have: ours, and those of guides whose scripts people have installed
//! already. Nothing is believed but which record moved.
//!
//! * ours: `event`, `table`, `sys_id` and `kind`;
//! * the record's own fields, with `sys_id` or at least `number` among them: the incident as S2's and S3's scripts send
//!   it, and S4's hook on the record's table;
//! * a row of `sys_journal_field`, S4's hook for comments: the record is its `element_id`, the table its `name`;
//! * a row of `sys_attachment`, S4's hook for files: the record is its `table_sys_id`, the table its `table_name`.

use crate::queue::Named;
use serde::Deserialize;

const LONGEST_EVENT: usize = 200;
const LONGEST_NUMBER: usize = 40;
/// ServiceNow puts this before the table of a file that is a picture in a field.
const PICTURE: &str = "ZZ_YY";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The sender's own name of what happened: told twice, it is the same.
    pub event: Option<String>,
    /// Where the sender says it.
    pub table: Option<String>,
    /// A sys_id, or a number in capitals.
    pub record: String,
    pub is_number: bool,
    /// A person in ServiceNow asks for just this record.
    pub is_asked: bool,
}

impl Hint {
    /// What a job has as its subject.
    pub fn subject(&self) -> String {
        Named { name: &self.record, is_number: self.is_number, is_asked: self.is_asked }.subject()
    }
}

/// The members that any format has; all others are passed over.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    event: Option<String>,
    kind: Option<String>,
    table: Option<String>,
    sys_id: Option<String>,
    number: Option<String>,
    element_id: Option<String>,
    name: Option<String>,
    table_sys_id: Option<String>,
    table_name: Option<String>,
}

/// `None` for anything else: no JSON, wrong types, no record.
pub fn read(body: &[u8]) -> Option<Hint> {
    let said: Said = serde_json::from_slice(body).ok()?;
    match said {
        Said { event: Some(_), .. } => ours(said),
        Said { element_id: Some(record), name: table, .. } => Some(hint(table, sys_id(record)?)),
        Said { table_sys_id: Some(record), table_name, .. } => {
            let table = table_name.map(|name| name.strip_prefix(PICTURE).unwrap_or(&name).to_owned());
            Some(hint(table, sys_id(record)?))
        }
        Said { sys_id: Some(record), table, .. } if !record.is_empty() => Some(hint(table, sys_id(record)?)),
        Said { number: Some(number), table, .. } => Some(Hint { is_number: true, ..hint(table, capitals(&number)?) }),
        _ => None,
    }
}

/// A kind that is not known is news of the record like any other.
fn ours(said: Said) -> Option<Hint> {
    let event = said.event.filter(|event| event.len() <= LONGEST_EVENT && !event.contains(char::is_control))?;
    let hint = hint(Some(said.table?), sys_id(said.sys_id?)?);
    Some(Hint { event: Some(event), is_asked: said.kind.as_deref() == Some("manual"), ..hint })
}

fn hint(table: Option<String>, record: String) -> Hint {
    Hint { event: None, table, record, is_number: false, is_asked: false }
}

fn sys_id(text: String) -> Option<String> {
    (text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(text)
}

fn capitals(number: &str) -> Option<String> {
    let is_number = (1..=LONGEST_NUMBER).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric());
    is_number.then(|| number.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn read(text: &str) -> Option<Hint> {
        super::read(text.replace("ID", ID).as_bytes())
    }

    fn of_table(table: &str) -> Hint {
        hint(Some(table.to_owned()), ID.to_owned())
    }

    #[test]
    fn ours_is_read_with_its_event_and_kind() {
        let told = read(r#"{"event":"e1","table":"incident","sys_id":"ID"}"#);
        assert_eq!(told, Some(Hint { event: Some("e1".into()), ..of_table("incident") }));
        for kind in ["record", "journal", "attachment", "deleted", "some other"] {
            let text = format!(r#"{{"event":"e1","table":"incident","sys_id":"ID","kind":"{kind}","more":[1,{{}}]}}"#);
            assert_eq!(read(&text), told, "{kind}");
        }
        let asked = read(r#"{"event":"e1","table":"incident","sys_id":"ID","kind":"manual"}"#).expect("ours");
        assert_eq!(asked.subject(), format!("asked:{ID}"));
    }

    #[test]
    fn a_record_is_known_by_its_sys_id_or_else_by_its_number() {
        let plain = Some(hint(None, ID.to_owned()));
        assert_eq!(read(r#"{"sys_id":"ID","number":"INC0010001","short_description":null,"state":6}"#), plain);
        let numbered =
            read(r#"{"sys_id":"","number":"cs0010001","table":"sn_customerservice_case"}"#).expect("a record");
        assert_eq!(numbered.subject(), "number:CS0010001");
        assert_eq!(numbered.table.as_deref(), Some("sn_customerservice_case"));
    }

    #[test]
    fn a_comment_and_a_file_name_the_record_that_they_belong_to() {
        let comment = r#"{"sys_id":"x","element_id":"ID","name":"incident","element":"comments","value":"Hello"}"#;
        assert_eq!(read(comment), Some(of_table("incident")));
        let file = r#"{"sys_id":"x","table_sys_id":"ID","table_name":"incident","file_name":"a.txt"}"#;
        assert_eq!(read(file), Some(of_table("incident")));
        assert_eq!(read(r#"{"table_sys_id":"ID","table_name":"ZZ_YYincident"}"#), Some(of_table("incident")));
    }

    #[test]
    fn what_names_no_record_is_not_read() {
        for text in [
            "",
            "null",
            "{}",
            "[]",
            "\"ID\"",
            r#"{"sys_id":7}"#,
            r#"{"sys_id":"short"}"#,
            r#"{"sys_id":"' or 1=1 or 'aaaaaaaaaaaaaaaaaaa"}"#,
            r#"{"number":"INC1^ORactive=true"}"#,
            r#"{"event":"e1","sys_id":"ID"}"#,
            r#"{"event":"e\n1","table":"incident","sys_id":"ID"}"#,
            r#"{"sys_id":"ID","sys_id":"ID"}"#,
            r#"{"sys_id":"ID"} and more"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            super::read(&bytes);
        }

        /// JSON that looks right, with anything in the places that are read.
        #[test]
        fn what_is_read_is_a_name_and_nothing_else(
            member in "event|kind|table|sys_id|number|element_id|name|table_sys_id|table_name",
            value in ".{0,60}",
            more in "[a-zA-Z0-9]{32}",
        ) {
            let body = serde_json::json!({"sys_id": more, "event": "e", "table": "incident"});
            for mut body in [body, serde_json::json!({"number": "INC1"}), serde_json::json!({"element_id": more})] {
                body[&member] = value.clone().into();
                if let Some(hint) = super::read(body.to_string().as_bytes()) {
                    prop_assert!(hint.record.len() <= LONGEST_NUMBER);
                    prop_assert!(!hint.record.is_empty() && hint.record.bytes().all(|byte| byte.is_ascii_alphanumeric()));
                }
            }
        }
    }
}
