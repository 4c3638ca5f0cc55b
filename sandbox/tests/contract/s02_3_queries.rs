//! Contract section 2.3: encoded queries.

use crate::support::{BETH, Instance, JOE};
use serde_json::{Value, json};

const TABLE: &str = "/api/now/table/incident";
const NETWORK: &str = "287ebd7da9fe198100f92cc8d1d2154e";

/// An instance with incidents of our own, named by their short descriptions.
async fn with(incidents: &[(&str, Value)]) -> Instance {
    let instance = Instance::start().await;
    add(&instance, incidents).await;
    instance
}

async fn add(instance: &Instance, incidents: &[(&str, Value)]) {
    for (name, values) in incidents {
        let mut body = values.clone();
        body["short_description"] = json!(format!("mine {name}"));
        instance.post(TABLE, body).await;
    }
}

/// The names of our incidents that a query finds, in the order of the answer.
async fn names(instance: &Instance, query: &str) -> Vec<String> {
    let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let list = instance.get(&format!("{TABLE}?sysparm_fields=short_description&sysparm_query={query}")).await;
    let texts = list.as_array().expect("a list").iter().filter_map(|row| row["short_description"].as_str());
    texts.filter_map(|text| text.strip_prefix("mine ")).map(str::to_owned).collect()
}

async fn finds(instance: &Instance, query: &str, expected: &str) {
    let mut found = names(instance, query).await;
    found.sort();
    assert_eq!(found.join(" "), expected, "{query}");
}

/// Three with different categories, callers and counts.
async fn three() -> Instance {
    with(&[
        ("one", json!({"category": "network", "caller_id": JOE, "reassignment_count": "2", "description": "Printer on fire"})),
        ("two", json!({"category": "hardware", "caller_id": BETH, "reassignment_count": "10", "description": "printer"})),
        ("three", json!({"category": "network", "caller_id": "", "reassignment_count": "", "description": ""})),
    ])
    .await
}

/// 2.3: ^OR binds to the condition directly before it, so that a=1^b=2^ORb=3 asks for a and one of the two.
#[tokio::test]
async fn or_binds_to_the_condition_before_it() {
    let instance = three().await;
    finds(&instance, "category=network^reassignment_count=2^ORreassignment_count=10", "one").await;
    finds(&instance, "category=network^ORcategory=hardware^reassignment_count=10", "two").await;
}

/// 2.3: ^NQ begins a whole new query, and a record that either finds is in the answer.
#[tokio::test]
async fn a_new_query_is_an_alternative_to_all_before_it() {
    let instance = three().await;
    finds(&instance, "category=network^reassignment_count=2^NQreassignment_count=10^ORDERBYnumber", "one two").await;
}

/// 2.3: ^EQ at the end says nothing, nor does ^GROUPBY to a client.
#[tokio::test]
async fn an_end_mark_says_nothing() {
    let instance = three().await;
    finds(&instance, "reassignment_count=10^GROUPBYcategory^EQ", "two").await;
}

/// 2.3: A doubled caret stands for the character itself.
#[tokio::test]
async fn a_doubled_caret_is_a_caret() {
    let instance = with(&[("a", json!({"description": "2^10"})), ("b", json!({"description": "2"}))]).await;
    finds(&instance, "description=2^^10", "a").await;
}

/// 2.3: Operators are spelled in capitals only; in small letters they are no operators.
#[tokio::test]
async fn names_and_operators_are_case_sensitive() {
    let instance = three().await;
    finds(&instance, "descriptionlikefire^reassignment_count=10", "two").await;
    finds(&instance, "DESCRIPTION=x^reassignment_count=10", "two").await;
}

/// 2.3: Text is compared in any case.
#[tokio::test]
async fn text_is_compared_in_any_case() {
    let instance = three().await;
    finds(&instance, "description=PRINTER ON FIRE", "one").await;
    finds(&instance, "descriptionINx,printer", "two").await;
}

/// 2.3: = with nothing behind it, =NULL, ISEMPTY and EMPTYSTRING find the empty value, != and ISNOTEMPTY the others.
#[tokio::test]
async fn emptiness() {
    let instance = three().await;
    for query in
        ["caller_id=", "caller_id=NULL", "caller_idISEMPTY", "caller_idEMPTYSTRING", "caller_idNOT INx^caller_id="]
    {
        finds(&instance, query, "three").await;
    }
    for query in ["caller_id!=^short_descriptionLIKEmine", "caller_id!=NULL", "caller_idISNOTEMPTY"] {
        finds(&instance, query, "one two").await;
    }
    finds(&instance, "caller_idANYTHING", "one three two").await;
}

/// 2.3: !=, NOT IN and NOT LIKE find records with nothing in the field too.
#[tokio::test]
async fn negations_find_the_empty_value_too() {
    let instance = three().await;
    finds(&instance, "reassignment_count!=2", "three two").await;
    finds(&instance, &format!("caller_idNOT IN{BETH}"), "one three").await;
    finds(&instance, "descriptionNOT LIKEfire", "three two").await;
}

/// 2.3: LIKE, *, CONTAINS, NOT LIKE, !* and DOES NOT CONTAIN look for a part, STARTSWITH, ENDSWITH and % at an end.
#[tokio::test]
async fn parts_of_texts() {
    let instance = three().await;
    for query in [
        "descriptionLIKEer ON",
        "description*er on",
        "descriptionCONTAINSer on",
        "descriptionENDSWITHFire",
        "description%fire",
    ] {
        finds(&instance, query, "one").await;
    }
    for negated in ["NOT LIKE", "NOTLIKE", "!*", "DOES NOT CONTAIN"] {
        finds(&instance, &format!("description{negated}fire^descriptionISNOTEMPTY"), "two").await;
    }
    finds(&instance, "descriptionSTARTSWITHPRINT", "one two").await;
    finds(&instance, "descriptionLIKE%", "").await;
}

/// 2.3: Numbers compare as numbers: 10 is more than 2, and 02 is 2.
#[tokio::test]
async fn numbers_compare_as_numbers() {
    let instance = three().await;
    finds(&instance, "reassignment_count>2", "two").await;
    finds(&instance, "reassignment_count=02", "one").await;
    finds(&instance, "reassignment_countIN 2 ,10.0", "one two").await;
    finds(&instance, "reassignment_countBETWEEN1@3", "one").await;
    finds(&instance, "reassignment_count<3", "one").await;
}

/// 2.3: A boolean is true or 1, false or 0.
#[tokio::test]
async fn booleans_have_two_spellings() {
    let instance = with(&[("open", json!({})), ("known", json!({"knowledge": "true"}))]).await;
    for value in ["true", "1", "TRUE"] {
        finds(&instance, &format!("knowledge={value}"), "known").await;
    }
    finds(&instance, "knowledge=0^short_descriptionLIKEmine", "open").await;
}

/// 2.3: On a reference LIKE, STARTSWITH and ENDSWITH compare its display value, = its sys_id.
#[tokio::test]
async fn references_are_compared_by_name_or_sys_id() {
    let instance = three().await;
    finds(&instance, "caller_idLIKEth ANG", "two").await;
    finds(&instance, "caller_idSTARTSWITHJoe", "one").await;
    finds(&instance, "caller_idENDSWITHglin", "two").await;
    finds(&instance, "caller_id=Beth Anglin", "").await;
    finds(&instance, &format!("caller_id={BETH}"), "two").await;
}

/// 2.3: A condition walks through references with dots, however many; a walk through an empty one ends in nothing.
#[tokio::test]
async fn dots_walk_through_references() {
    let instance = three().await;
    let parent = instance.get(&format!("{TABLE}?short_description=mine%20two")).await[0]["sys_id"].clone();
    add(&instance, &[("child", json!({"parent_incident": parent, "caller_id": JOE}))]).await;
    finds(&instance, "caller_id.user_name=employee", "child one").await;
    finds(&instance, "parent_incident.caller_id.emailSTARTSWITHbeth.anglin", "child").await;
    finds(&instance, "parent_incident.caller_id.emailISEMPTY", "one three two").await;
}

/// 2.3: From a reference to a task a walk reaches the columns of a table that extends it with ref_.
#[tokio::test]
async fn a_walk_reaches_the_columns_of_an_extending_table() {
    let instance = three().await;
    let parent = instance.get(&format!("{TABLE}?short_description=mine%20one")).await[0]["sys_id"].clone();
    add(&instance, &[("child", json!({"parent": parent}))]).await;
    finds(&instance, "parent.ref_incident.category=network", "child").await;
    finds(&instance, "parent.ref_problem.number!=", "").await;
}

/// 2.3: SAMEAS, NSAMEAS and the _FIELD operators compare two fields of a record.
#[tokio::test]
async fn two_fields_of_a_record() {
    let instance = with(&[
        ("same", json!({"caller_id": JOE, "assigned_to": JOE, "reassignment_count": "10", "order": "9"})),
        ("other", json!({"caller_id": JOE, "assigned_to": BETH, "reassignment_count": "9", "order": "10"})),
    ])
    .await;
    finds(&instance, "caller_idSAMEASassigned_to", "same").await;
    finds(&instance, "caller_idNSAMEASassigned_to", "other").await;
    finds(&instance, "reassignment_countGT_FIELDorder", "same").await;
    finds(&instance, "reassignment_countLT_FIELDorder", "other").await;
    finds(&instance, "reassignment_countGT_OR_EQUALS_FIELDorder", "same").await;
    finds(&instance, "reassignment_countLT_OR_EQUALS_FIELDreassignment_count", "other same").await;
}

/// 2.3: A plain date-time is UTC, and a date alone its first second.
#[tokio::test]
async fn plain_times_are_utc() {
    let instance = with(&[
        ("late", json!({"due_date": "2026-03-01 00:00:00"})),
        ("early", json!({"due_date": "2026-02-28 23:59:59"})),
    ])
    .await;
    finds(&instance, "due_date>=2026-03-01^short_descriptionLIKEmine", "late").await;
    finds(&instance, "due_date<2026-03-01 00:00:00", "early").await;
    finds(&instance, "due_dateBETWEEN2026-02-28 23:59:59@2026-02-28 23:59:59", "early").await;
}

/// 2.3: gs.dateGenerate and the ends of days are in the calling user's time zone.
#[tokio::test]
async fn generated_dates_are_in_the_callers_time_zone() {
    let instance = with(&[
        ("before", json!({"due_date": "2026-03-14 22:59:59"})),
        ("on", json!({"due_date": "2026-03-14 23:00:00"})),
    ])
    .await;
    let on_the_15th = "due_dateON2026-03-15@javascript:gs.dateGenerate('2026-03-15','start')@javascript:gs.dateGenerate('2026-03-15','end')";
    finds(&instance, on_the_15th, "").await;
    instance
        .patch("/api/now/table/sys_user/6816f79cc0a8016401c5a33be04be441", json!({"time_zone": "Europe/Berlin"}))
        .await;
    finds(&instance, on_the_15th, "on").await;
    finds(&instance, "due_date<javascript:gs.dateGenerate('2026-03-15','00:00:00')^due_dateISNOTEMPTY", "before").await;
    finds(&instance, "due_dateON2026-03-15", "on").await;
}

/// 2.3: NOTON finds what is on any other day, or on none.
#[tokio::test]
async fn not_on_a_day() {
    let instance = with(&[
        ("on", json!({"due_date": "2026-03-15 10:00:00"})),
        ("off", json!({"due_date": "2026-03-16 10:00:00"})),
        ("none", json!({})),
    ])
    .await;
    finds(&instance, "due_dateNOTONthat day@2026-03-15 00:00:00@2026-03-15 23:59:59", "none off").await;
}

/// 2.3: DATEPART compares a part of the date: on or after Monday is every day but Sunday.
#[tokio::test]
async fn parts_of_dates() {
    let instance = with(&[
        ("sunday", json!({"due_date": "2026-03-15 10:00:00"})),
        ("monday", json!({"due_date": "2025-10-20 23:30:00"})),
        ("none", json!({})),
    ])
    .await;
    instance.set_property("glide.sys.default.tz", "UTC").await;
    for (query, expected) in [
        ("due_dateDATEPARTMonday@javascript:gs.datePart('dayofweek','monday','GE')", "monday"),
        ("due_dateDATEPARTMonday@javascript:gs.datePart('dayofweek','monday','LE')", "monday sunday"),
        ("due_dateDATEPARTMarch@javascript:gs.datePart('month','mar','EE')", "sunday"),
        ("due_dateDATEPARTQuarter 4@javascript:gs.datePart('quarter','4','EE')", "monday"),
        ("due_dateDATEPART2026@javascript:gs.datePart('year','2026','LT')", "monday"),
        ("due_dateDATEPARTWeek 11@javascript:gs.datePart('week','11','EE')", "sunday"),
        ("due_dateDATEPART11 pm hour@javascript:gs.datePart('hour','23','EE')", "monday"),
    ] {
        finds(&instance, &format!("{query}^short_descriptionLIKEmine"), expected).await;
    }
}

/// 2.3: The RELATIVE operators count from now: @hour@ago@2, @day@ahead@1.
#[tokio::test]
async fn times_relative_to_now() {
    let (instance, hand) = Instance::start_with_clock().await;
    add(&instance, &[("first", json!({}))]).await;
    hand.turn(3 * 3_600);
    add(&instance, &[("second", json!({}))]).await;
    let mine = "^short_descriptionLIKEmine";
    finds(&instance, &format!("sys_created_onRELATIVEGT@hour@ago@2{mine}"), "second").await;
    finds(&instance, &format!("sys_created_onRELATIVELE@minute@ago@120{mine}"), "first").await;
    finds(&instance, &format!("sys_created_onRELATIVEGE@day@ago@1{mine}"), "first second").await;
    finds(&instance, &format!("sys_created_onRELATIVELT@week@ahead@1{mine}"), "first second").await;
    finds(&instance, &format!("sys_created_onRELATIVEEE@hour@ago@0{mine}"), "second").await;
    hand.turn(40 * 86_400);
    finds(&instance, &format!("sys_created_onRELATIVEGE@month@ago@1{mine}"), "").await;
    finds(&instance, &format!("sys_created_onRELATIVEGT@quarter@ago@1{mine}"), "first second").await;
}

/// 2.3: MORETHAN and LESSTHAN measure how far one date is from another, SAMEAS whether both are in one day or month.
#[tokio::test]
async fn distances_between_dates() {
    let instance = with(&[
        ("far", json!({"due_date": "2026-03-01 10:00:00", "follow_up": "2026-03-05 10:00:00"})),
        ("near", json!({"due_date": "2026-03-01 10:00:00", "follow_up": "2026-03-01 12:00:00"})),
        ("after", json!({"due_date": "2026-04-02 10:00:00", "follow_up": "2026-03-01 12:00:00"})),
        ("none", json!({"due_date": "2026-04-02 10:00:00"})),
    ])
    .await;
    finds(&instance, "due_dateMORETHANfollow_up@day@before@1", "far").await;
    finds(&instance, "due_dateLESSTHANfollow_up@day@before@3", "near").await;
    finds(&instance, "due_dateMORETHANfollow_up@month@after@1", "after").await;
    finds(&instance, "due_dateMORETHANfollow_up@week@before or after@1", "after").await;
    finds(&instance, "due_dateSAMEASfollow_up@day^follow_upISNOTEMPTY", "near").await;
    finds(&instance, "due_dateSAMEASfollow_up@month^follow_upISNOTEMPTY", "far near").await;
    finds(&instance, "due_dateNSAMEASfollow_up@quarter^short_descriptionLIKEmine", "after none").await;
}

/// 2.3: javascript: values are evaluated for the caller: who it is, and which groups it is in.
#[tokio::test]
async fn scripts_know_the_caller() {
    let instance = three().await;
    let beth = |query: &str| format!("{TABLE}?sysparm_fields=short_description&sysparm_query={query}");
    for script in ["gs.getUserID()", "gs.getUser().getID()", "gs.getUserID();"] {
        let path = beth(&format!("caller_id=javascript:{script}^short_descriptionLIKEmine"));
        let answer = instance.call_as("beth.anglin", reqwest::Method::GET, &path, None).await;
        let rows = crate::support::result(answer).await;
        assert_eq!(rows, json!([{"short_description": "mine two"}]), "{script}");
    }
    let path = beth("sys_created_by=javascript:gs.getUserName()^short_descriptionLIKEmine");
    let answer = instance.call_as("beth.anglin", reqwest::Method::GET, &path, None).await;
    assert_eq!(crate::support::result(answer).await, json!([]));
}

/// 2.3: DYNAMIC asks a named filter of sys_filter_option_dynamic, such as Me or One of My Groups; one that is not
/// there finds nothing.
#[tokio::test]
async fn dynamic_filters() {
    let instance = three().await;
    let admin = "6816f79cc0a8016401c5a33be04be441";
    instance.post("/api/now/table/sys_user_grmember", json!({"user": admin, "group": NETWORK})).await;
    add(
        &instance,
        &[
            ("own", json!({"caller_id": admin, "watch_list": format!("{BETH},{admin}")})),
            ("team", json!({"assignment_group": NETWORK})),
        ],
    )
    .await;
    let mine = "^short_descriptionLIKEmine";
    finds(&instance, &format!("caller_idDYNAMIC90d1921e5f510100a9ad2572f2b477fe{mine}"), "own").await;
    finds(&instance, &format!("watch_listDYNAMIC90d1921e5f510100a9ad2572f2b477fe{mine}"), "own").await;
    finds(&instance, &format!("assignment_groupDYNAMICd6435e965f510100a9ad2572f2b47744{mine}"), "team").await;
    finds(&instance, &format!("assignment_group=javascript:gs.getUser().getMyGroups(){mine}"), "team").await;
    finds(&instance, &format!("caller_idDYNAMIC00000000000000000000000000000000{mine}"), "").await;
    let filter = json!({"label": "Joe", "script": "gs.getUser().getRecord().getValue('manager')"});
    let filter = instance.post("/api/now/table/sys_filter_option_dynamic", filter).await;
    instance.patch(&format!("/api/now/table/sys_user/{admin}"), json!({"manager": JOE})).await;
    let id = filter["sys_id"].as_str().expect("a sys_id");
    finds(&instance, &format!("caller_idDYNAMIC{id}{mine}"), "one").await;
}

/// 2.3: IN_HIERARCHY finds the record that it starts at and all below it, by parent or manager.
#[tokio::test]
async fn hierarchies() {
    let instance = three().await;
    let admin = "6816f79cc0a8016401c5a33be04be441";
    instance.patch(&format!("/api/now/table/sys_user/{BETH}"), json!({"manager": JOE})).await;
    instance.patch(&format!("/api/now/table/sys_user/{JOE}"), json!({"manager": admin})).await;
    instance.patch(&format!("/api/now/table/sys_user/{admin}"), json!({"manager": ""})).await;
    let hierarchy = "fdd0fa0f93f5d2505bd0bd886cba1015";
    let mine = "^short_descriptionLIKEmine";
    finds(&instance, &format!("caller_idIN_HIERARCHY{hierarchy}@{admin}{mine}"), "one two").await;
    finds(&instance, &format!("caller_idIN_HIERARCHY{BETH}{mine}"), "two").await;
    let me = "90d1921e5f510100a9ad2572f2b477fe";
    finds(&instance, &format!("caller_idIN_HIERARCHY_DYNAMIC{hierarchy}@{me}{mine}"), "one two").await;
}

/// 2.3: sys_tags.<id>= finds records with a tag, DOESNOTHAVE those with other tags only, EXCLUDING all without it.
#[tokio::test]
async fn tags() {
    let instance = three().await;
    let mut labels = Vec::new();
    for (label, incident) in [("red", "one"), ("blue", "two")] {
        let label = instance.post("/api/now/table/label", json!({"name": label})).await["sys_id"].clone();
        let incident = instance.get(&format!("{TABLE}?short_description=mine%20{incident}")).await[0]["sys_id"].clone();
        let entry = json!({"label": label, "table": "incident", "table_key": incident});
        instance.post("/api/now/table/label_entry", entry).await;
        labels.push(label.as_str().expect("a sys_id").to_owned());
    }
    let red = &labels[0];
    let mine = "^short_descriptionLIKEmine";
    finds(&instance, &format!("sys_tags.{red}={red}{mine}"), "one").await;
    finds(&instance, &format!("sys_tags.{red}DOESNOTHAVE{red}{mine}"), "two").await;
    finds(&instance, &format!("sys_tags.{red}EXCLUDING{red}{mine}"), "three two").await;
}

/// 2.3: 123TEXTQUERY321 finds records that have all the words somewhere in their texts or journals.
#[tokio::test]
async fn words_anywhere() {
    let instance = three().await;
    add(&instance, &[("four", json!({"description": "printer", "comments": "It is Fire again"}))]).await;
    finds(&instance, "123TEXTQUERY321=fire printer", "four one").await;
    finds(&instance, "123TEXTQUERY321=printer unicorn", "").await;
}

/// 2.3: A query on a journal field asks its entries.
#[tokio::test]
async fn journals_are_searched_by_their_entries() {
    let instance = with(&[
        ("talked", json!({"comments": "Hello there"})),
        ("noted", json!({"work_notes": "hello"})),
        ("silent", json!({})),
    ])
    .await;
    let mine = "^short_descriptionLIKEmine";
    finds(&instance, &format!("commentsLIKEhello{mine}"), "talked").await;
    finds(&instance, &format!("commentsNOT LIKEhello{mine}"), "noted silent").await;
    finds(&instance, &format!("comments_and_work_notesISNOTEMPTY{mine}"), "noted talked").await;
    finds(&instance, &format!("work_notesISEMPTY{mine}"), "silent talked").await;
}

/// 2.3: RLQUERY asks how many records of a related list fit a query of their own, up to ENDRLQUERY.
#[tokio::test]
async fn related_lists() {
    let instance = three().await;
    let users = async |query: &str| {
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let path = format!("/api/now/table/sys_user?sysparm_fields=user_name&sysparm_query={query}^ORDERBYuser_name");
        instance.get(&path).await
    };
    let mine = "short_descriptionLIKEmine";
    let found = users(&format!("RLQUERYincident.caller_id,>=1^{mine}^ENDRLQUERY")).await;
    assert_eq!(found, json!([{"user_name": "beth.anglin"}, {"user_name": "employee"}]));
    let found =
        users(&format!("active=true^RLQUERYincident.caller_id,>=1,m2m^{mine}^category=network^ENDRLQUERY")).await;
    assert_eq!(found, json!([{"user_name": "employee"}]));
    let none = users(&format!("user_nameINemployee,itil^RLQUERYincident.caller_id,=0^{mine}^ENDRLQUERY")).await;
    assert_eq!(none, json!([{"user_name": "itil"}]));
}

/// 2.3: JOIN finds records whose field is one of those in another table, as ServiceNow's own scripts write it.
#[tokio::test]
async fn joins() {
    let instance = three().await;
    finds(&instance, "JOINincident.caller_id=sys_user.sys_id!user_name=employee^short_descriptionLIKEmine", "one")
        .await;
}

/// 2.3: INSTANCEOF finds records of a table or one that extends it.
#[tokio::test]
async fn instances_of_a_table() {
    let instance = three().await;
    finds(&instance, "sys_class_nameINSTANCEOFtask^short_descriptionLIKEmine", "one three two").await;
    finds(&instance, "sys_class_nameINSTANCEOFproblem", "").await;
}

/// 2.3: ORDERBY may be repeated and stand anywhere; numbers are sorted by size, references by name.
#[tokio::test]
async fn order() {
    let instance = three().await;
    add(&instance, &[("four", json!({"category": "network", "caller_id": BETH, "reassignment_count": "9"}))]).await;
    let mine = "short_descriptionLIKEmine";
    let sorted = names(&instance, &format!("ORDERBYDESCreassignment_count^{mine}")).await;
    assert_eq!(sorted, ["two", "four", "one", "three"]);
    let sorted = names(&instance, &format!("{mine}^ORDERBYcategory^ORDERBYDESCreassignment_count")).await;
    assert_eq!(sorted, ["two", "four", "one", "three"]);
    let sorted =
        names(&instance, &format!("ORDERBYcaller_id^caller_idISNOTEMPTY^{mine}^ORDERBYreassignment_count")).await;
    assert_eq!(sorted, ["four", "two", "one"]);
    let sorted = names(&instance, &format!("{mine}^ORDERBYDESCcaller_id.email^ORDERBYnumber")).await;
    assert_eq!(sorted, ["one", "two", "four", "three"]);
}

/// 2.3: Whatever is sent as a query, the instance answers with a list.
#[tokio::test]
async fn odd_queries_do_no_harm() {
    let instance = three().await;
    let many = "^ORstate=1".repeat(1_000);
    let deep = "caller_id.manager.".repeat(40);
    for query in [
        "^^^",
        "=",
        "state",
        "state=1'; DROP TABLE task;--",
        "\"=1",
        "ORDERBY",
        "ORDERBYx\"y",
        "NQ^NQ",
        "stateBETWEEN1",
        "sys_created_on>javascript:gs.daysAgo(99999999999999)",
        "sys_created_onRELATIVEGE@year@ago@999999999",
        "RLQUERY^ENDRLQUERY",
        "JOIN=!",
        "caller_id=javascript:while(true){}",
        &many,
        &deep,
        "état=1",
        "123TEXTQUERY321=",
    ] {
        names(&instance, query).await;
    }
    finds(&instance, "short_descriptionLIKEmine", "one three two").await;
}

/// 12.3: A page after the last row seen, sys_updated_on>T^NQsys_updated_on=T^sys_id>last, neither repeats a row nor
/// leaves one out.
#[tokio::test]
async fn pages_by_key() {
    let instance = Instance::start().await;
    let all =
        instance.get(&format!("{TABLE}?sysparm_fields=sys_id&sysparm_query=ORDERBYsys_updated_on^ORDERBYsys_id")).await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let query = format!("{after}ORDERBYsys_updated_on^ORDERBYsys_id");
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let path = format!("{TABLE}?sysparm_fields=sys_id,sys_updated_on&sysparm_limit=40&sysparm_query={query}");
        let page = instance.get(&path).await;
        let rows = page.as_array().expect("a list");
        let Some(last) = rows.last() else { break };
        let text = |name: &str| last[name].as_str().expect("text").to_owned();
        let (time, id) = (text("sys_updated_on"), text("sys_id"));
        after = format!("sys_updated_on>{time}^NQsys_updated_on={time}^sys_id>{id}^");
        seen.extend(rows.iter().map(|row| json!({"sys_id": row["sys_id"]})));
    }
    assert_eq!(json!(seen), all);
}
