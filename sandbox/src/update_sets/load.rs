//! Import Update Set from XML: the file becomes a `sys_remote_update_set` and its `sys_update_xml`.

use std::sync::Arc;

use super::xml::{self, Element};
use super::{MOST, PREVIEWS, PROBLEMS, Result, SETS, UPDATES, UpdateSetError, keeping};
use crate::instance::Instance;
use crate::record::Record;
use crate::records::Input;
use crate::user::User;

/// As large as the files that the platform itself exports get.
pub(crate) const LARGEST: usize = 32 << 20;

impl Instance {
    /// The sys_id of the loaded set. One that was loaded before is loaded anew.
    pub async fn load_update_set(self: &Arc<Self>, user: &User, file: &[u8]) -> Result<String> {
        let (set, updates) = read(file).map_err(UpdateSetError::NotASet)?;
        let table = self.system_table(SETS)?;
        if let Some(known) = self.store.get(table, set.sys_id()).await? {
            for rows in [PROBLEMS, PREVIEWS, UPDATES] {
                self.remove_rows(user, &known, rows).await?;
            }
            self.delete(keeping(user), table, known.sys_id()).await?;
        }
        let id = self.insert(keeping(user), table, input(&set)).await?.sys_id().to_owned();
        let table = self.system_table(UPDATES)?;
        for update in updates {
            let mut update = update;
            update.set("remote_update_set", &id);
            self.insert(keeping(user), table, input(&update)).await?;
        }
        Ok(id)
    }
}

fn input(record: &Record) -> Input {
    Input::new(record.iter())
}

/// What the set says of itself, and its updates.
fn read(file: &[u8]) -> std::result::Result<(Record, Vec<Record>), String> {
    let text = std::str::from_utf8(file).map_err(|_| "the file is not UTF-8".to_owned())?;
    let root = xml::parse(text)?;
    if root.name != "unload" {
        return Err(format!("its root is {} and not unload", root.name));
    }
    let mut set = None;
    let mut updates = Vec::new();
    for child in root.children {
        match child.name.as_str() {
            "sys_remote_update_set" if set.is_none() => set = Some(child),
            "sys_update_xml" => updates.push(child),
            _ => {}
        }
    }
    let set = set.ok_or("it has no sys_remote_update_set")?;
    if i64::try_from(updates.len()).unwrap_or(i64::MAX) > MOST {
        return Err(format!("it has more than {MOST} updates"));
    }
    let mut set = fields(&set);
    set.set("state", "loaded");
    // The counts of the instance that it comes from mean nothing here.
    for count in ["inserted", "updated", "deleted", "collisions", "commit_date"] {
        set.set(count, "");
    }
    Ok((set, updates.iter().map(fields).collect()))
}

fn fields(element: &Element) -> Record {
    element.children.iter().map(|field| (field.name.as_str(), field.text.as_str())).collect()
}
