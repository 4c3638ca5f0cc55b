//! How a table's list and form look: which columns, in which order, with which buttons and related lists
//! (`views.json`). A table without a view takes the nearest ancestor's, or one made from its columns.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::dictionary::{Kind, Table};
use crate::record::Record;
use crate::user::User;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct View {
    pub list: Vec<String>,
    /// Where the list's search looks when no column is chosen.
    pub search: Vec<String>,
    /// The list's order: a column, with `-` from the greatest down.
    pub order: String,
    pub sections: Vec<Section>,
    /// Marked as what a person should fill in, besides what the dictionary demands.
    pub mandatory: Vec<String>,
    pub journals: Vec<String>,
    pub buttons: Vec<Button>,
    pub related: Vec<Related>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Section {
    pub title: String,
    pub left: Vec<String>,
    pub right: Vec<String>,
    /// Over both columns, below.
    pub wide: Vec<String>,
}

impl Section {
    pub fn columns(&self) -> impl Iterator<Item = &String> {
        self.left.iter().chain(&self.right).chain(&self.wide)
    }
}

/// Saves what is typed together with some values.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Button {
    pub name: String,
    pub label: String,
    pub set: BTreeMap<String, String>,
    /// Shown only while each of these columns has one of its values.
    pub when: BTreeMap<String, Vec<String>>,
    pub role: Option<String>,
}

impl Button {
    pub fn fits(&self, record: &Record, user: &User) -> bool {
        let allowed = self.role.as_deref().is_none_or(|role| user.has(role));
        allowed && self.when.iter().all(|(column, values)| values.iter().any(|value| value == record.get(column)))
    }
}

/// The records of a table that refer to the one on the form.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Related {
    pub table: String,
    pub column: String,
    /// What of the record they name, if not its sys_id.
    #[serde(default = "sys_id")]
    pub of: String,
    pub title: String,
}

fn sys_id() -> String {
    "sys_id".to_owned()
}

static VIEWS: LazyLock<BTreeMap<String, View>> =
    LazyLock::new(|| serde_json::from_str(include_str!("views.json")).unwrap_or_default());

impl View {
    pub fn of(table: &Table) -> Self {
        let mut view = VIEWS.get(&table.name).cloned().unwrap_or_default();
        let mut inherited = table.ancestors.iter().skip(1).filter_map(|name| VIEWS.get(name));
        if let Some(parent) = inherited.next() {
            view.inherit(parent);
        }
        view.keep_known(table);
        if view.list.is_empty() {
            view.list = made_list(table);
        }
        if view.search.is_empty() {
            view.search = vec![view.list.first().cloned().unwrap_or_default()];
        }
        if view.order.is_empty() {
            view.order = if table.is_task() { "-sys_created_on".to_owned() } else { table.display.clone() };
        }
        if view.sections.is_empty() {
            view.sections = vec![made_section(table)];
        }
        view
    }

    fn inherit(&mut self, parent: &Self) {
        fn take<T: Clone>(own: &mut Vec<T>, parents: &[T]) {
            if own.is_empty() {
                own.extend_from_slice(parents);
            }
        }
        take(&mut self.list, &parent.list);
        take(&mut self.search, &parent.search);
        take(&mut self.sections, &parent.sections);
        take(&mut self.journals, &parent.journals);
        take(&mut self.related, &parent.related);
    }

    /// An added table file may leave out what a view names.
    fn keep_known(&mut self, table: &Table) {
        let known = |name: &String| table.column(name).is_some();
        self.list.retain(known);
        self.journals.retain(known);
        for section in &mut self.sections {
            for columns in [&mut section.left, &mut section.right, &mut section.wide] {
                columns.retain(known);
            }
        }
    }

    /// The columns of the form, journals apart.
    pub fn columns(&self) -> impl Iterator<Item = &String> {
        self.sections.iter().flat_map(Section::columns)
    }
}

/// The columns that say something to a person: the record's name first, no text of many lines.
fn made_list(table: &Table) -> Vec<String> {
    let short = |kind: Kind| !matches!(kind, Kind::Script | Kind::Html | Kind::Xml | Kind::Conditions);
    let telling = table.columns.values().filter(|column| {
        let own = !column.name.starts_with("sys_") && column.name != table.display;
        own && short(column.kind) && !column.kind.is_journal() && !column.kind.is_secret()
    });
    let names = telling.map(|column| column.name.clone()).take(6);
    let display = table.column(&table.display).map(|column| column.name.clone());
    display.into_iter().chain(names).chain(["sys_updated_on".to_owned()]).collect()
}

fn made_section(table: &Table) -> Section {
    let mut section = Section::default();
    let own = table.columns.values().filter(|column| !column.name.starts_with("sys_") && !column.kind.is_journal());
    for column in own {
        let long = column.max_length.is_some_and(|length| length > 255) && !column.kind.is_secret();
        if long && column.reference.is_none() {
            section.wide.push(column.name.clone());
        } else if section.left.len() <= section.right.len() {
            section.left.push(column.name.clone());
        } else {
            section.right.push(column.name.clone());
        }
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary::Dictionary;

    #[test]
    fn the_views_name_columns_that_there_are() {
        let views: BTreeMap<String, View> = serde_json::from_str(include_str!("views.json")).expect("views");
        let dictionary = Dictionary::load(&[]).expect("the dictionary");
        for (name, view) in &views {
            let Some(table) = dictionary.table(name) else { continue };
            for column in view.columns().chain(&view.list).chain(&view.journals).chain(&view.mandatory) {
                assert!(table.column(column).is_some(), "{name} has no {column}");
            }
            for related in &view.related {
                let Some(other) = dictionary.table(&related.table) else { continue };
                assert!(other.column(&related.column).is_some(), "{} has no {}", related.table, related.column);
            }
        }
    }
}
