//! The access rules of a new instance: what the table files say in short, as rows that an administrator
//! can change, and those that need more words.

use std::collections::BTreeSet;

use super::{add, fixed_id, people};
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::store::Write;

/// The rules in front of APIs ship inactive (contract 6).
const APIS: &[&str] = &["Table API", "Attachment API", "Aggregate API", "Import Set API"];

/// A rule: what it is about, the operation, the roles of which any will do, and its condition.
struct Rule<'a> {
    kind: &'a str,
    name: &'a str,
    operation: &'a str,
    roles: &'a [&'a str],
    condition: &'a str,
}

const fn rule<'a>(name: &'a str, operation: &'a str, roles: &'a [&'a str], condition: &'a str) -> Rule<'a> {
    Rule { kind: "record", name, operation, roles, condition }
}

const OWN_TASK: &str = "opened_by=javascript:gs.getUserID()";
const OWN_INCIDENT: &str = "caller_id=javascript:gs.getUserID()^ORopened_by=javascript:gs.getUserID()";

const OWN_CASE: &str = "contact=javascript:gs.getUserID()^ORopened_by=javascript:gs.getUserID()";
const OPEN_ARTICLE: &str = "workflow_state=published^ORauthor=javascript:gs.getUserID()";

/// Who serves customers, and programs that do (contract 7.1).
const FOR_CUSTOMERS: &[&str] = &["sn_customerservice_agent", "csm_ws_integration"];
const KNOWLEDGE: &[&str] = &["itil", "knowledge", "knowledge_manager", "knowledge_admin"];

/// Agents read and write tasks; everybody else only what is their own. Anybody may report an incident.
const RULES: &[Rule] = &[
    rule("task", "read", &["itil"], ""),
    rule("task", "read", &[], OWN_TASK),
    rule("task", "write", &[], OWN_TASK),
    rule("incident", "read", &["itil", "sn_incident_read", "sn_incident_write"], ""),
    rule("incident", "read", &[], OWN_INCIDENT),
    rule("incident", "write", &["sn_incident_write"], ""),
    rule("incident", "write", &[], OWN_INCIDENT),
    rule("incident", "create", &[], ""),
    rule("task.work_notes", "read", &["itil", "sn_incident_read", "sn_incident_write"], ""),
    rule("task.work_notes", "write", &["itil", "sn_incident_write"], ""),
    rule("task.comments_and_work_notes", "read", &["itil", "sn_incident_read", "sn_incident_write"], ""),
    rule("sn_customerservice_case", "read", FOR_CUSTOMERS, ""),
    rule("sn_customerservice_case", "read", &[], OWN_CASE),
    rule("sn_customerservice_case", "write", FOR_CUSTOMERS, ""),
    rule("sn_customerservice_case", "write", &[], OWN_CASE),
    rule("sn_customerservice_case", "create", FOR_CUSTOMERS, ""),
    rule("sn_customerservice_case", "create", &["sn_customerservice.customer", "sn_customerservice.consumer"], ""),
    rule("sn_customerservice_case.work_notes", "read", FOR_CUSTOMERS, ""),
    rule("sn_customerservice_case.work_notes", "write", FOR_CUSTOMERS, ""),
    rule("sn_customerservice_case.comments_and_work_notes", "read", FOR_CUSTOMERS, ""),
    rule("sn_customerservice_escalation", "read", FOR_CUSTOMERS, ""),
    rule("sn_customerservice_escalation.work_notes", "read", FOR_CUSTOMERS, ""),
    rule("sn_customerservice_escalation.work_notes", "write", FOR_CUSTOMERS, ""),
    rule("kb_knowledge", "read", KNOWLEDGE, ""),
    rule("kb_knowledge", "read", &[], OPEN_ARTICLE),
    rule("kb_knowledge", "write", KNOWLEDGE, ""),
    rule("kb_knowledge", "create", KNOWLEDGE, ""),
    // An ordinary account gets an empty list rather than an error (contract 4): the second rule finds nothing.
    rule("sys_journal_field", "read", &["itil", "audit_viewer"], ""),
    rule("sys_journal_field", "read", &[], "sys_idISEMPTY"),
];

pub(super) fn furnish(instance: &Instance, write: &mut Write, roles: &mut BTreeSet<String>) {
    for api in APIS {
        add_rule(
            instance,
            write,
            &Rule { kind: "REST_Endpoint", ..rule(api, "execute", &["snc_platform_rest_api_access"], "") },
        );
    }
    for rule in RULES {
        add_rule(instance, write, rule);
        roles.extend(rule.roles.iter().map(|role| (*role).to_owned()));
    }
}

/// The rules that a table's file asks for.
pub(super) fn describe(instance: &Instance, write: &mut Write, table: &Table, roles: &mut BTreeSet<String>) {
    let name = table.name.as_str();
    let of_table = [
        (name.to_owned(), "read", &table.read_role),
        (name.to_owned(), "write", &table.write_role),
        (name.to_owned(), "create", &table.write_role),
        (name.to_owned(), "delete", &table.delete_role),
    ];
    let own = table.columns.values().filter(|column| column.owner == name);
    let of_columns = own.flat_map(|column| {
        let named = format!("{name}.{}", column.name);
        [(named.clone(), "read", &column.read_role), (named, "write", &column.write_role)]
    });
    for (name, operation, role) in of_table.into_iter().chain(of_columns) {
        if let Some(role) = role {
            add_rule(instance, write, &rule(&name, operation, &[role], ""));
            roles.insert(role.clone());
        }
    }
}

fn add_rule(instance: &Instance, write: &mut Write, rule: &Rule) {
    let id = fixed_id(&format!("acl {} {} {:?} {}", rule.name, rule.operation, rule.roles, rule.condition));
    // What nobody may do, an administrator may not either.
    let overrides = if rule.roles == ["nobody"] { "false" } else { "true" };
    let values = [
        ("name", rule.name),
        ("operation", rule.operation),
        ("type", rule.kind),
        ("active", if rule.kind == "record" { "true" } else { "false" }),
        ("condition", rule.condition),
        ("admin_overrides", overrides),
    ];
    add(instance, write, "sys_security_acl", &id, &values);
    for role in rule.roles {
        let grant = [("sys_security_acl", id.as_str()), ("sys_user_role", &people::role(role))];
        add(instance, write, "sys_security_acl_role", &fixed_id(&format!("{id} {role}")), &grant);
    }
}
