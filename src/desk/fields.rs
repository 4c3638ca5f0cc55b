//! The fields that a ticket may have besides the ones that every ticket has. A mapping brings them: what it names is
//! shown, and its value maps are the choices.

use super::{KINDS, PRIORITIES, STATUSES};
use crate::store::Ticket;
use merge::{Choice, Convert, Kind, Offer, Offers, Rules};
use std::collections::{BTreeMap, BTreeSet};

/// Begins the name of a custom field in a mapping: `custom.service`.
pub const CUSTOM: &str = "custom.";

/// The fields that every ticket has: name, label, kind, and whether Desk alone sets it.
const FIELDS: [(&str, &str, Kind, bool); 17] = [
    ("account", "Account", Kind::Text, false),
    ("closed", "Closed", Kind::Moment, false),
    ("contact", "Contact", Kind::Text, false),
    ("created", "Created", Kind::Moment, false),
    ("description", "Description", Kind::Text, false),
    ("due", "Due date", Kind::Moment, false),
    ("kind", "Type", Kind::Choice, false),
    ("labels", "Labels", Kind::Text, false),
    ("number", "Number", Kind::Text, true),
    ("owner", "Owner", Kind::User, false),
    ("priority", "Priority", Kind::Choice, false),
    ("reference", "Number on the other side", Kind::Text, false),
    ("requestor", "Requestor", Kind::User, false),
    ("severity", "Severity", Kind::Choice, false),
    ("snoozed_until", "Snoozed until", Kind::Moment, false),
    ("status", "Status", Kind::Choice, false),
    ("title", "Title", Kind::Text, false),
];

/// What Desk offers to a mapping. Its choices are its own and those that mappings bring.
pub fn offers(rules: &[&Rules]) -> Offers {
    let offer = |(name, label, kind, is_read_only): (&str, &str, Kind, bool)| {
        let own: &[&str] = match name {
            "status" => &STATUSES,
            "kind" => &KINDS,
            "priority" => &PRIORITIES,
            _ => &[],
        };
        let choices = if kind == Kind::Choice { choices(own, rules, name) } else { Vec::new() };
        let choices = choices.into_iter().map(|value| Choice { label: value.clone(), value, ..Choice::default() });
        (name.to_owned(), Offer { label: label.to_owned(), kind, is_read_only, choices: choices.collect() })
    };
    Offers { fields: FIELDS.into_iter().map(offer).collect(), is_whole: true, open: Some(CUSTOM) }
}

/// A field beside the fixed ones, as a ticket holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct More {
    /// As mappings name it.
    pub name: String,
    pub value: MoreValue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoreValue {
    Text(String),
    Choice(String),
    Moment(Option<i64>),
}

/// Labels in their one form: each once, sorted, joined by commas.
pub fn labels(text: &str) -> String {
    let labels: BTreeSet<&str> = text.split(',').map(str::trim).filter(|label| !label.is_empty()).collect();
    labels.into_iter().collect::<Vec<_>>().join(", ")
}

/// A ticket's custom fields that have a value.
pub fn custom(ticket: &Ticket) -> BTreeMap<String, String> {
    serde_json::from_str(&ticket.custom).unwrap_or_default()
}

pub fn set_custom(ticket: &mut Ticket, name: &str, text: &str) {
    let mut values = custom(ticket);
    if text.is_empty() {
        values.remove(name);
    } else {
        values.insert(name.to_owned(), text.to_owned());
    }
    ticket.custom = serde_json::to_string(&values).unwrap_or_default();
}

/// Desk's own choices of a field and those of the mappings in use, in that order, each once.
pub fn choices(own: &[&str], rules: &[&Rules], field: &str) -> Vec<String> {
    let mut choices: Vec<String> = own.iter().map(|choice| (*choice).to_owned()).collect();
    for rule in rules.iter().flat_map(|rules| &rules.fields).filter(|rule| rule.platform == field) {
        let Convert::Map { map } = &rule.convert else { continue };
        for row in &map.rows {
            if !row.platform.is_empty() && !choices.contains(&row.platform) {
                choices.push(row.platform.clone());
            }
        }
    }
    choices
}

/// The further fields of a ticket: labels, those that a mapping in use names, and those that have a value.
pub fn more_fields(ticket: &Ticket, rules: &[&Rules]) -> Vec<More> {
    let named: BTreeSet<&str> =
        rules.iter().flat_map(|rules| &rules.fields).map(|rule| rule.platform.as_str()).collect();
    let mut values = custom(ticket);
    for name in named.iter().filter_map(|name| name.strip_prefix(CUSTOM)) {
        values.entry(name.to_owned()).or_default();
    }
    let text = |text: &str| MoreValue::Text(text.to_owned());
    let fixed = [
        ("severity", MoreValue::Choice(ticket.severity.clone()), ticket.severity.is_empty()),
        ("labels", text(&ticket.labels), false),
        ("snoozed_until", MoreValue::Moment(ticket.snoozed_until), ticket.snoozed_until.is_none()),
        ("account", text(&ticket.account), ticket.account.is_empty()),
        ("contact", text(&ticket.contact), ticket.contact.is_empty()),
    ];
    let sleeps = choices(&[], rules, "status").iter().any(|status| status == super::SNOOZED);
    let is_shown =
        |name: &str, is_empty: bool| !is_empty || named.contains(name) || (name == "snoozed_until" && sleeps);
    let fixed = fixed.into_iter().filter(|(name, _, is_empty)| is_shown(name, *is_empty));
    let fixed = fixed.map(|(name, value, _)| More { name: name.to_owned(), value });
    let custom = values.into_iter().map(|(name, value)| More { name: format!("{CUSTOM}{name}"), value: text(&value) });
    fixed.chain(custom).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_one_form() {
        assert_eq!(labels(" vip,  printer ,,vip"), "printer, vip");
        assert_eq!(labels(&labels("b, a")), labels("a,b"));
        assert_eq!(labels(" , "), "");
    }

    #[test]
    fn what_is_offered_is_what_a_ticket_has_and_the_presets_find_their_fields() {
        let offers = offers(&[]);
        assert_eq!(offers.fields["status"].choices.len(), STATUSES.len());
        for preset in merge::presets() {
            for field in preset.rules.platform_fields() {
                assert!(offers.has(&field), "{}: {field}", preset.id);
            }
        }
        assert!(!offers.has("colour") && offers.has("custom.colour"));
    }

    #[test]
    fn a_mapping_brings_its_choices_and_fields() {
        let mut rules = merge::incident_to_desk();
        let mut severity = rules.fields[4].clone();
        "severity".clone_into(&mut severity.platform);
        let mut service = rules.fields[2].clone();
        "custom.service".clone_into(&mut service.platform);
        rules.fields.extend([severity, service]);
        let ticket = Ticket { custom: r#"{"room":"12"}"#.into(), ..Ticket::default() };
        let names = |rules: &[&Rules]| -> Vec<String> {
            more_fields(&ticket, rules).into_iter().map(|more| more.name).collect()
        };
        assert_eq!(names(&[]), ["labels", "custom.room"]);
        assert_eq!(names(&[&rules]), ["severity", "labels", "custom.room", "custom.service"]);
        assert_eq!(choices(&["Low", "New"], &[&rules], "severity")[..3], ["Low", "New", "In Progress"]);
    }
}
