//! People, their tokens, and the audit.

use super::{Role, When};
use serde::{Deserialize, Serialize};

/// Whether a person can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Open,
    /// Without a password yet.
    Invited,
    Closed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PersonRow {
    pub id: String,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub standing: Standing,
    pub last_sign_in: Option<When>,
    /// Whether it is who asks.
    pub is_me: bool,
}

/// Settings > People.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleList {
    pub rows: Vec<PersonRow>,
    /// Whether who asks may change them.
    pub may_change: bool,
}

/// Somebody who is to have an account. The role as a form sends it: `viewer`, `operator`, `admin`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPerson {
    pub name: String,
    pub email: String,
    pub role: String,
}

/// A person's own page, as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonPage {
    pub row: PersonRow,
    pub since: When,
    pub closed: Option<When>,
    /// The link to set a password, this one time; empty otherwise.
    pub link: String,
    /// Until when there is a link, seen or not.
    pub link_ends: Option<When>,
    /// Nobody else could administer: so this one must go on.
    pub is_last_admin: bool,
    pub may_change: bool,
    pub tokens: Vec<TokenRow>,
}

/// Who is about to set a password by a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    pub name: String,
    pub email: String,
}

/// What a person sees of their own account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPage {
    pub name: String,
    pub email: String,
    pub role: Role,
    /// The zone that the person chose; empty for the browser's.
    pub zone: String,
    /// The zone in which times are shown now.
    pub zone_now: String,
    /// Every zone that there is.
    pub zones: Vec<String>,
}

/// A token with which a program acts for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    pub id: String,
    pub name: String,
    pub person: String,
    pub person_id: String,
    pub role: Role,
    pub made: When,
    pub used: Option<When>,
    pub ends: When,
    pub standing: TokenStanding,
    /// Whether who asks may revoke it.
    pub may_revoke: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenStanding {
    InForce,
    Ended,
    Revoked,
}

/// Settings > API tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokensPage {
    pub rows: Vec<TokenRow>,
    /// The token that was made just now, this one time; empty otherwise.
    pub fresh: String,
    /// The roles that a new one may have.
    pub roles: Vec<Role>,
    /// The day that the form begins with, as `2026-11-30`.
    pub ends: String,
    /// Where the API is.
    pub address: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    pub name: String,
    pub role: String,
    /// The last day on which it works.
    pub ends: String,
}

/// One thing that a program may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// `GET`
    pub method: String,
    pub path: String,
    pub what: String,
    /// `Tickets`
    pub area: String,
}

/// What the audit is asked for. All of it lives in the page's address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditFilter {
    /// A person's id, or what acted for nobody; empty for all.
    pub person: String,
    /// Such as `connections.pause`; empty for all.
    pub action: String,
    /// An id, a ticket's number, a connection's name or a person's e-mail; empty for all.
    pub subject: String,
    /// Days in the reader's zone, as `2026-11-30`, both included; empty for no bound.
    pub from: String,
    pub to: String,
    pub refused: bool,
    /// Where the page before ended; empty for the newest.
    pub behind: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AuditRow {
    pub id: String,
    pub at: When,
    /// The name, or what acted for nobody.
    pub who: String,
    pub person_id: String,
    /// The name of the token by which it was done; empty for a browser.
    pub token: String,
    /// What was done, as a sentence's beginning.
    pub what: String,
    pub action: String,
    /// What the subject is called; empty when it was about nothing in particular.
    pub subject: String,
    pub subject_id: String,
    /// The subject's page; empty when it has none.
    pub address: String,
    pub detail: String,
    pub refused: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditList {
    pub rows: Vec<AuditRow>,
    /// Where the next page goes on; empty on the last.
    pub next: String,
    /// Who and what to filter by: what an address says, and words.
    pub people: Vec<(String, String)>,
    pub actions: Vec<(String, String)>,
    /// What the asked-for subject is called; empty when none is asked for.
    pub subject: String,
    /// Whether who asks may have it as a file.
    pub may_export: bool,
}

/// A page of the error catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorPage {
    pub code: String,
    /// What it says, from our own text.
    pub html: String,
}

/// Codes of one kind, each with what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorFamily {
    pub title: String,
    pub codes: Vec<(String, String)>,
}
