//! What one `sys_update_xml` carries: records to write or delete, as `record_update` says them.

use super::xml::{self, Element};
use crate::record::Record;

#[derive(Debug)]
pub(super) struct Carried {
    pub table: String,
    pub deletes: bool,
    pub values: Record,
}

/// The records of a payload, or why it is not understood.
pub(super) fn read(payload: &str) -> Result<Vec<Carried>, String> {
    let root = xml::parse(payload)?;
    if root.name != "record_update" {
        return Err(format!("the payload is a {} and not a record_update", root.name));
    }
    let mut carried = Vec::new();
    for child in &root.children {
        collect(child, &mut carried);
    }
    if carried.is_empty() { Err("the payload has no record".to_owned()) } else { Ok(carried) }
}

/// Some kinds, such as labels and choices, wrap their records in an element of the same name.
fn collect(element: &Element, carried: &mut Vec<Carried>) {
    let inner = element.children.iter().filter(|child| child.attribute("action").is_some());
    let before = carried.len();
    inner.for_each(|child| collect(child, carried));
    let action = element.attribute("action").unwrap_or_default();
    // Clean-ups such as `delete_multiple` concern translations, of which there are none here.
    if carried.len() == before && matches!(action, "INSERT_OR_UPDATE" | "DELETE" | "INSERT" | "UPDATE") {
        let values = element.children.iter().map(|field| (field.name.as_str(), field.text.as_str())).collect();
        carried.push(Carried { table: element.name.clone(), deletes: action == "DELETE", values });
    }
}
