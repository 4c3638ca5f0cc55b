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
    /// Somebody whom the rule names, for a user whom the side does not have: counts as that user, until somebody edits it.
    StandsIn(Cut),
    /// Something else: an edit of that side, which the next plan deals with like any other.
    Changed(Value),
}

/// Compares one rule's field after a write. `before` is what both sides agreed on until then.
pub(super) fn compare(rule: &FieldRule, to: Side, before: Option<&Value>, sent: &Value, record: &Record) -> Stored {
    let Ok(Some(stored)) = rule.canonical(to, record) else { return Stored::AsSent };
    if stored.means(sent) {
        Stored::AsSent
    } else if before.is_some_and(|before| before.means(&stored)) {
        // Also where the old text is the beginning of the new one: nothing shows that any of it was taken.
        Stored::Dropped
    } else if let Some(cut) = Cut::of(to, sent, &stored) {
        Stored::Cut(cut)
    } else {
        Stored::Changed(stored)
    }
}

/// The same for a field that a stand-in was written to.
pub(super) fn compare_stand_in(rule: &FieldRule, to: Side, stand_in: &Value, sent: &Value, record: &Record) -> Stored {
    match rule.canonical(to, record) {
        Ok(Some(kept)) if kept.means(stand_in) => Stored::StandsIn(Cut { side: to, whole: sent.clone(), kept }),
        _ => compare(rule, to, None, sent, record),
    }
}

/// Asks the side why the fields of a write are not as they were sent.
pub(super) async fn cause(side: &dyn Connector, written: &Fields, record: &Record, stored: &Stored) -> Option<String> {
    if let Stored::AsSent | Stored::StandsIn(_) = stored {
        return None;
    }
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
        Stored::StandsIn(cut) => format!(
            "{to} has nobody with the e-mail {}, so {} stands in for {} in {field}, as the rule says. {other} keeps its own; the \
             stand-in does not go back.",
            sent.plain(),
            cut.kept.plain(),
            story::show(sent)
        ),
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
        assert_eq!(after("old", "old, and more"), Stored::Dropped);
        assert_eq!(after("NEW", "new"), Stored::Changed(Value::text("NEW")));
        assert_eq!(after("", "new"), Stored::Changed(Value::Empty), "an emptied field is not a cut one");
    }
}
