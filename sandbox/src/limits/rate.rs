//! Rate rules: so many requests per user and hour (contract 10). The rules are records of
//! `sys_rate_limit_rules`; counts are kept here, as on a node, and committed to `sys_rate_limit_count`
//! every 30 seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, StatusCode};

use crate::api::{ApiError, Resource};
use crate::clock;
use crate::instance::Instance;
use crate::record::Record;
use crate::store;
use crate::user::User;

/// An active rule.
#[derive(Debug)]
pub(crate) struct Rule {
    row: Record,
    /// The name of its role.
    role: String,
}

/// The rules as they stand, to be kept until they change.
async fn rules(instance: &Instance) -> store::Result<Arc<[Rule]>> {
    let mut rules = Vec::new();
    for row in instance.query("sys_rate_limit_rules", "active=true", &User::system(), 1_000).await? {
        let named = match instance.table("sys_user_role") {
            Some(table) => instance.store.get(table, row.get("role")).await?,
            None => None,
        };
        rules.push(Rule { role: named.map(|mut role| role.take("name")).unwrap_or_default(), row });
    }
    Ok(rules.into())
}

impl Rule {
    fn is_about(&self, resource: &Resource) -> bool {
        resource.is_of(self.row.get("api"))
            && resource.has_method(self.row.get("http_method"))
            && resource.has_version(self.row.get("version"))
            && resource.is_at(self.row.get("api_resource"))
            && (self.row.get("table").is_empty() || self.row.get("table") == resource.table())
    }

    /// How closely the rule is meant for the user: a single one before a role before all.
    fn rank(&self, user: &User) -> Option<u8> {
        match self.row.get("apply_to") {
            "user" => (self.row.get("user") == user.sys_id).then_some(0),
            "role" => user.holds(&self.role).then_some(1),
            _ => Some(2),
        }
    }

    fn limit(&self) -> u64 {
        self.row.get("request_limit").parse().unwrap_or(0)
    }
}

/// How often a user came under a rule. A rule with another limit begins anew.
type Key = (String, String, u64);

#[derive(Debug, Default)]
struct Count {
    requests: u64,
    refused: u64,
    committed: Option<i64>,
}

#[derive(Default)]
pub(crate) struct Rates(Mutex<(i64, HashMap<Key, Count>)>);

/// What a rule says about one request.
#[derive(Debug)]
pub(crate) struct Rate {
    limit: u64,
    rule: String,
    resets: i64,
    wait: i64,
    pub refused: bool,
    api: String,
}

impl Rate {
    /// What every response under a rule carries; there is no header for what remains.
    pub fn mark(&self, headers: &mut HeaderMap) {
        headers.insert("x-ratelimit-limit", self.limit.into());
        headers.insert("x-ratelimit-reset", self.resets.into());
        if let Ok(rule) = self.rule.parse() {
            headers.insert("x-ratelimit-rule", rule);
        }
    }

    pub fn refusal(&self) -> ApiError {
        let detail = format!("Rate limit of {} requests per hour for {} exceeded", self.limit, self.api);
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded", Some(detail))
            .with_header("retry-after", self.wait)
    }
}

const HOUR: i64 = 3_600;
const COMMIT_EVERY: i64 = 30;

impl Instance {
    /// Counts the request under the rule that is meant for its user, if there is one.
    pub async fn rate(&self, user: &User, resource: &Resource<'_>) -> store::Result<Option<Rate>> {
        let rules = self.known.rate_rules.to((), &self.store, rules(self)).await?;
        let meant = rules.iter().filter(|rule| rule.is_about(resource));
        let ranked = meant.filter_map(|rule| Some((rule.rank(user)?, rule.limit(), rule)));
        let Some((_, limit, rule)) = ranked.min_by_key(|(rank, limit, _)| (*rank, *limit)) else {
            return Ok(None);
        };
        let now = self.clock.now().as_second();
        let began = now - now.rem_euclid(HOUR);
        let key = (rule.row.sys_id().to_owned(), user.sys_id.clone(), limit);
        let (refused, due) = self.rates.count(began, now, key, self.switches().rate_limit_overshoot);
        if let Some((requests, violations)) = due {
            self.keep("sys_rate_limit_count", rule, user, began, ("count", requests)).await?;
            if violations > 0 {
                self.keep("sys_rate_limit_violation", rule, user, began, ("violations", violations)).await?;
            }
        }
        let resets = began + HOUR;
        let rule = rule.row.sys_id().to_owned();
        Ok(Some(Rate { limit, rule, resets, wait: resets - now, refused, api: resource.title() }))
    }

    /// The row of this rule, user and hour, made or brought up to date.
    async fn keep(
        &self,
        table: &str,
        rule: &Rule,
        user: &User,
        began: i64,
        (column, count): (&str, u64),
    ) -> store::Result<()> {
        let Some(table) = self.table(table) else { return Ok(()) };
        let start = clock::text(clock::shifted(jiff::Timestamp::UNIX_EPOCH, began));
        let id = crate::random::fixed_id(&format!("{} {} {start}", rule.row.sys_id(), user.sys_id));
        let (now, count) = (self.clock.stamp(), count.to_string());
        let mut write = self.store.write().await;
        if let Some(before) = self.store.get(table, &id).await? {
            let mut after = before.clone();
            after.set(column, count);
            after.set("sys_updated_on", now);
            write.update(table, &before, &after);
        } else {
            let values = [
                ("sys_id", id.as_str()),
                ("rule", rule.row.sys_id()),
                ("user", &user.sys_id),
                ("window_start", &start),
                (column, &count),
            ];
            write.insert(table, &Record::made_by_the_system(&now, &values));
        }
        write.commit().await
    }
}

impl Rates {
    /// Whether this request is one too many, and what to commit now, if it is time.
    fn count(&self, began: i64, now: i64, key: Key, overshoot: u64) -> (bool, Option<(u64, u64)>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != began {
            *kept = (began, HashMap::new());
        }
        let most = key.2.saturating_add(overshoot);
        let count = kept.1.entry(key).or_default();
        count.requests += 1;
        let refused = count.requests > most;
        count.refused += u64::from(refused);
        let due = count.refused == 1 || count.committed.is_none_or(|at| now - at >= COMMIT_EVERY);
        if due {
            count.committed = Some(now);
        }
        (refused, due.then_some((count.requests, count.refused)))
    }
}
