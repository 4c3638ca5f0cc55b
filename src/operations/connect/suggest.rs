//! Rows that a value map could have for the instance's own values: what is like a value of the platform is paired with it.

use merge::{Row, ValueMap};

/// The platform's value for one of the instance's: of the same name, or the one with most words in common; `None` when
/// nothing is alike.
pub(super) fn alike(label: &str, options: &[String]) -> Option<String> {
    let words = words_of(label);
    let shared = |option: &&String| words_of(option).iter().filter(|word| words.contains(*word)).count();
    let same = options.iter().find(|option| words_of(option) == words);
    let near = || options.iter().rev().max_by_key(shared).filter(|option| shared(option) > 0);
    same.or_else(near).cloned()
}

/// Small letters; `Canceled` and `Cancelled` are one word.
fn words_of(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.to_lowercase().replace("cancelled", "canceled")).collect()
}

/// Adds a row. Where several rows then mean the same on the platform, the one that was there is written back.
pub(super) fn add_row(map: &mut ValueMap, value: &str, label: &str, platform: &str) {
    if map.rows.iter().any(|row| row.servicenow == value) {
        return;
    }
    let same = |row: &&mut Row| row.platform == platform;
    let is_settled = map.rows.iter().any(|row| row.platform == platform && row.default);
    if !is_settled && let Some(first) = map.rows.iter_mut().find(same) {
        first.default = true;
    }
    let row = Row { servicenow: value.into(), label: label.into(), platform: platform.into(), ..Row::default() };
    map.rows.push(row);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Vec<String> {
        ["New", "In Progress", "Closed", "Cancelled", "Access Request"].map(str::to_owned).to_vec()
    }

    #[test]
    fn names_and_words_in_common_pair_values() {
        for (label, platform) in [
            ("new", Some("New")),
            ("Canceled", Some("Cancelled")),
            ("Work in Progress", Some("In Progress")),
            ("Closed Complete", Some("Closed")),
            ("Request for access", Some("Access Request")),
            ("Hardware", None),
        ] {
            assert_eq!(alike(label, &options()).as_deref(), platform, "{label}");
        }
    }

    #[test]
    fn a_row_that_makes_many_to_one_leaves_the_way_back_as_it_was() {
        let rule = merge::incident_to_desk().rule("type").map(|rule| rule.convert.clone());
        let Some(merge::Convert::Map { mut map }) = rule else { panic!("a value map") };
        add_row(&mut map, "software", "Software", "General inquiry");
        add_row(&mut map, "software", "Software", "Payroll");
        assert_eq!(map.get("software"), Ok("General inquiry"), "the first row stands");
        assert_eq!(map.put("", "General inquiry").expect("a way back").value, "inquiry");
    }
}
