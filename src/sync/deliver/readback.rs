//! What a side really stored, beside what was sent: with a friendly answer it may have dropped, cut or changed a value
//! (contract 12.9). Each is explained, and none is fought over.

use crate::store::Cut;
use crate::sync::story;
use merge::{FieldRule, Record, Side, Value};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// What was sent; or the side does not show the field, and nothing can be compared.
    AsSent,
    /// The old value is still there: not agreed on, and a person is told.
    Dropped { why: String },
    /// The beginning of a text. It counts as the whole, until somebody edits it there.
    Cut { cut: Cut, why: String },
    /// Something else: an edit of that side, which the next plan deals with like any other.
    Changed { why: String },
}

/// Compares one rule's field after a write. `before` is what both sides agreed on until then.
pub(super) fn compare(rule: &FieldRule, to: Side, before: Option<&Value>, sent: &Value, record: &Record) -> Stored {
    let Ok(Some(stored)) = rule.canonical(to, record) else { return Stored::AsSent };
    let field = rule.field_on(to);
    if stored.means(sent) {
        return Stored::AsSent;
    }
    if let Some(cut) = Cut::of(to, sent, &stored) {
        let (kept, all) = (length(&stored), length(sent));
        let why = format!(
            "{to} keeps {kept} of the {all} characters of {field}, as its column holds no more. {} still has all of them; \
             the short text does not go back.",
            to.other()
        );
        return Stored::Cut { cut, why };
    }
    if before.is_some_and(|before| before.means(&stored)) {
        let why = format!(
            "{to} answered yes and kept the old value of {field}. The field is read-only for this account (an ACL or a data \
             policy), or a business rule there put the value back. Give the account the right to write it, or take the \
             field out of the mapping in this direction."
        );
        return Stored::Dropped { why };
    }
    let why = format!(
        "{to} stored \"{}\" for {field} where \"{}\" was sent: a business rule or a calculation there changed it. That \
         counts as an edit in {to}.",
        story::show(&stored),
        story::show(sent)
    );
    Stored::Changed { why }
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
        assert!(matches!(after("old", "new"), Stored::Dropped { .. }));
        assert!(matches!(after("a long", "a long text"), Stored::Cut { .. }));
        assert!(matches!(after("NEW", "new"), Stored::Changed { .. }));
        assert!(matches!(after("", "new"), Stored::Changed { .. }), "an emptied field is not a cut one");
    }
}
