//! Access control (contract 2.4, 2.7, 2.8): the rows of `sys_security_acl` and what they grant. A record
//! is open to an operation if its table's rule and, for a column, the column's rule both pass.

mod ask;
mod at_hand;

use std::collections::{HashMap, HashSet};

use crate::dictionary::Table;
use crate::record::Record;
use crate::user::User;

pub(crate) use at_hand::AtHand;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Read,
    Write,
    Create,
    Delete,
    QueryMatch,
    QueryRange,
    /// Calling a whole API.
    Execute,
}

impl Operation {
    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "read" => Self::Read,
            "write" => Self::Write,
            "create" => Self::Create,
            "delete" => Self::Delete,
            "query_match" => Self::QueryMatch,
            "query_range" => Self::QueryRange,
            "execute" => Self::Execute,
            _ => return None,
        })
    }
}

/// What somebody may do with the records of a table, or with one of their columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Grant {
    Always,
    Never,
    /// With the records that this encoded query finds.
    When(String),
}

#[derive(Debug)]
struct Acl {
    operation: Operation,
    /// Any of them will do; with none anybody passes.
    roles: Vec<String>,
    condition: String,
    admin_overrides: bool,
}

impl Acl {
    fn grants(&self, user: &User) -> Grant {
        if user.is_trusted() || (self.admin_overrides && user.has("admin")) {
            return Grant::Always;
        }
        if !self.roles.is_empty() && !self.roles.iter().any(|role| user.has(role)) {
            return Grant::Never;
        }
        if self.condition.is_empty() { Grant::Always } else { Grant::When(self.condition.clone()) }
    }
}

/// The active rules: by table, then by column, where the table's own rule has the empty name.
#[derive(Debug, Default)]
pub(crate) struct Acls(HashMap<String, HashMap<String, Vec<Acl>>>);

impl Acls {
    /// From the rows of `sys_security_acl`, of `sys_security_acl_role` and of `sys_user_role`.
    pub fn new(rules: Vec<Record>, grants: &[Record], known: &[Record]) -> Self {
        let names: HashMap<&str, &str> = known.iter().map(|role| (role.sys_id(), role.get("name"))).collect();
        let mut asked: HashMap<&str, Vec<String>> = HashMap::new();
        for grant in grants {
            // A role that is gone is one that nobody has.
            let name = names.get(grant.get("sys_user_role")).copied().unwrap_or("nobody");
            asked.entry(grant.get("sys_security_acl")).or_default().push(name.to_owned());
        }
        let mut acls = Self::default();
        for rule in rules {
            let Some(operation) = Operation::read(rule.get("operation")) else { continue };
            let (table, part) = rule.get("name").split_once('.').unwrap_or((rule.get("name"), ""));
            let acl = Acl {
                operation,
                roles: asked.remove(rule.sys_id()).unwrap_or_default(),
                condition: rule.get("condition").to_owned(),
                admin_overrides: rule.is_true("admin_overrides"),
            };
            acls.0.entry(table.to_owned()).or_default().entry(part.to_owned()).or_default().push(acl);
        }
        acls
    }

    /// What the first of the named rules that are there grants: of rules with the same name any may pass.
    fn first<'a>(
        &self,
        names: impl Iterator<Item = (&'a str, &'a str)>,
        operation: Operation,
        user: &User,
    ) -> Option<Grant> {
        for (table, part) in names {
            let rules = self.0.get(table).and_then(|parts| parts.get(part)).map_or(&[][..], Vec::as_slice);
            let mut rules = rules.iter().filter(|acl| acl.operation == operation).peekable();
            if rules.peek().is_some() {
                return Some(rules.fold(Grant::Never, |sum, acl| sum.or(acl.grants(user))));
            }
        }
        None
    }

    /// The rule in front of an API, such as `Table API`; without one it is open (contract 6).
    pub fn api(&self, name: &str, user: &User) -> bool {
        self.first([(name, "")].into_iter(), Operation::Execute, user) != Some(Grant::Never)
    }

    /// The table's own rule, else its nearest ancestor's, else the one for all tables.
    pub fn table(&self, table: &Table, operation: Operation, user: &User) -> Option<Grant> {
        self.first(lineage(table).map(|name| (name, "")), operation, user)
    }

    /// The column's rule, from the most special name to `*.*`.
    pub fn column(&self, table: &Table, column: &str, operation: Operation, user: &User) -> Option<Grant> {
        let named = lineage(table).map(|name| (name, column));
        self.first(named.chain(lineage(table).map(|name| (name, "*"))), operation, user)
    }

    /// The columns of which a rule speaks, and what it grants.
    fn ruled(&self, table: &Table, operation: Operation, user: &User) -> HashMap<String, Grant> {
        let parts: HashSet<&str> = lineage(table)
            .filter_map(|name| self.0.get(name))
            .flat_map(|parts| parts.iter().filter(|(_, acls)| acls.iter().any(|acl| acl.operation == operation)))
            .map(|(part, _)| part.as_str())
            .collect();
        let columns = table.columns.keys().filter(|name| parts.contains(name.as_str()) || parts.contains("*"));
        columns.filter_map(|name| Some((name.clone(), self.column(table, name, operation, user)?))).collect()
    }

    /// The columns that are not open with every record.
    pub fn restricted(&self, table: &Table, operation: Operation, user: &User) -> HashMap<String, Grant> {
        let mut rules = self.ruled(table, operation, user);
        rules.retain(|_, grant| *grant != Grant::Always);
        rules
    }

    /// The columns that cannot be written of every record. For a new one a rule for creating goes before.
    pub fn unwritable(&self, table: &Table, is_new: bool, user: &User) -> HashMap<String, Grant> {
        let mut rules = self.ruled(table, Operation::Write, user);
        if is_new {
            rules.extend(self.ruled(table, Operation::Create, user));
        }
        rules.retain(|_, grant| *grant != Grant::Always);
        rules
    }
}

impl Grant {
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Always, _) | (_, Self::Always) => Self::Always,
            (Self::Never, grant) | (grant, Self::Never) => grant,
            (Self::When(one), Self::When(other)) => Self::When(format!("{one}^NQ{other}")),
        }
    }
}

fn lineage(table: &Table) -> impl Iterator<Item = &str> {
    table.ancestors.iter().map(String::as_str).chain(["*"])
}
