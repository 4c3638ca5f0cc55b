//! Behaviours that differ between real instances, and faults, as switches that a test or a person can
//! turn while the instance runs (contract 13). To add one: a line below, whose comment is what the page
//! and `/sandbox/switches/description` show and ends with the contract's section, and the place where it
//! bites.

#[macro_use]
mod declare;
mod calls;
mod close_codes;
mod fault;
mod quiet_edit;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use calls::{router, values};
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
        /// Records of this domain (a value of `sys_domain`) are out of everybody's sight, as if they belonged
        /// to others; `sysparm_query_no_domain` shows them in lists to those with its role. (contract 12.15)
        hidden_domain: String = String::new(),
        /// What becomes of a query that names an unknown field: the part is dropped, there are no rows, or 403. (contract 2.4)
        invalid_query: InvalidQuery = InvalidQuery::Ignore,
        /// What becomes of a query that names a field which its caller may not read, or not compare in that
        /// way: the part is dropped, there are no rows, or 403. (contract 2.4)
        unreadable_query: InvalidQuery = InvalidQuery::Refuse,
        /// A field that the caller may not read is absent from the answer, or there and empty. (contract 2.5)
        hidden_field: HiddenField = HiddenField::Absent,
        /// A call without `Accept`, or a write without `Content-Type`, is refused with 400. (contract 2.1)
        headers_required: bool = false,
        /// What a deletion leaves behind: rows of `sys_audit` and `sys_audit_delete`, no copy of the record,
        /// or nothing at all, which only a reconciliation finds out. (contract 8)
        delete_audit: DeleteAudit = DeleteAudit::On,
        /// Which resolution codes an incident offers; turning it changes rows of `sys_choice`. (contract 3.3)
        close_codes: CloseCodes = CloseCodes::New,
        /// What becomes of a value for a closed incident that its writer may not change: it is skipped, or the
        /// whole write is 403. (contract 3.4)
        closed_record: ClosedRecord = ClosedRecord::Skip,
        /// An incident is closed only by those with the role `itil_admin`; for others that state is skipped. (contract 3.4)
        closing_needs_role: bool = false,
        /// A new assignment group alone clears who a record is assigned to, as the form does it. (contract 3.4)
        group_clears_assignee: bool = false,
    }
    "Attachments" {
        /// A new file is `pending`, and not given out, for so many seconds, as if it were scanned for viruses. (contract 5)
        attachment_scan_seconds: u64 = 0,
        /// The scan ends with `not_available` instead of `available`. (contract 5)
        attachment_infected: bool = false,
        /// Attaching a file counts as an update of the record that it is put on. (contract 5)
        attachment_bumps_parent: bool = false,
    }
    "Webhooks" {
        /// Whether the posts of business rules arrive: each once, none (the script sees a time-out), each
        /// twice, or in pairs of which the second is sent first. (contract 13)
        webhooks: Webhooks = Webhooks::On,
        /// Which share of the posts is lost, between 0 and 1, drawn from `webhook_seed`; the script sees a
        /// time-out. (contract 13)
        webhook_loss: f64 = 0.0,
        /// The sequence from which losses are drawn: the same seed loses the same posts. (contract 13)
        webhook_seed: u64 = 0,
        /// Posts of business rules wait so long. (contract 13)
        webhook_delay_ms: u64 = 0,
    }
    "Tokens" {
        /// Lifetime of an authorization code. (contract 1.2)
        code_seconds: i64 = 60,
        /// Lifetime of access tokens from now on, instead of the client's own. (contract 1.3)
        access_token_seconds: Option<i64> = None,
        /// Lifetime of refresh tokens from now on, instead of the client's own. (contract 1.4)
        refresh_token_seconds: Option<i64> = None,
        /// Whether PKCE may be done with the method plain, besides S256. (contract 1.2)
        pkce_plain: bool = false,
        /// Whether the redirect after Deny carries `error_description` besides `error`. (contract 1.2)
        deny_description: bool = false,
        /// What the tokens of a client without a scope may do: everything, or only what no scope guards. (contract 1.8)
        clients_without_scope: WithoutScope = WithoutScope::Useraccount,
        /// Whether a user with multifactor authentication needs a one-time password with Basic
        /// authentication, behind the password or in the header X-MFA_TOKEN. (contract 1.9)
        mfa_for_basic_auth: bool = false,
    }
    "Limits" {
        /// So many requests over its limit a rate rule lets pass: counts are kept per node and put together
        /// every 30 seconds, so a limit bites late. (contract 10)
        rate_limit_overshoot: u64 = 0,
        /// How many REST calls run at once (the pool API_INT, 4 on many instances); without a number there
        /// is no limit. (contract 10)
        api_threads: Option<u32> = None,
        /// How many calls wait for a thread of that pool before the next one gets 429 without headers. (contract 10)
        api_queue: u32 = 50,
        /// Each REST call keeps its thread and its session's turn for so many milliseconds, or until this is
        /// set to less. (contract 10)
        hold_ms: u64 = 0,
        /// Whether the REST API gives out the cookie of a session. (contract 10)
        session_cookies: bool = true,
        /// How many calls with one session's cookie run at once: 2 since Yokohama, 1 before. (contract 10)
        session_threads: u32 = 2,
        /// How many calls of one session wait before the next one is answered 202 and dropped. (contract 10)
        session_queue: u32 = 10,
        /// After so many milliseconds the instance cancels a call, 60000 on most; without a number it never
        /// does. (contract 10)
        quota_ms: Option<u64> = None,
        /// What a cancelled call gets: 200 and JSON that breaks off, or an error. (contract 10)
        quota_answer: QuotaAnswer = QuotaAnswer::Truncated,
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
    /// Sets of resolution codes (contract 3.3).
    pub(crate) enum CloseCodes {
        New,
        Old,
        Both,
    }
}

choices! {
    /// What becomes of a write to a closed record (contract 3.4).
    pub(crate) enum ClosedRecord {
        Skip,
        Refuse,
    }
}

choices! {
    /// What stands for a field that may not be read (contract 2.5).
    pub(crate) enum HiddenField {
        Absent,
        Empty,
    }
}

choices! {
    /// Whether the posts of business rules arrive.
    pub(crate) enum Webhooks {
        On,
        Off,
        Twice,
        OutOfOrder,
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

choices! {
    /// What the tokens of a client without a scope may do.
    pub(crate) enum WithoutScope {
        Useraccount,
        Nothing,
    }
}

choices! {
    /// What a cancelled call gets.
    pub(crate) enum QuotaAnswer {
        Truncated,
        Error,
    }
}
