//! The demo users, groups and roles, from `demo/people.json` and `demo/groups.json`. Where ServiceNow's
//! public documentation or a public client shows a person or a group, the sys_id is that one, so that
//! published examples work as printed.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::names::Names;
use super::{add, fixed_id};
use crate::instance::Instance;
use crate::store::{self, Write};
use crate::user::{User, kept_password};

pub(super) const ADMIN: &str = "6816f79cc0a8016401c5a33be04be441";

/// Where all of them work.
const COMPANY: &str = "ACME North America";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    user_name: String,
    first_name: String,
    last_name: String,
    #[serde(default)]
    sys_id: Option<String>,
    title: String,
    phone: String,
    department: String,
    location: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    #[serde(default)]
    sys_id: Option<String>,
    manager: String,
    description: String,
    #[serde(default)]
    roles: Vec<String>,
}

/// Everybody there is in the demo data.
pub(super) struct People {
    people: Vec<Person>,
    groups: Vec<Group>,
}

const ROLES: &[&str] = &[
    "admin",
    "itil",
    "itil_admin",
    "personalize_dictionary",
    "audit_viewer",
    "snc_platform_rest_api_access",
    "snc_read_only",
    "query_no_domain_table_api",
    "csm_ws_integration",
    "sn_customerservice_agent",
    "sn_customerservice_manager",
    "sn_customerservice.customer",
    "sn_customerservice.consumer",
    "knowledge",
    "knowledge_manager",
    "knowledge_admin",
    "snc_basic_auth_api_access",
    "oauth_admin",
    "rate_limit_admin",
];

/// The sys_id of a role: the published one, where it is well known.
pub(super) fn role(name: &str) -> String {
    match name {
        "admin" => "2831a114c611228501d4ea6c309d626d".to_owned(),
        "itil" => "282bf1fac6112285017366cb5f867469".to_owned(),
        _ => fixed_id(&format!("role {name}")),
    }
}

/// The roles that ship, and those that access rules ask for besides.
pub(super) async fn make_roles(
    instance: &Instance,
    write: &mut Write<'_>,
    asked: &BTreeSet<String>,
) -> store::Result<()> {
    let Some(table) = instance.table("sys_user_role") else {
        return Ok(());
    };
    for name in asked.iter().map(String::as_str).chain(ROLES.iter().copied()).collect::<BTreeSet<_>>() {
        if instance.store.get(table, &role(name)).await?.is_none() {
            add(instance, write, "sys_user_role", &role(name), &[("name", name)]);
        }
    }
    Ok(())
}

impl People {
    pub fn read() -> serde_json::Result<Self> {
        Ok(Self {
            people: serde_json::from_str(include_str!("../../demo/people.json"))?,
            groups: serde_json::from_str(include_str!("../../demo/groups.json"))?,
        })
    }

    /// The sys_id of a user; of nobody, if there is no name.
    pub fn user(&self, user_name: &str) -> String {
        if user_name.is_empty() {
            return String::new();
        }
        let known = self.people.iter().find(|person| person.user_name == user_name);
        known.and_then(|person| person.sys_id.clone()).unwrap_or_else(|| fixed_id(&format!("user {user_name}")))
    }

    pub fn group(&self, name: &str) -> String {
        if name.is_empty() {
            return String::new();
        }
        let known = self.groups.iter().find(|group| group.name == name);
        known.and_then(|group| group.sys_id.clone()).unwrap_or_else(|| fixed_id(&format!("group {name}")))
    }

    /// Who does a thing that the demo data tells of.
    pub fn doing(&self, user_name: &str) -> User {
        if user_name == "system" { User::system() } else { User::named(&self.user(user_name), user_name) }
    }

    pub fn furnish(&self, instance: &Instance, write: &mut Write, names: &Names) {
        for group in &self.groups {
            let manager = self.user(&group.manager);
            let email = format!("{}@example.com", group.name.to_lowercase().replace(' ', "."));
            let values = [
                ("name", group.name.as_str()),
                ("manager", &manager),
                ("description", &group.description),
                ("email", &email),
            ];
            add(instance, write, "sys_user_group", &self.group(&group.name), &values);
            for given in &group.roles {
                let given_id = fixed_id(&format!("group role {} {given}", group.name));
                let grant = [("group", self.group(&group.name)), ("role", role(given))];
                let grant = grant.each_ref().map(|(column, value)| (*column, value.as_str()));
                add(instance, write, "sys_group_has_role", &given_id, &grant);
            }
        }
        for person in &self.people {
            self.furnish_one(instance, write, person, names);
        }
    }

    fn furnish_one(&self, instance: &Instance, write: &mut Write, person: &Person, names: &Names) {
        let user_name = person.user_name.as_str();
        let id = self.user(user_name);
        let name = format!("{} {}", person.first_name, person.last_name);
        let email = format!("{user_name}@example.com");
        // Everybody's password is the user name: this is for practice.
        let password = kept_password(user_name);
        let roles = person.roles.join(",");
        let place = |table: &str, name: &str| instance.table(table).map(|table| names.id(table, name));
        let department = place("cmn_department", &person.department).unwrap_or_default();
        let location = place("cmn_location", &person.location).unwrap_or_default();
        let company = place("core_company", COMPANY).unwrap_or_default();
        let values = [
            ("user_name", user_name),
            ("first_name", &person.first_name),
            ("last_name", &person.last_name),
            ("name", &name),
            ("email", &email),
            ("title", &person.title),
            ("phone", &person.phone),
            ("department", &department),
            ("location", &location),
            ("company", &company),
            ("user_password", &password),
            ("roles", &roles),
        ];
        add(instance, write, "sys_user", &id, &values);
        for granted in &person.roles {
            let grant = [("user", id.as_str()), ("role", &role(granted))];
            add(instance, write, "sys_user_has_role", &fixed_id(&format!("grant {user_name} {granted}")), &grant);
        }
        for group in &person.groups {
            let member = [("user", id.as_str()), ("group", &self.group(group))];
            add(instance, write, "sys_user_grmember", &fixed_id(&format!("member {user_name} {group}")), &member);
        }
    }
}
