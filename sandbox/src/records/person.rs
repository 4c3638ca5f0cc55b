//! The name of a user or contact is made of its parts; who sends only the whole name gives the parts.

use super::Draft;

pub(super) fn before_write(draft: &mut Draft) {
    let parts = ["first_name", "middle_name", "last_name"];
    if parts.iter().any(|part| draft.changes(part)) {
        let given: Vec<&str> = parts.iter().map(|part| draft.after.get(part)).filter(|part| !part.is_empty()).collect();
        let name = given.join(" ");
        draft.after.set("name", name);
    } else if draft.changes("name") {
        let name = draft.after.get("name").trim().to_owned();
        let (first, last) = name.split_once(' ').unwrap_or(("", &name));
        draft.after.set("first_name", first);
        draft.after.set("last_name", last);
    }
}
