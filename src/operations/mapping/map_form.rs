//! A whole value map as a form: its rows, with rows to fill in for the choices that have none.

use super::Typed;
use super::offered::Offered;
use app::api::Answer;
use app::error::Trouble;
use app::model::MapRow;
use merge::{Convert, FieldRule, Row, Rules, Side, ValueMap};
use std::collections::BTreeMap;

/// Rows that are offered empty.
const SPARE: usize = 2;
/// Choices without a row that are offered as rows to fill in.
const OPEN: usize = 60;
/// As many rows as a form may have.
const MOST: usize = 2_000;

pub(super) fn map_of(rule: &FieldRule) -> Option<&ValueMap> {
    match &rule.convert {
        Convert::Map { map } => Some(map),
        _ => None,
    }
}

/// The rows to show: as typed, or else of the map, each choice that has none, and some to fill in.
pub(super) fn rows(rule: &FieldRule, map: &ValueMap, offered: &Offered, typed: &Typed) -> Vec<MapRow> {
    if !typed.is_empty() {
        return typed_rows(typed).map(|(_, row)| row).collect();
    }
    let mut rows: Vec<MapRow> = map.rows.iter().map(shown).collect();
    let choices = offered.servicenow.joined(&rule.parts(Side::ServiceNow));
    let open = choices.into_iter().filter(|(value, _)| map.row_of(value).is_none()).take(OPEN);
    rows.extend(open.map(|(servicenow, label)| MapRow { servicenow, label, is_open: true, ..MapRow::default() }));
    rows.extend(std::iter::repeat_n(MapRow::default(), SPARE));
    rows
}

fn shown(row: &Row) -> MapRow {
    MapRow {
        servicenow: row.servicenow.clone(),
        label: row.label.clone(),
        platform: row.platform.clone(),
        is_default: row.default,
        requires: lines(&row.requires),
        platform_requires: lines(&row.platform_requires),
        writes: lines(&row.writes),
        is_open: false,
    }
}

fn lines(fields: &BTreeMap<String, String>) -> String {
    fields.iter().map(|(field, value)| format!("{field}: {value}")).collect::<Vec<_>>().join("\n")
}

/// The map as it was typed, and for each of its rows the form's.
pub(super) fn read(
    now: &ValueMap,
    offered: &Offered,
    rule: &FieldRule,
    typed: &Typed,
) -> Answer<(ValueMap, Vec<usize>)> {
    let choices = offered.servicenow.joined(&rule.parts(Side::ServiceNow));
    let mut map = ValueMap {
        title: typed
            .get("title")
            .map(|title| title.trim().to_owned())
            .filter(|title| !title.is_empty())
            .unwrap_or(now.title.clone()),
        rows: Vec::new(),
    };
    let mut places = Vec::new();
    let shown = rows(rule, now, offered, &Typed::new());
    for (at, row) in typed_rows(typed) {
        if row.servicenow.is_empty() && row.platform.is_empty() || row.is_open && row.platform.is_empty() {
            continue;
        }
        if row.servicenow.is_empty() {
            return Err(Trouble::new(
                "MAPPING-ROW",
                &format!("The row for \"{}\" has no value of ServiceNow.", row.platform),
                "A row pairs two values.",
                "Type the value as ServiceNow stores it, or empty the row.",
            )
            .about(&format!("rows.{at}.servicenow")));
        }
        let was = now.rows.iter().find(|was| was.servicenow == row.servicenow);
        let offered_label = choices.iter().find(|(value, _)| *value == row.servicenow).map(|(_, label)| label.clone());
        let label = was.map(|was| was.label.clone()).or(offered_label).unwrap_or_else(|| row.servicenow.clone());
        // A label that nobody touched is of the value that stood there before.
        let is_typed = !row.label.is_empty() && shown.get(at).is_none_or(|shown| shown.label != row.label);
        map.rows.push(Row {
            requires: fields(at, "requires", &row.requires)?,
            platform_requires: fields(at, "platform_requires", &row.platform_requires)?,
            writes: fields(at, "writes", &row.writes)?,
            servicenow: row.servicenow,
            label: if is_typed { row.label } else { label },
            platform: row.platform,
            default: row.is_default,
        });
        places.push(at);
    }
    Ok((map, places))
}

/// With the row's number in the form.
fn typed_rows(typed: &Typed) -> impl Iterator<Item = (usize, MapRow)> + '_ {
    let text = move |at: usize, part: &str| {
        typed.get(&format!("rows.{at}.{part}")).map(|text| text.trim().to_owned()).unwrap_or_default()
    };
    let is_there = move |at: &usize| typed.contains_key(&format!("rows.{at}.servicenow"));
    (0..MOST).take_while(is_there).map(move |at| {
        let row = MapRow {
            servicenow: text(at, "servicenow"),
            label: text(at, "label"),
            platform: text(at, "platform"),
            is_default: !text(at, "default").is_empty(),
            requires: text(at, "requires"),
            platform_requires: text(at, "platform_requires"),
            writes: text(at, "writes"),
            is_open: !text(at, "open").is_empty(),
        };
        (at, row)
    })
}

/// One field a line: `close_code: Fixed`.
fn fields(at: usize, part: &str, text: &str) -> Answer<BTreeMap<String, String>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let pair = line.split_once(':').map(|(field, value)| (field.trim().to_owned(), value.trim().to_owned()));
            pair.filter(|(field, value)| !field.is_empty() && !value.is_empty()).ok_or_else(|| {
                Trouble::new(
                    "MAPPING-ALONG",
                    "A field to write along with a value cannot be read.",
                    &format!("\"{line}\" is not a field, a colon and a value."),
                    "Write one field a line, such as close_code: Solution provided.",
                )
                .about(&format!("rows.{at}.{part}"))
            })
        })
        .collect()
}

/// What the way back does with each row, in words.
pub(super) fn way_back(rules: &Rules, rule: &FieldRule, map: &ValueMap, row: &Row) -> String {
    let alike: Vec<&Row> = map.rows.iter().filter(|other| other.platform == row.platform).collect();
    let chosen = alike.iter().find(|other| other.default);
    if !rules.allows(rule, Side::ServiceNow) {
        return "no way back".into();
    }
    match (alike.len(), chosen) {
        (1, _) => "the same".into(),
        (_, Some(chosen)) if chosen.servicenow == row.servicenow => "is written back".into(),
        (_, Some(_)) => "stays where it is already".into(),
        (_, None) => "nobody knows".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use merge::{Choice, Kind, Offer, presets};

    fn typed(rows: &[MapRow]) -> Typed {
        let mut typed = Typed::new();
        for (at, row) in rows.iter().enumerate() {
            let mut put = |part: &str, text: &str| typed.insert(format!("rows.{at}.{part}"), text.to_owned());
            put("servicenow", &row.servicenow);
            put("label", &row.label);
            put("platform", &row.platform);
            put("requires", &row.requires);
            put("platform_requires", &row.platform_requires);
            put("writes", &row.writes);
            if row.is_default {
                put("default", "1");
            }
            if row.is_open {
                put("open", "1");
            }
        }
        typed
    }

    fn with_states(states: &[&str]) -> Offered {
        let mut offered = Offered::default();
        let choice = |value: &&str| Choice { value: (*value).into(), label: format!("<{value}>"), ..Choice::default() };
        let choices = states.iter().map(choice).collect();
        let offer = Offer { kind: Kind::Choice, choices, ..Offer::default() };
        offered.servicenow.fields.insert("state".into(), offer);
        offered
    }

    #[test]
    fn an_untouched_form_says_what_the_map_says() {
        let offered = with_states(&["1", "9"]);
        for preset in presets() {
            for rule in &preset.rules.fields {
                let Some(map) = map_of(rule) else { continue };
                let typed = typed(&rows(rule, map, &offered, &Typed::new()));
                let (read, places) = read(map, &offered, rule, &typed).expect("readable");
                assert_eq!((read, places), (map.clone(), (0..map.rows.len()).collect()), "{} {}", preset.id, rule.name);
            }
        }
    }

    #[test]
    fn choices_without_a_row_are_offered_and_become_rows_once_they_have_a_value() {
        let rules = merge::incident_to_desk();
        let rule = rules.rule("status").expect("there");
        let map = map_of(rule).expect("a map");
        let offered = with_states(&["1", "9"]);
        let mut shown = rows(rule, map, &offered, &Typed::new());
        assert_eq!((shown[6].servicenow.as_str(), shown[6].is_open), ("9", true));
        shown[6].platform = "Waiting".into();
        shown[0] = MapRow::default();
        let (read, places) = read(map, &offered, rule, &typed(&shown)).expect("readable");
        assert_eq!(read.rows.len(), 6);
        assert_eq!((read.rows[5].label.as_str(), places[5]), ("<9>", 6));
    }

    #[test]
    fn what_cannot_be_read_names_its_row() {
        let rules = merge::incident_to_desk();
        let rule = rules.rule("status").expect("there");
        let map = map_of(rule).expect("a map");
        let trouble = |row: MapRow| {
            let rows = [MapRow { servicenow: "1".into(), platform: "New".into(), ..MapRow::default() }, row];
            read(map, &Offered::default(), rule, &typed(&rows)).expect_err("refused").field
        };
        assert_eq!(trouble(MapRow { platform: "New".into(), ..MapRow::default() }), "rows.1.servicenow");
        let bare = MapRow {
            servicenow: "2".into(),
            platform: "Open".into(),
            requires: "close_code".into(),
            ..MapRow::default()
        };
        assert_eq!(trouble(bare), "rows.1.requires");
    }
}
