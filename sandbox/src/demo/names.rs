//! The sys_ids of the demo records by their names: the well-known ones as they are told, the others made
//! from the name.

use std::collections::HashMap;

use super::people::{self, People};
use super::stories::{Chapter, Story};
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::random::fixed_id;
use crate::user::User;

pub(super) struct Names<'a> {
    people: &'a People,
    /// By family of tables and name.
    known: HashMap<(String, String), String>,
}

impl<'a> Names<'a> {
    pub fn new(instance: &Instance, people: &'a People, chapters: &[Chapter]) -> Self {
        let mut known = HashMap::new();
        for chapter in chapters {
            let Some(table) = instance.table(chapter.table) else { continue };
            for story in chapter.stories.iter().filter(|story| !story.sys_id.is_empty()) {
                known.entry((table.root.clone(), name(table, story))).or_insert_with(|| story.sys_id.clone());
            }
        }
        Self { people, known }
    }

    /// The sys_id of the record that another refers to; of none, if there is no name.
    pub fn id(&self, table: &Table, name: &str) -> String {
        if name.is_empty() || is_id(name) {
            return name.to_owned();
        }
        if let Some(known) = self.known.get(&(table.root.clone(), name.to_owned())) {
            return known.clone();
        }
        match table.root.as_str() {
            "sys_user" => self.people.user(name),
            "sys_user_group" => self.people.group(name),
            "sys_user_role" => people::role(name),
            "task" => fixed_id(name),
            root => fixed_id(&format!("{root} {name}")),
        }
    }

    pub fn id_of(&self, table: &Table, story: &Story) -> String {
        if story.sys_id.is_empty() { self.id(table, &name(table, story)) } else { story.sys_id.clone() }
    }

    /// Who does a thing that is told of.
    pub fn doing(&self, user_name: &str) -> User {
        let id = self.known.get(&("sys_user".to_owned(), user_name.to_owned()));
        id.map_or_else(|| self.people.doing(user_name), |id| User::named(id, user_name))
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// What a record is called by others; a record that only joins others, by all that it says.
fn name(table: &Table, story: &Story) -> String {
    let column = if table.root == "sys_user" { "user_name" } else { &table.display };
    let all = || story.columns.values().map(String::as_str).collect::<Vec<_>>().join(" ");
    story.columns.get(column).cloned().unwrap_or_else(all)
}
