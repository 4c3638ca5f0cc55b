//! What a side really stored, beside what was sent: with a friendly answer it may have dropped, cut or changed a value
//! (contract 12.9). Each is explained, and none is fought over.

use crate::connectors::{Connector, Difference};
use crate::store::Cut;
use crate::sync::story;
use merge::{FieldRule, Fields, Record, Side, Value};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// What was sent; or the side does not show the field, and nothing can be compared.
    AsSent,
    /// The old value is still there: not agreed on, and a person is told.
    Dropped,
    /// The beginning of a text. It counts as the whole, until somebody edits it there.
    Cut(Cut),
    /// Something else: an edit of that side, which the next plan deals with like any other.
    Changed(Value),
}

/// Compares one rule's field after a write. `before` is what both sides agreed on until then.
pub(super) fn compare(rule: &FieldRule, to: Side, before: Option<&Value>, sent: &Value, record: &Record) -> Stored {
    let Ok(Some(stored)) = rule.canonical(to, record) else { return Stored::AsSent };
    if stored.means(sent) {
        Stored::AsSent
    } else if let Some(cut) = Cut::of(to, sent, &stored) {
        Stored::Cut(cut)
    } else if before.is_some_and(|before| before.means(&stored)) {
        Stored::Dropped
    } else {
        Stored::Changed(stored)
    }
}

/// Asks the side why the fields of a write are not as they were sent.
pub(super) async fn cause(side: &dyn Connector, written: &Fields, record: &Record, stored: &Stored) -> Option<String> {
    let is_other =
        |(field, sent): &(&String, &Value)| record.fields.get(*field).is_some_and(|there| !there.means(sent));
    let (field, sent) = written.iter().find(is_other)?;
    side.why_other(&Difference { record, field, sent, is_old: *stored == Stored::Dropped }).await
}

/// What is told of a difference, with the cause that the side names, or else with what it can be.
pub(super) fn sentence(stored: &Stored, rule: &FieldRule, to: Side, sent: &Value, cause: Option<&str>) -> String {
    let (field, other) = (rule.field_on(to), to.other());
    match stored {
        Stored::AsSent => String::new(),
        Stored::Cut(cut) => format!(
            "{to} keeps {} of the {} characters of {field}: {}. {other} still has all of them; the short text does not go back.",
            length(&cut.kept),
            length(&cut.whole),
            cause.unwrap_or("its column holds no more")
        ),
        Stored::Dropped => format!(
            "{to} answered yes and kept the old value of {field}: {}",
            cause.unwrap_or(
                "the field is read-only for this account (an ACL or a data policy), or a business rule there put the value \
                 back. Give the account the right to write it, or take the field out of the mapping in this direction."
            )
        ),
        Stored::Changed(stored) => format!(
            "{to} stored \"{}\" for {field} where \"{}\" was sent: {} That counts as an edit in {to}.",
            story::show(stored),
            story::show(sent),
            cause.unwrap_or("a business rule or a calculation there changed it.")
        ),
    }
}

fn length(text: &Value) -> usize {
    text.as_str().chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use merge::{Fields, incident_to_desk};

    fn after(stored: &str, sent: &str) -> Stored {
        let rules = incident_to_desk();
        let rule = rules.fields.iter().find(|rule| rule.name == "title").expect("a rule");
        let fields = Fields::from([("short_description".to_owned(), Value::text(stored))]);
        let record = Record { fields, ..Record::default() };
        compare(rule, Side::ServiceNow, Some(&Value::text("old")), &Value::text(sent), &record)
    }

    #[test]
    fn each_difference_has_its_own_name() {
        assert_eq!(after("new", "new"), Stored::AsSent);
        assert_eq!(after("old", "new"), Stored::Dropped);
        assert!(matches!(after("a long", "a long text"), Stored::Cut(_)));
        assert_eq!(after("NEW", "new"), Stored::Changed(Value::text("NEW")));
        assert_eq!(after("", "new"), Stored::Changed(Value::Empty), "an emptied field is not a cut one");
    }
}
