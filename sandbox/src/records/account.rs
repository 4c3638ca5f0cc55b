//! Customers' accounts: each has a code of its own, and a path of codes from the topmost account to it
//! (contract 7.3).

use super::Draft;
use crate::instance::Instance;
use crate::store;

impl Instance {
    pub(super) async fn find_place_of_account(&self, draft: &mut Draft<'_>) -> store::Result<()> {
        let number = draft.after.get("number").trim_start_matches(|c: char| !c.is_ascii_digit());
        let code = format!("~~~~{}", number.trim_start_matches('0'));
        draft.after.fill("account_code", code);
        let parent = self.store.get(draft.table, draft.after.get("account_parent")).await?.unwrap_or_default();
        let own = draft.after.get("account_code");
        let path = match parent.get("account_path") {
            "" => own.to_owned(),
            above => format!("{above}/{own}"),
        };
        draft.after.set("account_path", path);
        Ok(())
    }
}
