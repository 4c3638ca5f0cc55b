//! What a fault is: which calls it meets and what it does to them. `api::faults` serves them.

use axum::http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Offered;
use crate::random;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailNext {
    pub status: u16,
    pub count: u32,
    /// Only requests whose path begins so; all of the API and the token endpoint if left out.
    #[serde(default)]
    pub path: String,
    /// An HTML body, as a gateway's, instead of the error envelope.
    #[serde(default)]
    pub html: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    pub kind: FaultKind,
    #[serde(default)]
    pub path: String,
    #[serde(default)]
    pub method: String,
    #[serde(default)]
    pub skip: u64,
    pub count: Option<u64>,
    #[serde(default = "all")]
    pub share: f64,
    #[serde(default)]
    pub seed: u64,
    #[serde(default = "unavailable")]
    pub status: u16,
    #[serde(default)]
    pub html: bool,
    pub retry_after: Option<u64>,
    #[serde(default)]
    pub delay_ms: u64,
    /// How many calls fitted and how many were hit so far.
    #[serde(default)]
    pub met: u64,
    #[serde(default)]
    pub hit: u64,
}

choices! {
    pub(crate) enum FaultKind {
        Delay,
        Status,
        RateLimit,
        Hibernating,
        /// The page of an identity provider, with status 200.
        SignIn,
        /// 202 and nothing done (contract 10).
        Accepted,
        Cut,
        LoseResponse,
        /// Half of the answer and the text of a cancelled transaction, with status 200 (contract 2.7).
        Truncated,
    }
}

fn all() -> f64 {
    1.0
}

fn unavailable() -> u16 {
    503
}

impl Fault {
    /// Whether this call is hit; counts it either way.
    pub fn hits(&mut self, method: &Method, path: &str) -> bool {
        let fits = path.starts_with(&self.path)
            && (self.method.is_empty() || self.method.eq_ignore_ascii_case(method.as_str()))
            && (self.kind != FaultKind::LoseResponse || !matches!(*method, Method::GET | Method::HEAD));
        if !fits {
            return false;
        }
        self.met += 1;
        let due = self.met > self.skip && self.count.is_none_or(|count| self.hit < count);
        let hit = due && random::draw(self.seed, self.met) < self.share;
        self.hit += u64::from(hit);
        hit
    }
}
