//! A linked record is gone on one side: what becomes of the other.
//!
//! Whether a record is gone or only hidden from the account is for the caller to tell apart; nothing here may be asked
//! about a hidden one.

use crate::plan::Write;
use crate::record::Record;
use crate::rules::Rules;
use crate::side::Side;
use crate::value::Value;
use serde::{Deserialize, Serialize};

/// What a connection does with the record that is left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDeletion {
    /// It stays, and its link says that the partner is gone.
    #[default]
    Keep,
    /// It gets this value under this rule: the rule `status` and the platform's `Closed`.
    Close {
        rule: String,
        value: Value,
    },
    /// It stays and is no longer linked.
    Unlink,
    Delete,
}

/// By the side that the record is gone from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletions {
    #[serde(default)]
    pub in_servicenow: OnDeletion,
    #[serde(default)]
    pub on_platform: OnDeletion,
}

impl Deletions {
    pub fn of(&self, gone: Side) -> &OnDeletion {
        match gone {
            Side::ServiceNow => &self.in_servicenow,
            Side::Platform => &self.on_platform,
        }
    }
}

/// What to do with the record that is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Left {
    Keep,
    Write(Write),
    Unlink,
    Delete,
}

/// The decision with its sentence, to be shown after the one that says who deleted the other record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    pub left: Left,
    pub sentence: String,
}

/// Decides about the record that is left when its partner is gone from a side. `lost` is what is still known of that
/// one, its number at least, for the templates of required fields.
pub fn on_deletion(rules: &Rules, gone: Side, lost: &Record, left: &Record) -> Deletion {
    let here = rules.name_of(gone.other());
    let policy = rules.deletions.of(gone);
    let decided = |what: Left, then: &str| Deletion {
        left: what,
        sentence: format!("{then} Mapping version {}.", rules.version),
    };
    let keep = |why: &str| decided(Left::Keep, &format!("{here}'s is kept{why}."));
    if *policy != OnDeletion::Keep && !rules.direction.allows(gone.other()) {
        return keep(&format!(", since the connection lets nothing go to {here}"));
    }
    match policy {
        OnDeletion::Keep => keep(", as the connection says"),
        OnDeletion::Unlink => {
            decided(Left::Unlink, &format!("{here}'s is kept and no longer linked, as the connection says."))
        }
        OnDeletion::Delete => decided(Left::Delete, &format!("{here}'s is deleted too, as the connection says.")),
        OnDeletion::Close { rule, value } => close(rules, rule, value, gone.other(), lost, left).map_or_else(
            |why| keep(&format!(": {why}")),
            |write| decided(Left::Write(write), &format!("{here}'s gets {rule} \"{value}\", as the connection says.")),
        ),
    }
}

fn close(rules: &Rules, name: &str, value: &Value, to: Side, lost: &Record, left: &Record) -> Result<Write, String> {
    let rule = rules.rule(name).ok_or_else(|| format!("the mapping has no rule \"{name}\" to close it by"))?;
    let put = rule.put(to, value, left, lost).map_err(|unmapped| unmapped.sentence.trim_end_matches('.').to_owned())?;
    // Agreed on, so that the record that comes back finds it closed by nobody, and opens it again.
    Ok(Write { to, fields: put.fields, also: put.also, agree: Some(value.clone()), no_match: rule.no_match.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Fields;
    use crate::{Direction, incident_to_desk};

    fn lost() -> Record {
        Record { number: "TKT0000007".into(), ..Record::default() }
    }

    fn closing() -> OnDeletion {
        OnDeletion::Close { rule: "status".into(), value: Value::choice("Closed") }
    }

    #[test]
    fn by_default_the_other_record_is_kept_and_told_of() {
        for gone in Side::BOTH {
            let deletion = on_deletion(&incident_to_desk(), gone, &lost(), &Record::default());
            assert_eq!(deletion.left, Left::Keep);
            assert!(deletion.sentence.contains("is kept"), "{}", deletion.sentence);
        }
    }

    #[test]
    fn closing_brings_what_the_side_requires() {
        let mut rules = incident_to_desk();
        rules.deletions.on_platform = closing();
        let fields = Fields::from([("state".to_owned(), Value::choice("2"))]);
        let left = Record { fields, ..Record::default() };
        let Left::Write(write) = on_deletion(&rules, Side::Platform, &lost(), &left).left else { panic!("a write") };
        assert_eq!((write.to, &write.fields["state"]), (Side::ServiceNow, &Value::choice("7")));
        assert!(write.also.contains_key("close_code") && write.also["close_notes"].as_str().contains("TKT0000007"));
    }

    #[test]
    fn nothing_is_done_against_the_connections_direction_or_without_a_rule() {
        let mut rules = incident_to_desk();
        rules.deletions.on_platform = OnDeletion::Delete;
        assert_eq!(on_deletion(&rules, Side::Platform, &lost(), &Record::default()).left, Left::Delete);
        rules.direction = Direction::ToPlatform;
        assert_eq!(on_deletion(&rules, Side::Platform, &lost(), &Record::default()).left, Left::Keep);
        rules.deletions.in_servicenow = OnDeletion::Close { rule: "gone".into(), value: Value::choice("Closed") };
        let kept = on_deletion(&rules, Side::ServiceNow, &lost(), &Record::default());
        assert!(kept.left == Left::Keep && kept.sentence.contains("\"gone\""), "{}", kept.sentence);
    }
}
