//! What the instance makes up itself when an administrator leaves it out: ids, secrets and keys of those
//! who may call it (contract 1.6, 1.7).

use super::Draft;
use crate::random;

pub(super) fn fill_in(draft: &mut Draft) {
    match draft.table.name.as_str() {
        "api_key" => draft.after.fill("token", random::token()),
        "jwt_verifier_map" => draft.after.fill("kid", random::sys_id()),
        _ => {
            draft.after.fill("client_id", random::sys_id());
            if !draft.after.is_true("public_client") {
                draft.after.fill("client_secret", random::secret());
            }
        }
    }
}
