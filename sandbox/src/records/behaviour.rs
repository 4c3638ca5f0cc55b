//! What the base system's own rules do to a record before it is saved, by its table.

use super::{Draft, Refusal, incident};

pub(super) fn before_write(draft: &mut Draft) -> Result<(), Refusal> {
    match draft.table.name.as_str() {
        "incident" => incident::before_write(draft),
        _ => Ok(()),
    }
}
