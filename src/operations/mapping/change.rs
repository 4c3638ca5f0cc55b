//! What a person does to the draft. The first edit begins it; each keeps what others did meanwhile to other parts.

use super::offered::Offered;
use super::{Typed, Work, differences, flow_form, flow_of, map_form, note_form, rule_form, seen, stands, topic};
use crate::operations::{Operations, OrTrouble, not_found};
use crate::store::Draft;
use app::api::Answer;
use app::error::Trouble;
use app::model::{MappingAsk, MappingChange, MappingCheck, MappingFinding, Role};
use merge::{Convert, FieldRule, Finding, Rules, Side};
use serde::Serialize;

impl Operations {
    /// Answers where to look next.
    pub async fn change_mapping(&self, change: MappingChange) -> Answer<String> {
        match change.what.as_str() {
            "publish" => return self.publish_mapping(&change).await,
            "look" => return self.begin_preview(&change).await,
            "discard" => return self.discard_draft(&change).await,
            _ => {}
        }
        self.require(Role::Admin, "mapping.edit", &change.connection).await?;
        let work = self.work(&change.connection).await?;
        let offered = self.offered(&work).await;
        let rules = match change.what.as_str() {
            "version" => self.rules_of(&work, &change.of).await?,
            _ => changed(&work, &offered, &change)?,
        };
        if rules.table != work.rules().table {
            self.may_have_table(&work.connection, &rules).await?;
        }
        self.keep_draft(&work, rules, &change.what).await?;
        let editor = format!("/settings/connections/{}/mappings", work.connection.id);
        Ok(match change.what.as_str() {
            "rule" | "note" => format!("{editor}#{}", anchor("rule", &change.of)),
            "turn" => format!("{editor}#{}", anchor("rule", turned(&change.of).1)),
            "map" => format!("{editor}/values#{}", anchor("map", &change.of)),
            "flow" => format!("{editor}/flow"),
            "preset" | "version" | "stands" => format!("{editor}/preview"),
            _ => editor,
        })
    }

    /// In place of the draft that `work` read.
    pub(super) async fn keep_draft(&self, work: &Work, rules: Rules, how: &str) -> Answer<()> {
        let who = self.require(Role::Admin, "mapping.edit", &work.connection.id).await?.name.clone();
        let based_on = work.draft.as_ref().map_or(work.connection.rules.version, |draft| draft.based_on);
        let rules = Rules { version: work.rules().version, ..rules };
        if rules == *work.rules() {
            return Ok(());
        }
        let told: Vec<String> = differences(work.rules(), &rules)
            .into_iter()
            .map(|(rule, sentence)| if rule.is_empty() { sentence } else { format!("{rule}: {sentence}") })
            .collect();
        let now = self.parts.clock.now();
        let draft = Draft { based_on, revision: work.revision(), rules, edited_by: who, edited_at: now };
        let mut tx = self.begin().await?;
        tx.put_draft(&work.connection.id, &draft).await.or_trouble()?;
        self.audit(&mut tx, "mapping.edit", &work.connection.id, &format!("{how}: {}", told.join(" ")), false).await?;
        self.commit(tx).await?;
        self.tell_mapping(&work.connection.id);
        Ok(())
    }

    pub(super) fn tell_mapping(&self, connection: &str) {
        self.parts.news.tell(topic(connection));
        self.parts.news.connection(connection);
    }

    async fn discard_draft(&self, change: &MappingChange) -> Answer<String> {
        self.require(Role::Admin, "mapping.discard", &change.connection).await?;
        let work = self.work(&change.connection).await?;
        let revision = change.of.parse().unwrap_or_default();
        if work.revision() != revision {
            return Err(stale(&work));
        }
        let mut tx = self.begin().await?;
        tx.end_draft(&work.connection.id, revision).await.or_trouble()?;
        let count = work.differences().len();
        self.audit(&mut tx, "mapping.discard", &work.connection.id, &format!("{count} differences"), false).await?;
        self.commit(tx).await?;
        self.tell_mapping(&work.connection.id);
        Ok(format!("/settings/connections/{}/mappings", work.connection.id))
    }
}

/// The mapping with what a form says.
fn changed(work: &Work, offered: &Offered, change: &MappingChange) -> Answer<Rules> {
    let mut rules = work.rules().clone();
    match change.what.as_str() {
        "rule" if change.of.is_empty() => {
            let rule = rule_form::read(&rules, offered, &FieldRule::same("", "", ""), &change.typed)?;
            rules.fields.push(rule);
        }
        "rule" => {
            let at = place(work, &change.of, &change.seen)?;
            rules.fields[at] = rule_form::read(&rules, offered, &rules.fields[at], &change.typed)?;
        }
        "map" => {
            let at = place(work, &change.of, &change.seen)?;
            let (map, _) = read_map(&rules.fields[at], offered, &change.typed)?;
            rules.fields[at].convert = Convert::Map { map };
        }
        "turn" => {
            let (direction, name) = turned(&change.of);
            let at = place(work, name, "")?;
            rules.fields[at].direction = super::one_of("direction", direction, &rule_form::DIRECTIONS)?;
        }
        "stands" => {
            let (side, name) = stands::named(&change.of)?;
            let at = place(work, name, "")?;
            stands::put(&mut rules, at, side)?;
        }
        "note" if change.of.is_empty() => {
            let note = note_form::read(&rules, &note_form::blank(), &change.typed)?;
            rules.notes.push(note);
        }
        "note" => {
            let at = place_of_note(work, &change.of, &change.seen)?;
            rules.notes[at] = note_form::read(&rules, &rules.notes[at], &change.typed)?;
        }
        "remove" if rules.notes.iter().any(|note| note.name == change.of) => {
            let at = place_of_note(work, &change.of, &change.seen)?;
            rules.notes.remove(at);
        }
        "remove" => {
            let at = place(work, &change.of, &change.seen)?;
            rules.fields.remove(at);
        }
        "flow" => {
            if !change.seen.is_empty() && change.seen != seen(&flow_of(&rules)) {
                return Err(stale(work));
            }
            rules = flow_form::read(rules, &change.typed)?;
        }
        "preset" => {
            let preset = merge::presets().into_iter().find(|preset| preset.id == change.of);
            rules = preset.ok_or_else(|| not_found("preset"))?.rules;
        }
        _ => return Err(not_found("form")),
    }
    Ok(rules)
}

/// Where a rule stands, if it is still as the form showed it.
fn place(work: &Work, name: &str, shown: &str) -> Answer<usize> {
    still(work, &work.rules().fields, |rule| rule.name == name, shown)
}

/// The same for a note rule.
fn place_of_note(work: &Work, name: &str, shown: &str) -> Answer<usize> {
    still(work, &work.rules().notes, |note| note.name == name, shown)
}

fn still<T: Serialize>(work: &Work, rules: &[T], is_it: impl Fn(&T) -> bool, shown: &str) -> Answer<usize> {
    match rules.iter().position(is_it) {
        Some(at) if shown.is_empty() || shown == seen(&rules[at]) => Ok(at),
        Some(_) => Err(stale(work)),
        None => Err(not_found("rule")),
    }
}

fn read_map(rule: &FieldRule, offered: &Offered, typed: &Typed) -> Answer<(merge::ValueMap, Vec<usize>)> {
    let map = map_form::map_of(rule).ok_or_else(|| not_found("map"))?;
    map_form::read(map, offered, rule, typed)
}

pub(super) fn stale(work: &Work) -> Trouble {
    Trouble::new(
        "EDIT-STALE",
        "Your change was not kept.",
        &work.last_edit(),
        "Look at what it is now. What you typed is still here: save again to put it in its place.",
    )
}

/// Who changed a part since a form was opened with it; empty when nobody did.
pub(super) fn moved(work: &Work, now: &str, shown: &str) -> String {
    if shown.is_empty() || shown == now {
        return String::new();
    }
    format!("{} Saving puts what is typed here in its place.", work.last_edit())
}

/// What is wrong with an open form, and what fits into it.
pub(super) fn check(work: &Work, offered: &Offered, change: &MappingChange) -> MappingCheck {
    let mut check = MappingCheck::default();
    let as_typed = MappingChange { seen: String::new(), ..change.clone() };
    let now = match change.what.as_str() {
        "flow" => seen(&flow_of(work.rules())),
        "note" => work.rules().notes.iter().find(|note| note.name == change.of).map(seen).unwrap_or_default(),
        _ => work.rules().rule(&change.of).map(seen).unwrap_or_default(),
    };
    if !change.of.is_empty() || change.what == "flow" {
        check.moved = moved(work, &now, &change.seen);
    }
    // Nothing is typed yet into the form of what is there.
    let is_untouched = change.typed.is_empty() && !change.of.is_empty();
    let rules = if is_untouched { Ok(work.rules().clone()) } else { changed(work, offered, &as_typed) };
    if change.what == "note" {
        return check_note(work, offered, change, rules, check);
    }
    let (rules, rule) = match rules {
        Ok(rules) => {
            let rule = if change.of.is_empty() { rules.fields.last() } else { rules.rule(&change.of) };
            let rule = rule.cloned();
            (rules, rule)
        }
        Err(trouble) => {
            // Nothing is typed yet into the form of a new rule.
            check.trouble = (!change.typed.is_empty()).then_some(trouble);
            (work.rules().clone(), None)
        }
    };
    if change.what == "rule" {
        let typed = |name: &str| change.typed.get(name).map(|text| text.trim()).unwrap_or_default();
        let begun = || FieldRule::same("", typed("servicenow"), typed("platform"));
        let rule = rule.clone().unwrap_or_else(begun);
        check.servicenow = offered.fitting(&rules, &rule, Side::ServiceNow);
        check.platform = offered.fitting(&rules, &rule, Side::Platform);
    }
    let Some(rule) = rule.filter(|_| change.what != "flow") else { return check };
    let findings = merge::lint_against(&rules, &offered.servicenow, &offered.platform);
    let findings = findings.into_iter().filter(|finding| finding.rule == rule.name);
    check.findings = match change.what.as_str() {
        "map" => at_rows(&rule, offered, &change.typed, findings),
        _ => findings.map(|finding| MappingFinding { at: None, sentence: finding.sentence }).collect(),
    };
    check
}

/// `rules` are as they would be.
fn check_note(
    work: &Work,
    offered: &Offered,
    change: &MappingChange,
    rules: Answer<Rules>,
    mut check: MappingCheck,
) -> MappingCheck {
    let fields = offered.servicenow.fields.iter();
    check.servicenow = fields.map(|(name, offer)| (name.clone(), offer.label.clone())).collect();
    let rules = rules.unwrap_or_else(|trouble| {
        // Nothing is typed yet into the form of a new rule.
        check.trouble = (!change.typed.is_empty()).then_some(trouble);
        work.rules().clone()
    });
    let note = if change.of.is_empty() && check.trouble.is_none() && !change.typed.is_empty() {
        rules.notes.last()
    } else {
        rules.notes.iter().find(|note| note.name == change.of)
    };
    let Some(note) = note else { return check };
    let findings = merge::lint_against(&rules, &offered.servicenow, &offered.platform);
    let findings = findings.into_iter().filter(|finding| finding.rule == note.name);
    check.findings = findings.map(|finding| MappingFinding { at: None, sentence: finding.sentence }).collect();
    check
}

/// Each at its row of the form.
fn at_rows(
    rule: &FieldRule,
    offered: &Offered,
    typed: &Typed,
    findings: impl Iterator<Item = Finding>,
) -> Vec<MappingFinding> {
    let Some(map) = map_form::map_of(rule) else { return Vec::new() };
    let form = map_form::rows(rule, map, offered, typed);
    let places = map_form::read(map, offered, rule, typed).map(|(_, places)| places).unwrap_or_default();
    findings
        .map(|finding| {
            let of_choice = || form.iter().position(|row| row.is_open && row.servicenow == finding.choice);
            let at = match finding.row {
                // Nothing is typed yet: the form begins with the map's rows.
                Some(row) if typed.is_empty() => Some(row),
                Some(row) => places.get(row).copied(),
                None if finding.choice.is_empty() => None,
                None => of_choice(),
            };
            MappingFinding { at, sentence: finding.sentence }
        })
        .collect()
}

/// `to_platform title`: the direction, and the rule that gets it.
fn turned(of: &str) -> (&str, &str) {
    of.split_once(' ').unwrap_or_default()
}

/// Names the row of a rule on a page.
pub(super) fn anchor(kind: &str, name: &str) -> String {
    let letters = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' });
    format!("{kind}-{}", letters.collect::<String>())
}

/// The change that an open form would make, as the address says it.
pub(super) fn of_form(what: &str, of: &str, ask: &MappingAsk) -> MappingChange {
    MappingChange {
        connection: ask.connection.clone(),
        what: what.to_owned(),
        of: of.to_owned(),
        seen: ask.seen.clone(),
        typed: ask.typed.clone(),
    }
}
