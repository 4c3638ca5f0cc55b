//! The records and the files, without any instance. That they work is tested in `src/tests/kit.rs` (against the practice
//! instance) and in `end2end/kit` (the scripts alone).

use super::*;
use crate::clock::in_words;
use crate::connectors::servicenow::{is_signed, signature};
use quick_xml::events::Event;
use quick_xml::reader::Reader;
use std::collections::BTreeSet;

const NOW: i64 = 1_795_231_330_000;
const HOSTILE: &str = "It's \"ours\" ]]> </payload><script>\n\\u0041 & \u{0}\u{85}Zürich \u{fffe}";

pub(super) fn kit(connection: &str, name: &str) -> Kit {
    Kit {
        connection: connection.into(),
        name: name.into(),
        table: "incident".into(),
        streams: Streams::ALL,
        endpoint: "https://isthmus.example/hooks/k&y".into(),
        secret: "s<e]]>cret".into(),
    }
}

fn installed(kit: &Kit, now: i64) -> String {
    update_set(kit, now).expect("written")
}

/// Each element's name with its text, and the attribute `action`, in the order of their ends. Fails if it is no XML.
fn elements(xml: &str) -> Vec<(String, String, String)> {
    let mut reader = Reader::from_str(xml);
    let mut open: Vec<(String, String, String)> = Vec::new();
    let mut closed = Vec::new();
    let begun = |start: &quick_xml::events::BytesStart| {
        let action = start.try_get_attribute("action").expect("attributes");
        let action = action.map_or_else(String::new, |action| action.unescape_value().expect("a value").into_owned());
        (String::from_utf8_lossy(start.name().as_ref()).into_owned(), String::new(), action)
    };
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(start) => open.push(begun(&start)),
            Event::Empty(start) => closed.push(begun(&start)),
            Event::End(_) => closed.push(open.pop().expect("it began")),
            Event::Text(text) => {
                if let Some((_, said, _)) = open.last_mut() {
                    said.push_str(&text.decode().expect("text"));
                }
            }
            Event::GeneralRef(entity) => {
                let name = entity.decode().expect("a name");
                let letter = quick_xml::escape::resolve_predefined_entity(&name).expect("one of the five");
                open.last_mut().expect("inside").1.push_str(letter);
            }
            Event::Eof => return closed,
            _ => {}
        }
    }
}

fn texts<'a>(elements: &'a [(String, String, String)], name: &str) -> Vec<&'a str> {
    elements.iter().filter(|(is, ..)| is == name).map(|(_, text, _)| text.as_str()).collect()
}

#[test]
fn the_same_kit_makes_the_same_file_but_for_its_dates() {
    let kit = kit("01JD", "Practice");
    let undated = |now: i64| {
        installed(&kit, now).replace(&in_words(now), "DATE").replace(&format!("{now:x}"), "MOMENT")
            + &uninstall_set(&kit, now)
                .expect("written")
                .replace(&in_words(now), "DATE")
                .replace(&format!("{now:x}"), "MOMENT")
    };
    assert_ne!(installed(&kit, NOW), installed(&kit, NOW + 86_400_000));
    assert_eq!(undated(NOW), undated(NOW + 86_400_000));
}

#[test]
fn a_connection_keeps_its_sys_ids_whatever_else_changes() {
    let ids = |kit: &Kit| kit.pieces().into_iter().map(|piece| piece.sys_id).collect::<Vec<_>>();
    let old = kit("01JD", "Practice");
    let new = Kit {
        name: "Other".into(),
        table: "sn_customerservice_case".into(),
        streams: Streams { journals: false, attachments: false },
        endpoint: "https://elsewhere/hooks/z".into(),
        secret: "new".into(),
        ..old.clone()
    };
    assert_eq!(ids(&old), ids(&new));
    // The one rule of earlier versions is updated, not doubled.
    assert!(ids(&old).contains(&"afcd1a7b205aecb4eca9d2a93059a381".to_owned()));
}

#[test]
fn what_is_not_wanted_any_more_is_switched_off() {
    let streams = Streams { journals: false, attachments: true };
    let pieces = Kit { streams, ..kit("01JD", "Practice") }.pieces();
    let active = |table: &str| {
        let rule = pieces.iter().find(|piece| piece.field("collection") == table).expect("a rule");
        rule.field("active").to_owned()
    };
    assert_eq!(["sys_journal_field", "sys_attachment"].map(active), ["false", "true"]);
}

#[test]
fn two_connections_share_nothing_on_an_instance() {
    let taken = |kit: &Kit| {
        let known = |piece: &Piece| piece.kind.known_by().map(|column| piece.field(column).to_owned());
        let pieces = kit.pieces();
        pieces.iter().flat_map(|piece| [Some(piece.sys_id.clone()), known(piece)]).flatten().collect::<BTreeSet<_>>()
    };
    let (one, other) = (taken(&kit("01JD", "Practice")), taken(&kit("01JE", "Practice")));
    assert!(one.is_disjoint(&other));
    assert_eq!(one.len(), 23 + 13, "{one:?}");
}

#[test]
fn no_text_of_a_person_gets_into_a_script() {
    let scripts = |name: &str, table: &str| {
        let kit = Kit { table: table.into(), ..kit("01JD", name) };
        kit.pieces().iter().filter_map(|piece| piece.script().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(scripts("Practice", "incident"), scripts(HOSTILE, "it's"));
    assert!(scripts("Practice", "incident").iter().all(|script| script.is_ascii() && !script.contains("CONNECTION")));
}

#[test]
fn hostile_names_and_values_arrive_as_they_are() {
    let kit = kit("01JD", HOSTILE);
    let outer = elements(&installed(&kit, NOW));
    let shown = "It's \"ours\" ]]> </payload><script> \\u0041 & Zürich";
    assert_eq!(kit.shown_name().trim(), shown);
    let name = format!("Isthmus {}: {}", kit.tag(), kit.shown_name());
    assert!(texts(&outer, "name").contains(&name.as_str()), "{name}");
    let inner: Vec<_> = texts(&outer, "payload").into_iter().flat_map(elements).collect();
    let values = texts(&inner, "value");
    assert_eq!(values, ["true", "incident", "https://isthmus.example/hooks/k&y", "s<e]]>cret"]);
    assert!(texts(&inner, "description").iter().any(|text| text.contains("]]> </payload>")));
    let sender = super::pieces::SENDER.replace("CONNECTION", &kit.tag());
    assert!(texts(&inner, "script").contains(&sender.as_str()), "every character of the script");
}

/// Contract 11.4 lists what real exports have.
#[test]
fn the_file_has_all_that_exports_have() {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
    let outer = elements(&installed(&kit("01JD", "Practice"), NOW));
    let names: BTreeSet<_> = outer.iter().map(|(name, ..)| name.clone()).collect();
    let set = words(
        "application application_name application_scope application_version collisions commit_date deleted description \
         inserted name origin_sys_id parent release_date remote_base_update_set remote_parent_id remote_sys_id state \
         summary sys_class_name sys_created_by sys_created_on sys_id sys_mod_count sys_updated_by sys_updated_on \
         update_set update_source updated unload sys_remote_update_set",
    );
    let update = words(
        "sys_update_xml action application category comments name payload payload_hash remote_update_set \
         replace_on_upgrade sys_created_by sys_created_on sys_id sys_mod_count sys_recorded_at sys_updated_by \
         sys_updated_on table target_name type update_domain update_guid update_guid_history update_set view",
    );
    assert_eq!(names, set.union(&update).cloned().collect());
    let columns = |kind: &str| {
        let inner = texts(&outer, "payload").into_iter().map(elements);
        let mut records = inner.filter(|inner| inner.iter().any(|(name, ..)| name == kind));
        let record = records.next().expect("one of the kind");
        record.iter().map(|(name, ..)| name.clone()).filter(|name| name != kind && name != "record_update").collect()
    };
    let rule: BTreeSet<String> = columns("sys_script");
    assert_eq!(
        rule,
        words(
            "abort_action access action_delete action_insert action_query action_update active add_message advanced \
             change_fields client_callable collection condition description execute_function filter_condition is_rest \
             message name order priority rest_method rest_method_text rest_service rest_service_text rest_variables \
             role_conditions script sys_class_name sys_created_by sys_created_on sys_domain sys_domain_path sys_id \
             sys_mod_count sys_name sys_overrides sys_package sys_policy sys_scope sys_update_name sys_updated_by \
             sys_updated_on template when"
        )
    );
    let include: BTreeSet<String> = columns("sys_script_include");
    assert_eq!(
        include,
        words(
            "access active api_name caller_access client_callable description name script sys_class_name sys_created_by \
             sys_created_on sys_id sys_mod_count sys_name sys_package sys_policy sys_scope sys_update_name sys_updated_by \
             sys_updated_on"
        )
    );
    let button: BTreeSet<String> = columns("sys_ui_action");
    assert_eq!(
        button,
        words(
            "action_name active client client_script_v2 comments condition form_action form_button form_button_v2 \
             form_context_menu form_link form_menu_button_v2 form_style hint isolate_script list_action \
             list_banner_button list_button list_choice list_context_menu list_link list_save_with_form_button \
             list_style name onclick order script show_insert show_multiple_update show_query show_update \
             sys_class_name sys_created_by sys_created_on sys_domain sys_domain_path sys_id sys_mod_count sys_name \
             sys_overrides sys_package sys_policy sys_scope sys_update_name sys_updated_by sys_updated_on table \
             ui11_compatible ui16_compatible"
        )
    );
    let property: BTreeSet<String> = columns("sys_properties");
    assert_eq!(
        property,
        words(
            "choices description ignore_cache is_private name read_roles suffix sys_class_name sys_created_by \
             sys_created_on sys_id sys_mod_count sys_name sys_package sys_policy sys_scope sys_update_name \
             sys_updated_by sys_updated_on type value write_roles"
        )
    );
}

#[test]
fn the_uninstall_file_deletes_each_piece_and_what_builds_on_another_first() {
    let kit = kit("01JD", "Practice");
    let outer = elements(&uninstall_set(&kit, NOW).expect("written"));
    assert!(texts(&outer, "action").iter().all(|action| *action == "DELETE"));
    let mut gone = Vec::new();
    for payload in texts(&outer, "payload") {
        let inner = elements(payload);
        gone.push(texts(&inner, "sys_id")[0].to_owned());
        let (name, _, action) = &inner[inner.len() - 2];
        assert_eq!(action, "DELETE", "{name}");
    }
    let made: Vec<_> = kit.pieces().into_iter().map(|piece| piece.sys_id).rev().collect();
    assert_eq!(gone, made);
    let install = elements(&installed(&kit, NOW));
    assert_ne!(texts(&outer, "remote_sys_id"), texts(&install, "remote_sys_id"), "two sets, not one");
}

#[test]
fn each_piece_says_what_it_is_for_and_how_it_is_made_and_checked() {
    for piece in kit("01JD", "Practice").pieces() {
        assert!(!piece.does.is_empty() && !piece.check.is_empty(), "{}", piece.name);
        assert!(piece.sys_id.len() == 32 && piece.name.chars().count() <= 80, "{}", piece.name);
        let form = piece.form();
        let is_there = |column: &&'static str| form.iter().any(|(_, value)| *value == piece.fields[column]);
        assert!(piece.kind.known_by().iter().all(is_there), "{}: {form:?}", piece.name);
    }
}

/// The script include makes the same signature of the same bytes: end2end/kit reads this file too.
#[test]
fn the_scripts_and_we_sign_alike() {
    let shared: serde_json::Value =
        serde_json::from_str(include_str!("../../../../end2end/kit/signed.json")).expect("JSON");
    let text = |name: &str| shared[name].as_str().expect("a text");
    let (secret, timestamp, body) = (text("secret"), text("timestamp"), text("body").as_bytes());
    assert_eq!(signature(secret, timestamp, body), text("signature"));
    assert!(is_signed(secret, timestamp, body, text("signature")));
}
