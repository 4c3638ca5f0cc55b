//! Contract 11.1: business rules run around each write, in the writer's session.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::scripts::Receiver;
use crate::support::{Instance, JOE};

fn path(record: &Value) -> String {
    format!("/api/now/table/incident/{}", record["sys_id"].as_str().expect("an id"))
}

/// 11.1: A `before` rule changes the record that is about to be saved, and the answer of the same call shows it.
#[tokio::test]
async fn before_rules_change_current() {
    let instance = Instance::start().await;
    let script =
        "current.short_description = '[new] ' + current.short_description; current.urgency = 1; current.impact = 1;";
    instance.rule("before", "incident", script, json!({"action_update": "false"})).await;
    let made = instance.post("/api/now/table/incident", json!({"short_description": "No mail"})).await;
    assert_eq!((&made["short_description"], &made["priority"]), (&json!("[new] No mail"), &json!("1")));
}

/// 11.1: Rules of one moment run in the order of their number, and each sees what the one before it did.
#[tokio::test]
async fn rules_run_in_their_order() {
    let instance = Instance::start().await;
    for (order, word) in [("200", "second"), ("100", "first"), ("1500", "last")] {
        let script = format!("current.description = current.description + '{word} ';");
        instance.rule("before", "incident", &script, json!({"name": word, "order": order})).await;
    }
    let made = instance.post("/api/now/table/incident", json!({})).await;
    assert_eq!(made["description"], "first second last ");
}

/// 2.7: `current.setAbortAction(true)` in a `before` rule refuses the write with 403 and names the rule; its own message stays inside.
#[tokio::test]
async fn before_rules_abort() {
    let instance = Instance::start().await;
    let made = instance.post("/api/now/table/incident", json!({"short_description": "Before"})).await;
    let script = "if (current.state == 8) { gs.addErrorMessage('Not like this'); current.setAbortAction(true); }";
    let rule = instance.rule("before", "incident", script, json!({"name": "Never cancel"})).await;
    let body = json!({"state": "8", "short_description": "After"});
    let refused = instance.call_as("admin", Method::PATCH, &path(&made), Some(body)).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let id = rule["sys_id"].as_str().expect("an id");
    let detail = format!(
        "Operation against file 'incident' was aborted by Business Rule 'Never cancel^{id}'. Business Rule Stack:Never cancel"
    );
    let expected = json!({"error": {"message": "Operation Failed", "detail": detail}, "status": "failure"});
    assert_eq!(refused.json::<Value>().await.expect("JSON"), expected);
    assert_eq!(instance.get(&path(&made)).await["short_description"], "Before");
}

/// 2.7: A `before` rule can refuse a deletion, and the record stays.
#[tokio::test]
async fn before_rules_keep_records() {
    let instance = Instance::start().await;
    let made = instance.post("/api/now/table/incident", json!({})).await;
    let more = json!({"action_delete": "true", "action_insert": "false", "action_update": "false"});
    instance.rule("before", "incident", "current.setAbortAction(true);", more).await;
    let refused = instance.call_as("admin", Method::DELETE, &path(&made), None).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(instance.get(&path(&made)).await["sys_id"], made["sys_id"]);
}

/// 11.1: The filter of a `before` rule is asked about the record as it is going to be, not as it is stored.
#[tokio::test]
async fn filters_of_before_rules_see_the_new_values() {
    let instance = Instance::start().await;
    let filter = json!({"filter_condition": "stateVALCHANGES^state=2^caller_id.user_name=employee"});
    instance.rule("before", "incident", "current.description = 'picked up';", filter).await;
    let made = instance.post("/api/now/table/incident", json!({"caller_id": JOE})).await;
    assert_eq!(made["description"], "");
    let body = json!({"short_description": "still new"});
    assert_eq!(instance.patch(&path(&made), body).await["description"], "");
    assert_eq!(instance.patch(&path(&made), json!({"state": "2"})).await["description"], "picked up");
}

/// 11.1: What an `after` rule writes to the same record is in the answer, and the rule does not call itself again.
#[tokio::test]
async fn after_rules_update_current_once() {
    let instance = Instance::start().await;
    let script = "current.description = current.description + 'x'; current.update();";
    instance.rule("after", "incident", script, json!({"name": "Again"})).await;
    let made = instance.post("/api/now/table/incident", json!({"short_description": "One"})).await;
    assert_eq!((&made["description"], &made["sys_mod_count"]), (&json!("x"), &json!("1")));
    let number = made["number"].as_str().expect("a number");
    let warning = format!(
        "Recursive business rule call for 'Again' on incident:{number} is being ignored. Business Rule Stack: Again,Again"
    );
    assert_eq!(instance.log_of("Again").await, [warning]);
}

/// 11.1: Rules that set each other off through other records are stopped, and the caller still gets an answer.
#[tokio::test]
async fn endless_chains_end() {
    let instance = Instance::start().await;
    let script =
        "var next = new GlideRecord('incident'); next.initialize(); next.short_description = 'child'; next.insert();";
    instance.rule("after", "incident", script, json!({"name": "Breed"})).await;
    instance.post("/api/now/table/incident", json!({"short_description": "parent"})).await;
    let made = instance.get("/api/now/table/incident?sysparm_query=short_description=child").await;
    let count = made.as_array().expect("a list").len();
    assert!((5..100).contains(&count), "{count}");
    assert!(instance.log_of("Breed").await.iter().any(|line| line.contains("without end")));
}

/// 11.1: `setWorkflow(false)` saves without running any rule.
#[tokio::test]
async fn writes_without_workflow_run_no_rule() {
    let instance = Instance::start().await;
    let made = instance.post("/api/now/table/incident", json!({})).await;
    instance
        .rule("before", "incident", "current.description = 'rule';", json!({"filter_condition": "category=hardware"}))
        .await;
    let write = format!(
        "var other = new GlideRecord('incident'); other.get('{}'); other.setWorkflow(false);
         other.category = 'hardware'; return other.update();",
        made["sys_id"].as_str().expect("an id")
    );
    assert_eq!(instance.evaluate(&write).await, made["sys_id"]);
    let now = instance.get(&path(&made)).await;
    assert_eq!((&now["category"], &now["description"]), (&json!("hardware"), &json!("")));
}

/// 12.5: `autoSysFields(false)` leaves `sys_updated_on`, `sys_updated_by` and `sys_mod_count` as they were.
#[tokio::test]
async fn writes_without_stamps_leave_no_trace() {
    let instance = Instance::start().await;
    let made = instance.post("/api/now/table/incident", json!({})).await;
    let write = format!(
        "var other = new GlideRecord('incident'); other.get('{}'); other.setWorkflow(false); other.autoSysFields(false);
         other.description = 'unseen'; return other.update();",
        made["sys_id"].as_str().expect("an id")
    );
    instance.evaluate(&write).await;
    let now = instance.get(&path(&made)).await;
    assert_eq!(now["description"], "unseen");
    for column in ["sys_updated_on", "sys_updated_by", "sys_mod_count"] {
        assert_eq!(now[column], made[column], "{column}");
    }
}

/// 11.1: Rules run in the session of whoever wrote, which is how a script tells its own integration's writes.
#[tokio::test]
async fn rules_know_the_writer() {
    let instance = Instance::start().await;
    let script =
        "current.description = [gs.getUserName(), gs.hasRole('admin'), gs.getSession().isInteractive()].join(' ');";
    instance.rule("before", "incident", script, json!({})).await;
    for (user, said) in [("itil", "itil false false"), ("admin", "admin true false")] {
        let made = instance.call_as(user, Method::POST, "/api/now/table/incident", Some(json!({}))).await;
        assert_eq!(crate::support::result(made).await["description"], said);
    }
}

/// 11.1: In an `async` rule there is no `previous`, and `current` is the record as it is by then.
#[tokio::test]
async fn async_rules_have_no_previous() {
    let instance = Instance::start().await;
    let mut receiver = Receiver::start().await;
    let script = format!(
        "var r = new sn_ws.RESTMessageV2(); r.setEndpoint('{}'); r.setHttpMethod('post');
         r.setRequestBody(String(previous === null) + current.operation() + current.isNewRecord()); r.execute();",
        receiver.address
    );
    instance.rule("async", "incident", &script, json!({})).await;
    let made = instance.post("/api/now/table/incident", json!({})).await;
    assert_eq!(receiver.next().await.body, "trueinsertfalse");
    instance.patch(&path(&made), json!({"state": "2"})).await;
    assert_eq!(receiver.next().await.body, "trueupdatefalse");
}

/// 11.1: Filter condition and condition script must both hold before a rule runs.
#[tokio::test]
async fn filter_and_condition_both_count() {
    let instance = Instance::start().await;
    let more = json!({"filter_condition": "category=payroll", "condition": "current.urgency == 1"});
    instance.rule("before", "incident", "current.description = 'ran';", more).await;
    for (category, urgency, said) in [("payroll", "1", "ran"), ("payroll", "2", ""), ("hardware", "1", "")] {
        let made = instance.post("/api/now/table/incident", json!({"category": category, "urgency": urgency})).await;
        assert_eq!(made["description"], said, "{category} {urgency}");
    }
}

/// 11.4: A rule that is not `advanced` has no script; it sets what its template says.
#[tokio::test]
async fn simple_rules_set_their_template() {
    let instance = Instance::start().await;
    let more = json!({"advanced": "false", "template": "impact=1^description=by template^EQ"});
    instance.rule("before", "incident", "current.description = 'by script';", more).await;
    let made = instance.post("/api/now/table/incident", json!({})).await;
    assert_eq!((&made["impact"], &made["description"]), (&json!("1"), &json!("by template")));
}

/// 11.1: `changes`, `changesFrom` and `changesTo` say what the write does, journals included.
#[tokio::test]
async fn elements_know_their_changes() {
    let instance = Instance::start().await;
    let made = instance.post("/api/now/table/incident", json!({})).await;
    let script =
        "current.description = [current.state.changes(), current.state.changesFrom(1), current.state.changesTo(2),
        current.state.changesTo(3), current.impact.changes(), current.comments.changes(), current.work_notes.changes(),
        String(current.comments)].join(' ');";
    instance.rule("before", "incident", script, json!({})).await;
    let now = instance.patch(&path(&made), json!({"state": "2", "comments": "hello"})).await;
    assert_eq!(now["description"], "true true true false false true false hello");
}

/// 4: A rule that sets `current.work_notes` adds one entry to the journal, signed by the writer.
#[tokio::test]
async fn rules_write_journals() {
    let instance = Instance::start().await;
    let script = "if (current.comments.changes()) current.work_notes = 'Customer said: ' + current.comments;";
    instance.rule("before", "incident", script, json!({})).await;
    let made = instance.post("/api/now/table/incident", json!({"comments": "It burns"})).await;
    let query = format!("element_id={}^ORDERBYelement", made["sys_id"].as_str().expect("an id"));
    let rows = instance.get(&format!("/api/now/table/sys_journal_field?sysparm_query={query}")).await;
    let told: Vec<_> = rows.as_array().expect("rows").iter().map(|row| (&row["element"], &row["value"])).collect();
    let expected =
        [(&json!("comments"), &json!("It burns")), (&json!("work_notes"), &json!("Customer said: It burns"))];
    assert_eq!(told, expected);
}

/// 11.1: A new journal entry runs the rules of `sys_journal_field`, as an insert.
#[tokio::test]
async fn journal_rows_are_inserts() {
    let instance = Instance::start().await;
    let script = "var about = new GlideRecord('incident'); about.get(current.element_id);
        about.description = current.element + ':' + current.value + ':' + current.operation(); about.update();";
    instance.rule("after", "sys_journal_field", script, json!({"filter_condition": "element=work_notes"})).await;
    let made = instance.post("/api/now/table/incident", json!({"comments": "no"})).await;
    assert_eq!(instance.get(&path(&made)).await["description"], "");
    instance.patch(&path(&made), json!({"work_notes": "yes"})).await;
    assert_eq!(instance.get(&path(&made)).await["description"], "work_notes:yes:insert");
}

/// 11.1: A script that is broken, endless or greedy is logged and harms nothing but itself.
#[tokio::test]
async fn bad_scripts_harm_only_themselves() {
    let instance = Instance::start().await;
    for script in ["nonsense(", "while (true) {}", "var s = 'x'; while (true) s += s;", "null.x", "noSuchThing();"] {
        let more = json!({"name": script});
        let rule = instance.rule("after", "incident", script, more).await;
        instance.post("/api/now/table/incident", json!({})).await;
        let log = instance.get("/api/now/table/syslog?sysparm_query=level=2^ORDERBYDESCsys_created_on").await;
        let failed = |row: &Value| {
            row["source"] == script
                && row["message"].as_str().is_some_and(|text| text.starts_with("The business rule failed"))
        };
        assert!(log.as_array().expect("a list").iter().any(failed), "{script}: {log}");
        let path = format!("/api/now/table/sys_script/{}", rule["sys_id"].as_str().expect("an id"));
        instance.call_as("admin", Method::DELETE, &path, None).await;
    }
}

/// 11.4: A script include is found by its name from rules and from other includes, and one that changed is the new one.
#[tokio::test]
async fn script_includes_are_found_by_name() {
    let instance = Instance::start().await;
    let base = "var Base = Class.create(); Base.prototype = { initialize: function (n) { this.n = n; }, twice: function () { return this.n * 2; }, type: 'Base' };";
    let child = "var Child = Class.create(); Child.prototype = Object.extendsObject(Base, { more: function () { return this.twice() + 1; }, type: 'Child' });";
    for (name, script) in [("Child", child), ("Base", base)] {
        let body = json!({"name": name, "api_name": format!("global.{name}"), "script": script});
        instance.post("/api/now/table/sys_script_include", body).await;
    }
    let ask =
        "return [new Child(20).more(), new global.Child(1).more(), typeof Missing, new Child(1) instanceof Child];";
    assert_eq!(instance.evaluate(ask).await, json!([41, 3, "undefined", true]));
    let rows = instance.get("/api/now/table/sys_script_include?sysparm_query=name=Base").await;
    let path = format!("/api/now/table/sys_script_include/{}", rows[0]["sys_id"].as_str().expect("an id"));
    instance.patch(&path, json!({"script": base.replace("* 2", "* 3")})).await;
    assert_eq!(instance.evaluate("return new Child(20).more();").await, 61);
    instance.patch(&path, json!({"active": "false"})).await;
    assert_eq!(
        instance.evaluate("try { return new Child(20).more(); } catch (e) { return e.name; }").await,
        "ReferenceError"
    );
}

/// 11.1: Scripts search, count and walk through records as on the platform.
#[tokio::test]
async fn scripts_search() {
    let instance = Instance::start().await;
    let script = "
        var user = new GlideRecord('sys_user'), found = [];
        user.addQuery('user_name', 'employee').addOrCondition('user_name', 'itil');
        user.addActiveQuery(); user.orderBy('user_name'); user.query();
        while (user.next()) found.push(user.user_name + '/' + user.getRowCount());
        var none = new GlideRecord('sys_user');
        return [found, none.get('nobody'), none.isValidRecord(), none.isValidField('email'), none.isValidField('nope'),
            new GlideRecord('nope').isValid(), user.getEncodedQuery()];";
    let query = "user_name=employee^ORuser_name=itil^active=true^ORDERBYuser_name";
    let expected = json!([["employee/2", "itil/2"], false, false, true, false, false, query]);
    assert_eq!(instance.evaluate(script).await, expected);
}

/// 11.1: A search of more records than come at once misses none, even if the loop changes what it searched for.
#[tokio::test]
async fn long_searches_miss_nothing() {
    let instance = Instance::start().await;
    let script = "
        for (var i = 0; i < 620; i++) { var made = new GlideRecord('sys_user_group'); made.initialize(); made.name = 'bulk ' + i; made.insert(); }
        var each = new GlideRecord('sys_user_group'); each.addQuery('name', 'STARTSWITH', 'bulk'); each.query();
        var seen = 0; while (each.next()) { each.name = 'done'; each.update(); seen++; }
        var left = new GlideRecord('sys_user_group'); left.addQuery('name', 'STARTSWITH', 'bulk'); left.query();
        return [seen, each.getRowCount(), left.getRowCount()];";
    assert_eq!(instance.evaluate(script).await, json!([620, 620, 0]));
}

/// 11.1: `updateMultiple` and `deleteMultiple` work on all that was searched for.
#[tokio::test]
async fn scripts_change_many_at_once() {
    let instance = Instance::start().await;
    let script = "
        ['a', 'b', 'c'].forEach(function (name) { var made = new GlideRecord('sys_user_group'); made.initialize(); made.name = 'many ' + name; made.insert(); });
        var all = new GlideRecord('sys_user_group'); all.addQuery('name', 'STARTSWITH', 'many'); all.description = 'changed'; all.updateMultiple();
        var changed = new GlideRecord('sys_user_group'); changed.addQuery('description', 'changed'); changed.query();
        var count = changed.getRowCount();
        changed.deleteMultiple(); changed.query();
        return [count, changed.getRowCount()];";
    assert_eq!(instance.evaluate(script).await, json!([3, 0]));
}

/// 11.1: GlideDateTime adds, subtracts and compares in UTC.
#[tokio::test]
async fn scripts_reckon_with_time() {
    let instance = Instance::start().await;
    let script = "
        var at = new GlideDateTime('2026-01-31 23:59:30'), later = new GlideDateTime(at);
        later.addSeconds(45); var month = new GlideDateTime(at); month.addMonths(1); var back = new GlideDateTime(at); back.addDays(-31);
        var past = new GlideDateTime(at); past.subtract(1500);
        return [later.getValue(), month.getValue(), back.getValue(), past.getNumericValue() - at.getNumericValue(), later.compareTo(at), at.before(later),
            GlideDateTime.subtract(at, later).getNumericValue(), gs.dateDiff(at, later, true), new GlideDuration('1 02:03:04').getDurationValue(),
            new GlideDateTime('nonsense').isValid(), at.getDate().getValue()];";
    let expected = json!([
        "2026-02-01 00:00:15",
        "2026-02-28 23:59:30",
        "2025-12-31 23:59:30",
        -1500,
        1,
        true,
        45000,
        "45",
        "1 02:03:04",
        false,
        "2026-01-31"
    ]);
    assert_eq!(instance.evaluate(script).await, expected);
}

/// 11.3: `gs.setProperty` is read back at once, by scripts and over REST.
#[tokio::test]
async fn scripts_set_properties() {
    let instance = Instance::start().await;
    let script = "gs.setProperty('x.counter', 7); return [gs.getProperty('x.counter'), gs.getProperty('x.none'), gs.getProperty('x.none', 'other')];";
    assert_eq!(instance.evaluate(script).await, json!(["7", "", "other"]));
    let rows = instance.get("/api/now/table/sys_properties?sysparm_query=name=x.counter").await;
    assert_eq!(rows[0]["value"], "7");
}

/// 9.3: GlideAggregate counts and sums by groups, without reading the records.
#[tokio::test]
async fn scripts_aggregate() {
    let instance = Instance::start().await;
    let script = "
        [['a', 2], ['a', 3], ['b', 5]].forEach(function (row) {
            var made = new GlideRecord('incident'); made.initialize(); made.correlation_display = 'sum ' + row[0];
            made.reassignment_count = row[1]; made.setWorkflow(false); made.insert();
        });
        var sums = new GlideAggregate('incident'), said = [];
        sums.addQuery('correlation_display', 'STARTSWITH', 'sum'); sums.addAggregate('COUNT');
        sums.addAggregate('SUM', 'reassignment_count'); sums.groupBy('correlation_display'); sums.query();
        while (sums.next()) said.push([sums.getValue('correlation_display'), sums.getAggregate('COUNT'), sums.getAggregate('SUM', 'reassignment_count')]);
        var all = new GlideAggregate('incident'); all.addQuery('correlation_display', 'sum a'); all.addAggregate('COUNT'); all.query(); all.next();
        return [said.sort(), all.getAggregate('COUNT')];";
    let expected = json!([[["sum a", "2", "5"], ["sum b", "1", "5"]], "2"]);
    assert_eq!(instance.evaluate(script).await, expected);
}

/// 11.1: A boolean field equals `true` and `'true'` alike, as scripts on the platform compare it.
#[tokio::test]
async fn boolean_fields_compare_both_ways() {
    let instance = Instance::start().await;
    let script =
        "return [current.active == true, current.active == 'true', current.active == false, current.active != true,
        current.made_sla == true, { flag: true }.flag == true, current.state == 1];";
    assert_eq!(instance.evaluate(script).await, json!([true, true, false, false, true, true, true]));
}
