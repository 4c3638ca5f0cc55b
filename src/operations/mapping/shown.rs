//! The mapping as tables: a row for each rule and each value, with what is wrong at its row.

use super::change::{anchor, check, of_form};
use super::offered::Offered;
use super::rule_form::DIRECTIONS;
use super::{Work, map_form, note_form, rule_form, seen, spelled};
use app::model::{
    MapForm, MapGroup, MapLine, MapShown, MappingAsk, MappingFields, MappingForm, MappingRow, MappingValues,
};
use merge::{Convert, FieldRule, Finding, NoteRule, Owner, Row, Rules, Side, ValueMap};

pub(super) fn fields(work: &Work, offered: &Offered, findings: &[Finding], ask: &MappingAsk) -> MappingFields {
    let rules = work.rules();
    let rows = rules.fields.iter().map(|rule| row(work, rule, findings));
    let notes = rules.notes.iter().map(|note| note_row(work, note, findings));
    MappingFields {
        rows: rows.chain(notes).chain(streams()).collect(),
        findings: sentences(findings, |finding| finding.rule.is_empty()),
        open: open_rule(work, offered, ask),
    }
}

/// The form of the rule that the address names, or of a new one.
fn open_rule(work: &Work, offered: &Offered, ask: &MappingAsk) -> Option<MappingForm> {
    let rules = work.rules();
    if ask.query.contains_key("note") || ask.query.get("add").is_some_and(|what| what == "note") {
        return open_note(work, offered, ask);
    }
    let new = FieldRule::same("", "", "");
    let is_new = ask.query.contains_key("add");
    let rule = if is_new { &new } else { rules.rule(ask.query.get("edit")?)? };
    Some(MappingForm {
        is_note: false,
        rule: rule.name.clone(),
        anchor: anchor("rule", &rule.name),
        seen: if is_new { String::new() } else { seen(rule) },
        sections: rule_form::sections(rules, rule, &ask.typed),
        check: check(work, offered, &of_form("rule", &rule.name, ask)),
    })
}

fn open_note(work: &Work, offered: &Offered, ask: &MappingAsk) -> Option<MappingForm> {
    let new = note_form::blank();
    let note = match ask.query.get("note") {
        Some(name) => work.rules().notes.iter().find(|note| note.name == *name)?,
        None => &new,
    };
    Some(MappingForm {
        is_note: true,
        rule: note.name.clone(),
        anchor: anchor("rule", &note.name),
        seen: if note.name.is_empty() { String::new() } else { seen(note) },
        sections: note_form::sections(note, &ask.typed),
        check: check(work, offered, &of_form("note", &note.name, ask)),
    })
}

/// A field of ServiceNow that becomes a comment.
fn note_row(work: &Work, note: &NoteRule, findings: &[Finding]) -> MappingRow {
    let now = work.connection.rules.notes.iter().find(|now| now.name == note.name);
    let called: Vec<String> = note.labels.iter().map(|(value, label)| format!("{value} is {label}")).collect();
    MappingRow {
        name: note.name.clone(),
        is_note: true,
        anchor: anchor("rule", &note.name),
        servicenow: note.servicenow.clone(),
        platform: "comment".into(),
        direction: "to_platform".into(),
        on_the_way: joined([format!("Becomes an internal note: {}", note.text), called.join(", ")], ". "),
        change: match now {
            None => "new",
            Some(now) if now != note => "changed",
            Some(_) => "",
        }
        .into(),
        findings: sentences(findings, |finding| finding.rule == note.name),
        ..MappingRow::default()
    }
}

fn row(work: &Work, rule: &FieldRule, findings: &[Finding]) -> MappingRow {
    let rules = work.rules();
    MappingRow {
        name: rule.name.clone(),
        is_note: false,
        anchor: anchor("rule", &rule.name),
        servicenow: rule.servicenow.clone(),
        platform: rule.platform.clone(),
        direction: spelled(rule.direction, &DIRECTIONS),
        owner: owner(rules, rule),
        on_the_way: on_the_way(rules, rule),
        change: change_of(work, rule),
        findings: sentences(findings, |finding| finding.rule == rule.name),
    }
}

/// `new`, `changed`, or nothing, against what is in force.
fn change_of(work: &Work, rule: &FieldRule) -> String {
    match work.connection.rules.rule(&rule.name) {
        None => "new",
        Some(was) if was != rule => "changed",
        Some(_) => "",
    }
    .to_owned()
}

fn sentences(findings: &[Finding], is_here: impl Fn(&Finding) -> bool) -> Vec<String> {
    findings.iter().filter(|finding| is_here(finding)).map(|finding| finding.sentence.clone()).collect()
}

/// `Desk, 10 to 5, enforced`; empty where the rule says nothing of it.
fn owner(rules: &Rules, rule: &FieldRule) -> String {
    let (servicenow, platform) = rule.priority;
    let owner = match rule.owner {
        Owner::Shared => String::new(),
        Owner::Servicenow => "ServiceNow".to_owned(),
        Owner::Platform => rules.platform_name.clone(),
    };
    let priority = match rule.owner {
        _ if servicenow == platform => String::new(),
        Owner::Platform => format!("{platform} to {servicenow}"),
        _ => format!("{servicenow} to {platform}"),
    };
    let enforced = if rule.enforce { "enforced".to_owned() } else { String::new() };
    joined([owner, priority, enforced], ", ")
}

/// The transform, and all else that is special about the rule.
fn on_the_way(rules: &Rules, rule: &FieldRule) -> String {
    let convert = match &rule.convert {
        Convert::Map { map } => format!("By the value map \"{}\"", map.title),
        other => capitalised(&other.in_words(|side| rules.name_of(side).to_owned())),
    };
    let usual = merge::aspects(rules, &FieldRule::same(&rule.name, &rule.servicenow, &rule.platform));
    let said = merge::aspects(rules, rule);
    let special = [
        "When both sides changed it",
        "An edit that may not cross",
        "A user whom the other side has not got",
        "Applies",
    ];
    let mut words = vec![convert];
    words.extend(
        said.into_iter()
            .zip(usual)
            .filter(|((what, said), (_, usual))| special.contains(what) && said != usual)
            .map(|((what, said), _)| format!("{what}: {said}")),
    );
    words.push(rule.note.clone());
    joined(words, ". ")
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn joined(words: impl IntoIterator<Item = String>, between: &str) -> String {
    words.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(between)
}

/// Comments are no fields, but belong to what a person wants to see here.
fn streams() -> impl Iterator<Item = MappingRow> {
    [("comments", "comments, public"), ("work_notes", "comments, internal")].into_iter().map(
        |(servicenow, platform)| MappingRow {
            servicenow: servicenow.into(),
            platform: platform.into(),
            direction: "both".into(),
            on_the_way: "Each entry crosses once, in order, with its author and time".into(),
            ..MappingRow::default()
        },
    )
}

pub(super) fn values(work: &Work, offered: &Offered, findings: &[Finding], ask: &MappingAsk) -> MappingValues {
    let maps = work.rules().fields.iter().filter_map(|rule| {
        let map = map_form::map_of(rule)?;
        let of_rule: Vec<&Finding> = findings.iter().filter(|finding| finding.rule == rule.name).collect();
        Some(shown(work, offered, rule, map, &of_rule))
    });
    MappingValues { maps: maps.collect(), open: open_map(work, offered, ask) }
}

fn open_map(work: &Work, offered: &Offered, ask: &MappingAsk) -> Option<MapForm> {
    let rule = work.rules().rule(ask.query.get("edit")?)?;
    let map = map_form::map_of(rule)?;
    let platform = match rule.parts(Side::Platform)[..] {
        [field] => offered.platform.choices(field),
        _ => &[],
    };
    Some(MapForm {
        rule: rule.name.clone(),
        anchor: anchor("map", &rule.name),
        seen: seen(rule),
        title: ask.typed.get("title").cloned().unwrap_or_else(|| map.title.clone()),
        servicenow: rule.servicenow.clone(),
        platform: rule.platform.clone(),
        rows: map_form::rows(rule, map, offered, &ask.typed),
        servicenow_choices: offered.servicenow.joined(&rule.parts(Side::ServiceNow)),
        platform_choices: platform.iter().map(|choice| (choice.value.clone(), choice.label.clone())).collect(),
        check: check(work, offered, &of_form("map", &rule.name, ask)),
    })
}

fn shown(work: &Work, offered: &Offered, rule: &FieldRule, map: &ValueMap, findings: &[&Finding]) -> MapShown {
    let rules = work.rules();
    let mut groups: Vec<MapGroup> = Vec::new();
    for (at, row) in map.rows.iter().enumerate() {
        let line = MapLine {
            label: row.label.clone(),
            value: row.servicenow.clone(),
            back: map_form::way_back(rules, rule, map, row),
            along: along(rules, row),
            findings: findings
                .iter()
                .filter(|finding| finding.row == Some(at))
                .map(|finding| finding.sentence.clone())
                .collect(),
        };
        match groups.iter_mut().find(|group| group.platform == row.platform) {
            Some(group) => group.rows.push(line),
            None => groups.push(MapGroup { platform: row.platform.clone(), rows: vec![line] }),
        }
    }
    let keeps_out = rules.entry_rule.as_ref() == Some(&rule.name);
    let choices = if keeps_out { offered.servicenow.joined(&rule.parts(Side::ServiceNow)) } else { Vec::new() };
    let first_parts = choices.into_iter().filter(|(value, _)| !value.contains('/') && map.row_of(value).is_none());
    MapShown {
        rule: rule.name.clone(),
        anchor: anchor("map", &rule.name),
        title: map.title.clone(),
        servicenow: rule.servicenow.clone(),
        platform: rule.platform.clone(),
        direction: spelled(rule.direction, &DIRECTIONS),
        change: change_of(work, rule),
        groups,
        findings: findings
            .iter()
            .filter(|finding| finding.row.is_none())
            .map(|finding| finding.sentence.clone())
            .collect(),
        kept_out: first_parts.map(|(_, label)| label).collect(),
    }
}

/// What is written along with a value, in words.
fn along(rules: &Rules, row: &Row) -> String {
    let listed = |fields: &std::collections::BTreeMap<String, String>| {
        fields.iter().map(|(field, value)| format!("{field}: {value}")).collect::<Vec<_>>().join("; ")
    };
    let there = match listed(&row.platform_requires) {
        words if words.is_empty() => words,
        words => format!("in {} {words}", rules.platform_name),
    };
    let instead = match listed(&row.writes) {
        words if words.is_empty() => words,
        words => format!("written as {words}"),
    };
    joined([listed(&row.requires), there, instead], "; ")
}
