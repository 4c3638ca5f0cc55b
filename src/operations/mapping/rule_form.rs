//! One field rule as a form: what it shows, and what was typed into it.

use super::offered::Offered;
use super::{Typed, conditions, one_of, options, spelled};
use app::api::Answer;
use app::error::Trouble;
use app::model::{FormInput, FormInputKind, FormSection};
use merge::{
    Against, Condition, Convert, Direction, FieldRule, Kind, NoMatch, Owner, Rules, Side, Strategy, Value, ValueMap,
    When,
};

pub(super) const DIRECTIONS: [(&str, Direction); 3] =
    [("both", Direction::Both), ("to_platform", Direction::ToPlatform), ("to_servicenow", Direction::ToServicenow)];
pub(super) const STRATEGIES: [(&str, Strategy); 3] = [
    ("last_write_wins", Strategy::LastWriteWins),
    ("ownership_priority", Strategy::OwnershipPriority),
    ("manual_review", Strategy::ManualReview),
];
const OWNERS: [(&str, Owner); 3] =
    [("shared", Owner::Shared), ("servicenow", Owner::Servicenow), ("platform", Owner::Platform)];
const AGAINST: [(&str, Against); 2] = [("leave", Against::Leave), ("restore", Against::Restore)];
pub(super) const SIDES: [(&str, Side); 2] = [("servicenow", Side::ServiceNow), ("platform", Side::Platform)];
const YES_OR_NO: [(&str, bool); 2] = [("false", false), ("true", true)];
/// What a new cut begins with: what ServiceNow keeps of a short description (contract 3.1).
const USUAL_LENGTH: usize = 160;
const USUAL_MARK: &str = "…";

/// The form, with what was typed or else what the rule says.
pub(super) fn sections(rules: &Rules, rule: &FieldRule, typed: &Typed) -> Vec<FormSection> {
    let platform = &rules.platform_name;
    let there = |name: &str, now: String| typed.get(name).cloned().unwrap_or(now);
    let text = |name: &str, label: &str, hint: &str, now: String| {
        input(name, label, hint, FormInputKind::Text(there(name, now)))
    };
    let choice = |name: &str, label: &str, hint: &str, now: String, choices: &[(&str, &str)]| {
        let kind = FormInputKind::Choice { value: there(name, now), options: options(choices) };
        input(name, label, hint, kind)
    };
    let field = |name: &str, label: &str, hint: &str, now: &str| {
        let kind = FormInputKind::Field { value: there(name, now.to_owned()), side: name.to_owned() };
        input(name, label, hint, kind)
    };
    let sides = [("servicenow", "ServiceNow"), ("platform", platform.as_str())];
    let (on, length, mark, made) = match &rule.convert {
        Convert::Cut { on, length, mark } => (*on, *length, mark.clone(), String::new()),
        Convert::Html { on } => (*on, USUAL_LENGTH, USUAL_MARK.to_owned(), String::new()),
        Convert::Constant { value } => {
            (Side::ServiceNow, USUAL_LENGTH, USUAL_MARK.to_owned(), value.plain().into_owned())
        }
        Convert::Template { text } => (Side::ServiceNow, USUAL_LENGTH, USUAL_MARK.to_owned(), text.clone()),
        Convert::Same | Convert::Map { .. } => (Side::ServiceNow, USUAL_LENGTH, USUAL_MARK.to_owned(), String::new()),
    };
    let mut fields = vec![
        field(
            "servicenow",
            "Field in ServiceNow",
            "Two that are read as one choice are joined by +.",
            &rule.servicenow,
        ),
        choice(
            "direction",
            "Direction",
            "",
            spelled(rule.direction, &DIRECTIONS),
            &[
                ("both", "⇄ Both ways"),
                ("to_platform", &format!("→ ServiceNow to {platform} only")),
                ("to_servicenow", &format!("← {platform} to ServiceNow only")),
            ],
        ),
        field(
            "platform",
            &format!("Field in {platform}"),
            "A new custom field is named custom.something.",
            &rule.platform,
        ),
    ];
    if rule.name.is_empty() {
        fields.push(text(
            "name",
            "Name of the rule",
            "Stands in the history. Without one, the rule is named after its field.",
            String::new(),
        ));
    }
    let transform = vec![
        choice(
            "how",
            "Transform",
            "",
            how(&rule.convert).to_owned(),
            &[
                ("same", "As it is"),
                ("map", "By a value map, row by row"),
                ("html", "HTML on one side, plain text on the other"),
                ("cut", "Cut to a length on one side"),
                ("template", "Made from a template (one way)"),
                ("constant", "Always the same value (one way)"),
            ],
        ),
        only(
            "html cut",
            choice("on", "On which side", "The side with HTML, or with the shorter text.", spelled(on, &SIDES), &sides),
        ),
        only("cut", text("length", "Characters", "", length.to_string())),
        only("cut", text("mark", "Mark", "Ends a text that was cut, so that people see it.", mark)),
        only(
            "template",
            text(
                "template",
                "Template",
                "Text with fields of the record in braces: {number} {short_description}",
                if matches!(rule.convert, Convert::Template { .. }) { made.clone() } else { String::new() },
            ),
        ),
        only(
            "constant",
            text(
                "constant",
                "Value",
                "",
                if matches!(rule.convert, Convert::Constant { .. }) { made } else { String::new() },
            ),
        ),
    ];
    let (no_match, stand_in) = match &rule.no_match {
        NoMatch::Create => ("create", String::new()),
        NoMatch::StandIn { email } => ("stand_in", email.clone()),
        NoMatch::LeaveEmpty => ("leave_empty", String::new()),
    };
    let clash = vec![
        choice(
            "strategy",
            "When both sides changed it",
            "",
            rule.strategy.map(|strategy| spelled(strategy, &STRATEGIES)).unwrap_or_default(),
            &[
                ("", "As the connection says"),
                ("last_write_wins", "The later edit stands"),
                ("ownership_priority", "The side with the higher priority stands"),
                ("manual_review", "A person is asked"),
            ],
        ),
        choice(
            "owner",
            "Owner",
            "Decides where nobody edited later, and what is enforced.",
            spelled(rule.owner, &OWNERS),
            &[("shared", "Nobody"), ("servicenow", "ServiceNow"), ("platform", platform)],
        ),
        choice(
            "enforce",
            "Edits of the other side",
            "",
            spelled(rule.enforce, &YES_OR_NO),
            &[("false", "Flow like any other"), ("true", "Are undone: the owner's value comes back")],
        ),
        text("priority_servicenow", "Priority of ServiceNow", "The higher number wins.", rule.priority.0.to_string()),
        text("priority_platform", &format!("Priority of {platform}"), "", rule.priority.1.to_string()),
        choice(
            "against",
            "An edit that may not cross",
            "Where the direction forbids it.",
            spelled(rule.against, &AGAINST),
            &[("leave", "Stands where it is"), ("restore", "Is undone")],
        ),
    ];
    let always = Condition::default();
    let (when_on, when) = rule.when.as_ref().map_or((Side::ServiceNow, &always), |when| (when.on, &when.holds));
    let kept = if conditions::rows(when).is_none() { when.in_words() } else { String::new() };
    let rows = conditions::shown("when", when, typed);
    let more = vec![
        input(
            "when",
            "Applies only to records with",
            "Without a row, to all.",
            FormInputKind::Conditions { rows, kept },
        ),
        choice("when_on", "Checked in", "", spelled(when_on, &SIDES), &sides),
        choice(
            "no_match",
            "A user whom the other side has not got",
            "Users are matched by e-mail.",
            no_match.to_owned(),
            &[
                ("create", "Is made there, where users can be made"),
                ("stand_in", "Is replaced by a stand-in"),
                ("leave_empty", "Is left out, with a warning"),
            ],
        ),
        text("stand_in", "E-mail of the stand-in", "", stand_in),
        text("note", "Note", "Shown beside the rule.", rule.note.clone()),
    ];
    let plain = FieldRule::same("", "", "");
    let clash_parts = |rule: &FieldRule| (rule.strategy, rule.owner, rule.enforce, rule.priority, rule.against);
    let has_usual_clash = clash_parts(rule) == clash_parts(&plain);
    let is_for_all = (&rule.when, &rule.no_match, &rule.note) == (&plain.when, &plain.no_match, &plain.note);
    let section = |title: &str, folded: bool, inputs: Vec<FormInput>| FormSection {
        title: title.into(),
        folded: folded && typed.is_empty(),
        inputs,
    };
    vec![
        section("", false, fields),
        section("", false, transform),
        section("Owner and clashes", has_usual_clash, clash),
        section("Condition, users, note", is_for_all, more),
    ]
}

pub(super) fn input(name: &str, label: &str, hint: &str, kind: FormInputKind) -> FormInput {
    FormInput { name: name.into(), label: label.into(), hint: hint.into(), only: String::new(), kind }
}

fn only(with: &str, input: FormInput) -> FormInput {
    FormInput { only: with.into(), ..input }
}

fn how(convert: &Convert) -> &'static str {
    match convert {
        Convert::Same => "same",
        Convert::Map { .. } => "map",
        Convert::Constant { .. } => "constant",
        Convert::Template { .. } => "template",
        Convert::Cut { .. } => "cut",
        Convert::Html { .. } => "html",
    }
}

/// The rule as it was typed. `rule` is the one that is there, empty for a new one; what is not on the form stays.
pub(super) fn read(rules: &Rules, offered: &Offered, rule: &FieldRule, typed: &Typed) -> Answer<FieldRule> {
    let text = |name: &str, now: &str| typed.get(name).map_or(now, |text| text.trim()).to_owned();
    let mut read = rule.clone();
    for (name, label, field) in [
        ("servicenow", "ServiceNow", &mut read.servicenow),
        ("platform", rules.platform_name.as_str(), &mut read.platform),
    ] {
        *field = field_name(name, label, &text(name, field))?;
    }
    if let Some(chosen) = typed.get("direction") {
        read.direction = one_of("direction", chosen, &DIRECTIONS)?;
    }
    read.convert = read_convert(offered, &read, typed)?;
    if let Some(chosen) = typed.get("strategy") {
        read.strategy = if chosen.is_empty() { None } else { Some(one_of("strategy", chosen, &STRATEGIES)?) };
    }
    if let Some(chosen) = typed.get("owner") {
        read.owner = one_of("owner", chosen, &OWNERS)?;
    }
    if let Some(chosen) = typed.get("enforce") {
        read.enforce = one_of("enforce", chosen, &YES_OR_NO)?;
    }
    if let Some(chosen) = typed.get("against") {
        read.against = one_of("against", chosen, &AGAINST)?;
    }
    for (name, priority) in [("priority_servicenow", &mut read.priority.0), ("priority_platform", &mut read.priority.1)]
    {
        *priority = number(name, &text(name, &priority.to_string()))?;
    }
    read.no_match = match typed.get("no_match").map(String::as_str) {
        None => read.no_match,
        Some("create") => NoMatch::Create,
        Some("leave_empty") => NoMatch::LeaveEmpty,
        Some("stand_in") => NoMatch::StandIn { email: email(&text("stand_in", ""))? },
        Some(other) => return Err(super::no_such("no_match", other)),
    };
    let always = Condition::default();
    let holds = conditions::read("when", typed, read.when.as_ref().map_or(&always, |when| &when.holds))?;
    let on = match typed.get("when_on") {
        Some(chosen) => one_of("when_on", chosen, &SIDES)?,
        None => read.when.as_ref().map_or(Side::ServiceNow, |when| when.on),
    };
    read.when = (holds != always).then_some(When { on, holds });
    read.note = text("note", &read.note);
    if rule.name.is_empty() {
        read.name = new_name(rules, &read, &text("name", ""))?;
        if let Convert::Map { map } = &mut read.convert {
            map.title = capitalised(&read.name);
        }
    }
    Ok(read)
}

fn read_convert(offered: &Offered, rule: &FieldRule, typed: &Typed) -> Answer<Convert> {
    let text = |name: &str| typed.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let on = || one_of("on", &text("on"), &SIDES);
    Ok(match typed.get("how").map(String::as_str) {
        None => rule.convert.clone(),
        Some("same") => Convert::Same,
        Some("map") => match &rule.convert {
            map @ Convert::Map { .. } => map.clone(),
            _ => Convert::Map { map: ValueMap { title: capitalised(&rule.name), rows: Vec::new() } },
        },
        Some("html") => Convert::Html { on: on()? },
        Some("cut") => {
            let length = number("length", &text("length"))?;
            if length == 0 {
                return Err(no_number("length", "0"));
            }
            Convert::Cut { on: on()?, length, mark: text("mark") }
        }
        Some("template") => match text("template") {
            template if template.is_empty() => return Err(missing("template", "The template is empty.")),
            template => Convert::Template { text: template },
        },
        Some("constant") => Convert::Constant { value: constant(offered, rule, &text("constant"))? },
        Some(other) => return Err(super::no_such("how", other)),
    })
}

/// As the field that it goes to spells values; as text where nobody knows.
fn constant(offered: &Offered, rule: &FieldRule, text: &str) -> Answer<Value> {
    if text.is_empty() {
        return Err(missing("constant", "There is no value."));
    }
    if let Convert::Constant { value } = &rule.convert
        && value.plain() == text
    {
        return Ok(value.clone());
    }
    let to_servicenow = rule.direction == Direction::ToServicenow;
    let (offers, field) =
        if to_servicenow { (&offered.servicenow, &rule.servicenow) } else { (&offered.platform, &rule.platform) };
    let kind = offers.kind(field).unwrap_or(Kind::Text);
    Value::read(kind, text).map_err(|junk| {
        Trouble::new(
            "MAPPING-VALUE",
            &format!("{field} cannot hold this value."),
            &junk.sentence(field),
            &format!("Type {}.", kind.in_words()),
        )
        .about("constant")
    })
}

pub(super) fn field_name(name: &str, side: &str, text: &str) -> Answer<String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_.+- ".contains(letter);
    if text.is_empty() {
        return Err(missing(name, &format!("The rule names no field of {side}.")));
    }
    if text.chars().all(is_plain) {
        return Ok(text.to_owned());
    }
    Err(Trouble::new(
        "MAPPING-FIELD",
        "This is no name of a field.",
        "Names have letters, digits, dots and underscores.",
        "Take the field's name, and not its label.",
    )
    .about(name))
}

/// Unique within the mapping: what both sides agreed on is kept by it.
fn new_name(rules: &Rules, rule: &FieldRule, typed: &str) -> Answer<String> {
    let field = rule.platform.rsplit('.').next().unwrap_or_default().replace('_', " ");
    let also = rule.servicenow.replace(['_', '.', '+'], " ");
    unique_name(rules, typed, &[field, also])
}

/// The name as it was typed, or else the first of these that no other rule has, or the first of all with a number.
pub(super) fn unique_name(rules: &Rules, typed: &str, names: &[String]) -> Answer<String> {
    if !typed.is_empty() {
        return if is_free(rules, typed) { Ok(typed.to_owned()) } else { Err(taken()) };
    }
    let first = names.first().cloned().unwrap_or_default();
    let more = (2..).map(|count| format!("{first} {count}"));
    Ok(names.iter().cloned().chain(more).find(|name| is_free(rules, name)).unwrap_or(first))
}

/// Whether no rule of either kind is called so.
fn is_free(rules: &Rules, name: &str) -> bool {
    rules.rule(name).is_none() && rules.notes.iter().all(|note| note.name != name)
}

fn taken() -> Trouble {
    Trouble::new(
        "MAPPING-NAME",
        "There is a rule of this name already.",
        "What both sides agreed on is kept by the rule's name, so each has its own.",
        "Type another name, or none.",
    )
    .about("name")
}

fn number<T: std::str::FromStr>(name: &str, text: &str) -> Answer<T> {
    text.parse().map_err(|_| no_number(name, text))
}

fn no_number(name: &str, text: &str) -> Trouble {
    Trouble::new(
        "MAPPING-NUMBER",
        "This is no number that can be used here.",
        &format!("\"{text}\" is no whole number, or too large or too small."),
        "Type digits only.",
    )
    .about(name)
}

fn email(text: &str) -> Answer<String> {
    if text.contains('@') {
        return Ok(text.to_owned());
    }
    Err(missing("stand_in", "The stand-in has no e-mail."))
}

pub(super) fn missing(name: &str, what: &str) -> Trouble {
    Trouble::new("FORM-MISSING", what, "The rule can do nothing without it.", "Fill it in.").about(name)
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use merge::presets;

    /// What the browser sends of an untouched form.
    fn untouched(rules: &Rules, rule: &FieldRule) -> Typed {
        let inputs = sections(rules, rule, &Typed::new()).into_iter().flat_map(|section| section.inputs);
        let mut typed = Typed::new();
        for input in inputs {
            match input.kind {
                FormInputKind::Text(value)
                | FormInputKind::Lines(value)
                | FormInputKind::Field { value, .. }
                | FormInputKind::Choice { value, .. } => {
                    typed.insert(input.name, value);
                }
                FormInputKind::Conditions { rows, .. } => {
                    for (at, row) in rows.into_iter().enumerate() {
                        typed.insert(format!("{}.{at}.field", input.name), row.field);
                        typed.insert(format!("{}.{at}.operator", input.name), row.operator);
                        typed.insert(format!("{}.{at}.value", input.name), row.value);
                    }
                }
            }
        }
        typed
    }

    #[test]
    fn an_untouched_form_says_what_the_rule_says() {
        for preset in presets() {
            for rule in &preset.rules.fields {
                let typed = untouched(&preset.rules, rule);
                let read = read(&preset.rules, &Offered::default(), rule, &typed).expect("readable");
                assert_eq!(read, *rule, "{}", preset.id);
            }
        }
    }

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_new_rule_is_named_after_its_field_and_never_like_another() {
        let rules = merge::incident_to_desk();
        let new = FieldRule::same("", "", "");
        let name = |platform: &str, name: &str| {
            let typed = typed(&[("servicenow", "u_room"), ("platform", platform), ("name", name), ("how", "map")]);
            read(&rules, &Offered::default(), &new, &typed)
        };
        let room = name("custom.room_number", "").expect("a rule");
        assert_eq!(room.name, "room number");
        assert!(matches!(room.convert, Convert::Map { map } if map.title == "Room number"));
        assert_eq!(name("title", "").expect("a rule").name, "u room");
        assert_eq!(name("title", "title").expect_err("taken").field, "name");
    }

    #[test]
    fn what_cannot_be_read_names_its_field() {
        let rules = merge::incident_to_desk();
        let rule = rules.rule("title").expect("there");
        for (name, value) in [
            ("servicenow", ""),
            ("platform", "a/b"),
            ("direction", "sideways"),
            ("priority_platform", "high"),
            ("strategy", "guess"),
        ] {
            let trouble = read(&rules, &Offered::default(), rule, &typed(&[(name, value)])).expect_err(name);
            assert_eq!(trouble.field, name);
        }
        for (how, field) in [("cut", "length"), ("template", "template"), ("constant", "constant"), ("x", "how")] {
            let typed = typed(&[("how", how), ("on", "servicenow")]);
            assert_eq!(read(&rules, &Offered::default(), rule, &typed).expect_err(how).field, field);
        }
        let stand_in = typed(&[("no_match", "stand_in"), ("stand_in", "nobody")]);
        assert_eq!(read(&rules, &Offered::default(), rule, &stand_in).expect_err("no e-mail").field, "stand_in");
    }
}
