//! What real platforms do to those who sync with them, each as a setting. The numbers are the contract's section 12.

use merge::Value;
use std::collections::{BTreeMap, BTreeSet};

/// All off is a platform as one would wish it. Chances are in a thousand.
#[derive(Clone, Debug, Default)]
pub struct Traps {
    /// Times have whole seconds (12.2).
    pub whole_seconds: bool,
    /// Its clock is ahead of ours by so much, in milliseconds.
    pub skew_ms: i64,
    /// An appended entry answers no id and keeps no key: it is written as the account's own text, and sent again it is
    /// there twice (12.17). The same for files.
    pub forgets_keys: bool,
    /// A write is taken whatever version it was planned on.
    pub unconditional: bool,
    /// Tells when a record was touched, and not which field.
    pub hides_field_times: bool,
    /// The account may not read comments and work notes (4).
    pub hides_journal: bool,
    /// Fields that the account does not see.
    pub hides: BTreeSet<String>,
    /// Fields whose writes are dropped with a friendly answer (12.9).
    pub drops: BTreeSet<String>,
    /// Fields whose writes are refused: a data policy, an ACL (12.8).
    pub refuses: BTreeSet<String>,
    /// Fields that keep no more letters than this.
    pub cuts: BTreeMap<String, usize>,
    /// What the platform does by itself when a field gets a value (12.1).
    pub business_rules: Vec<BusinessRule>,
    /// Says neither that a record was deleted nor that it is hidden: both look alike.
    pub silent_about_gone: bool,
    /// A file does not touch the record's time stamp (12.6).
    pub files_leave_no_mark: bool,
    /// Bytes; 0 for any size.
    pub largest_file: usize,
    /// Rows a page, counted before those that the account may not see are taken out (12.4); 0 for many.
    pub page: usize,
    /// A write whose answer was lost may come true for so long.
    pub settles_ms: i64,
    /// The token ends then (12.21): nothing is answered until a person gives another.
    pub token_until: Option<i64>,
    /// Tells nobody afterwards who changed a field, and when.
    pub keeps_no_audit: bool,
    /// The e-mails of those whom it has; whoever is named where there are none.
    pub users: BTreeSet<String>,

    /// The answer is 503: nothing was done.
    pub busy: u32,
    /// The answer is 429, with a time to wait (12.23).
    pub limited: u32,
    /// A request never arrives, which a writer cannot tell from a lost answer.
    pub lost_requests: u32,
    /// It was done, and the answer never arrives.
    pub lost_responses: u32,
    /// An append whose answer was lost is done a while later, within `settles_ms`.
    pub late_appends: u32,
}

impl Traps {
    /// As an instance of ServiceNow is on a good day.
    pub fn of_servicenow() -> Self {
        Self {
            whole_seconds: true,
            forgets_keys: true,
            unconditional: true,
            hides_field_times: true,
            silent_about_gone: true,
            files_leave_no_mark: true,
            settles_ms: 65_000,
            ..Self::default()
        }
    }

    /// Somebody mended what kept writes out.
    pub fn take_everything(&mut self) {
        self.drops.clear();
        self.refuses.clear();
        self.cuts.clear();
        self.largest_file = 0;
    }

    /// The bad weather of networks: it passes, the rest stays.
    pub fn calm(&mut self) {
        (self.busy, self.limited, self.lost_requests, self.lost_responses, self.late_appends) = (0, 0, 0, 0, 0);
    }
}

/// When `on` becomes `is`, then `sets` becomes `to`.
#[derive(Clone, Debug)]
pub struct BusinessRule {
    pub on: String,
    pub is: Value,
    pub sets: String,
    pub to: Value,
}
