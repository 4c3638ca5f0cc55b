//! Which resolution codes an incident offers: they changed with releases, and an upgraded instance has
//! both sets (contract 3.3). Turning the switch changes rows of `sys_choice`.

use std::sync::Arc;

use super::CloseCodes;
use crate::instance::Instance;
use crate::records::{Input, Refusal};
use crate::user::User;

const OLD: &[&str] = &[
    "Solved (Work Around)",
    "Solved (Permanently)",
    "Solved Remotely (Work Around)",
    "Solved Remotely (Permanently)",
    "Not Solved (Not Reproducible)",
    "Not Solved (Too Costly)",
    "Closed/Resolved by Caller",
];

impl Instance {
    /// Makes the choices follow the switch, where it was turned.
    pub async fn offer_close_codes(self: &Arc<Self>, before: CloseCodes) -> Result<(), Refusal> {
        let now = self.switches().close_codes;
        let Some(choices) = self.table("sys_choice").filter(|_| now != before) else {
            return Ok(());
        };
        let system = User::system();
        for row in self.query("sys_choice", "name=incident^element=close_code", &system, 1_000).await? {
            let is_old = OLD.contains(&row.get("value"));
            let offered = now == CloseCodes::Both || is_old == (now == CloseCodes::Old);
            let value = if offered { "false" } else { "true" };
            self.update(&system, choices, row.sys_id(), Input::new([("inactive", value)])).await?;
        }
        Ok(())
    }
}
