//! Behaviours that differ between real instances, and faults, as switches that a test or a person can
//! turn while the instance runs (contract 13). To add one: a line below, whose comment is what the page
//! and `/sandbox/switches/description` show and ends with the contract's section, and the place where it
//! bites.

#[macro_use]
mod declare;
mod calls;
mod fault;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use calls::router;
pub(crate) use declare::{Description, Offered};
pub(crate) use fault::{FailNext, Fault, FaultKind};

switches! {
    "Instance" {
        /// Security defaults of a newly made instance instead of those of an upgraded one: an authorization
        /// request must carry a state, token parameters must be in the body, Basic authentication is
        /// restricted. A system property that is set wins. (contract 1)
        zboot: bool = false,
        /// The instance's clock is so many seconds ahead of the real one, or behind it if negative. (contract 13)
        clock_skew_seconds: i64 = 0,
    }
    "Faults" {
        /// Each call of the REST API and of the token endpoint waits so long first. (contract 13)
        delay_ms: u64 = 0,
        /// The next calls fail: `{"status": 503, "count": 2, "path": "/oauth_token.do", "html": false}`;
        /// path and html may be left out. (contract 13)
        fail_next: Option<FailNext> = None,
        /// So many calls are refused with 429. (contract 10)
        rate_limit_next: u32 = 0,
        /// Seconds for `Retry-After` and the rate headers of these 429; without it there are none, as with a
        /// full semaphore. (contract 10)
        retry_after: Option<u64> = None,
        /// So many calls get the hibernation page with status 200. (contract 12.10)
        html_next: u32 = 0,
        /// So many calls are cut off before anything is done. (contract 13)
        cut_next: u32 = 0,
        /// So many writes are done and cut off before the answer. (contract 13)
        lose_response_next: u32 = 0,
        /// Faults with a place and a measure, the first that fits is served: `kind` is delay, status,
        /// rate_limit, hibernating, sign_in, accepted, cut, lose_response or truncated; `path` (how it begins),
        /// `method`, `skip` (let so many pass first), `count` (so many, else for ever), `share` (of the calls
        /// that fit, between 0 and 1, drawn from `seed`), `status`, `html`, `retry_after` and `delay_ms` may be
        /// left out. (contract 13)
        faults: Vec<Fault> = Vec::new(),
    }
    "Records" {
        /// `sys_journal_field` answers 200 and no rows: the access trap of ordinary accounts. (contract 4)
        journal_hidden: bool = false,
        /// What becomes of a query that names an unknown field: the part is dropped, there are no rows, or 403. (contract 2.4)
        invalid_query: InvalidQuery = InvalidQuery::Ignore,
        /// A call without `Accept`, or a write without `Content-Type`, is refused with 400. (contract 2.1)
        headers_required: bool = false,
        /// What a deletion leaves behind: rows of `sys_audit` and `sys_audit_delete`, no copy of the record,
        /// or nothing at all, which only a reconciliation finds out. (contract 8)
        delete_audit: DeleteAudit = DeleteAudit::On,
    }
    "Webhooks" {
        /// Whether the posts of business rules arrive: each once, none (the script sees a time-out), each twice. (contract 13)
        webhooks: Webhooks = Webhooks::On,
        /// Posts of business rules wait so long. (contract 13)
        webhook_delay_ms: u64 = 0,
    }
    "Tokens" {
        /// Lifetime of access tokens from now on, instead of the client's own. (contract 1.3)
        access_token_seconds: Option<i64> = None,
        /// Lifetime of refresh tokens from now on, instead of the client's own. (contract 1.4)
        refresh_token_seconds: Option<i64> = None,
    }
}

choices! {
    /// What becomes of a query that names a field that is not there (contract 2.4).
    pub(crate) enum InvalidQuery {
        Ignore,
        NoRows,
        Refuse,
    }
}

choices! {
    /// Whether the posts of business rules arrive.
    pub(crate) enum Webhooks {
        On,
        Off,
        Twice,
    }
}

choices! {
    /// What a deletion leaves behind.
    pub(crate) enum DeleteAudit {
        On,
        RowOnly,
        Off,
    }
}
