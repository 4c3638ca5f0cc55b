//! How fast an instance may be asked (contract 10). Pure: told the time, and what the answers said.
//!
//! A rate rule gives each user so many requests an hour and tells the limit and the moment of the reset, but never
//! what is left, so the requests are counted here. Bulk work is spread over the hour and leaves a reserve that only
//! live edits may use. Beside that, so many requests run at once: half as many after a 429 that no rule explains (the
//! instance's threads are all busy), one more after each full round of answers.

use crate::connectors::{Budget, Urgency};
use std::collections::HashMap;

const HOUR_MS: i64 = 3_600_000;
/// Of a rule's budget, in per cent; bulk work may not touch it.
const RESERVE: i64 = 20;
/// This part of its share, and so many requests at least, bulk work may send ahead of the clock: a poll of a few pages
/// goes through at once.
const PART_AHEAD: i64 = 20;
const LEAST_AHEAD: i64 = 5;
const WIDEST: u32 = 16;
/// Two: one for bulk work, and one that it never takes.
const NARROWEST: u32 = 2;

/// What the rate headers of an answer say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    pub rule: String,
    /// Requests an hour.
    pub limit: i64,
    /// By our own clock.
    pub resets_at: i64,
}

/// What an answer says about the pace.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub rate: Option<Rate>,
    /// 2xx.
    pub taken: bool,
    /// 429.
    pub refused: bool,
    pub retry_after_ms: Option<i64>,
}

/// Whether a request may be sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum May {
    Go(Sent),
    /// Not before this moment.
    At(i64),
    /// Not before another one is done.
    Full,
}

/// A request on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    urgency: Urgency,
    /// The rule under which it was counted when it was sent.
    rule: Option<String>,
    halvings: u32,
}

/// One rule's hour.
#[derive(Debug)]
struct Window {
    limit: i64,
    used: i64,
    resets_at: i64,
    /// Refused until then, whatever was counted.
    closed_until: i64,
}

#[derive(Debug)]
pub struct Pacer {
    windows: HashMap<String, Window>,
    /// The rule that spoke of a resource last, by resource: a table or an API, with the method.
    rules: HashMap<String, String>,
    closed_until: i64,
    width: u32,
    /// Answers since the width was changed.
    answers: u32,
    halvings: u32,
    running: u32,
    running_bulk: u32,
}

impl Default for Pacer {
    fn default() -> Self {
        Self {
            windows: HashMap::new(),
            rules: HashMap::new(),
            closed_until: 0,
            width: WIDEST,
            answers: 0,
            halvings: 0,
            running: 0,
            running_bulk: 0,
        }
    }
}

impl Pacer {
    /// Counts the request as sent if it may go.
    pub fn ask(&mut self, resource: &str, urgency: Urgency, now: i64) -> May {
        if now < self.closed_until {
            return May::At(self.closed_until);
        }
        let rule = self.rules.get(resource).cloned();
        let mut window = rule.as_ref().and_then(|rule| self.windows.get_mut(rule));
        if let Some(window) = &mut window {
            window.roll(now);
            if let Some(at) = window.closed(urgency, now) {
                return May::At(at);
            }
        }
        let is_bulk = urgency == Urgency::Bulk;
        if self.running >= self.width || (is_bulk && self.running_bulk >= self.width / 2) {
            return May::Full;
        }
        if let Some(window) = window {
            window.used += 1;
        }
        self.running += 1;
        self.running_bulk += u32::from(is_bulk);
        May::Go(Sent { urgency, rule, halvings: self.halvings })
    }

    /// What the answer's headers say.
    pub fn told(&mut self, resource: &str, sent: &Sent, told: &Told, now: i64) {
        if let Some(rate) = &told.rate {
            self.rules.insert(resource.to_owned(), rate.rule.clone());
            let is_counted = sent.rule.as_ref() == Some(&rate.rule);
            let window = self.windows.entry(rate.rule.clone()).or_insert_with(|| Window::first_seen(rate, now));
            window.hear(rate, is_counted, now);
            if told.refused {
                window.used = window.limit;
                window.closed_until = told.retry_after_ms.map_or(window.resets_at, |wait| now + wait);
            }
        } else if told.refused {
            self.closed_until = self.closed_until.max(now + told.retry_after_ms.unwrap_or(0));
            // Those that were sent before the last halving tell of the same crowd.
            if sent.halvings == self.halvings {
                self.width = (self.width / 2).max(NARROWEST);
                self.halvings += 1;
                self.answers = 0;
            }
        }
        if told.taken && told.rate.is_none() {
            self.end_rule(resource, sent);
        }
        if !told.refused {
            self.answers += 1;
            if self.answers >= self.width {
                self.width = (self.width + 1).min(WIDEST);
                self.answers = 0;
            }
        }
    }

    /// Every answer under a rule tells of it, so one that does not, to a request sent while the rule was known, is its end.
    fn end_rule(&mut self, resource: &str, sent: &Sent) {
        let Some(rule) = &sent.rule else { return };
        if self.rules.get(resource) == Some(rule) {
            self.rules.remove(resource);
        }
        if !self.rules.values().any(|known| known == rule) {
            self.windows.remove(rule);
        }
    }

    /// What bulk work may still send until the reset, under the rule that leaves it least.
    pub fn left_to_bulk(&mut self, now: i64) -> Option<Budget> {
        let left = self.windows.values_mut().map(|window| {
            window.roll(now);
            let left = if now < window.closed_until { 0 } else { (window.share() - window.used).max(0) };
            Budget { left, resets_at: window.resets_at }
        });
        left.min_by_key(|budget| budget.left)
    }

    /// The request is over, answered or not.
    pub fn done(&mut self, sent: &Sent) {
        self.running -= 1;
        self.running_bulk -= u32::from(sent.urgency == Urgency::Bulk);
    }
}

impl Window {
    /// What was used of the hour before is not known: taken as if it had been spread as bulk work is.
    fn first_seen(rate: &Rate, now: i64) -> Self {
        let mut window = Self { limit: rate.limit, used: 0, resets_at: rate.resets_at, closed_until: 0 };
        window.used = window.spread(now);
        window
    }

    fn hear(&mut self, rate: &Rate, is_counted: bool, now: i64) {
        self.roll(now);
        self.limit = rate.limit;
        if rate.resets_at >= self.resets_at + HOUR_MS / 2 {
            // The instance's hour is another than was thought.
            self.used = 1;
            self.closed_until = 0;
        } else if !is_counted {
            self.used += 1;
        }
        self.resets_at = rate.resets_at;
    }

    /// After the reset the next hour is free.
    fn roll(&mut self, now: i64) {
        if now >= self.resets_at {
            let hours = (now - self.resets_at) / HOUR_MS + 1;
            self.resets_at += hours * HOUR_MS;
            self.used = 0;
        }
    }

    /// When it opens for such a request; `None` when it is open.
    fn closed(&self, urgency: Urgency, now: i64) -> Option<i64> {
        if now < self.closed_until {
            return Some(self.closed_until);
        }
        match urgency {
            Urgency::Live => (self.used >= self.limit).then_some(self.resets_at),
            Urgency::Bulk if self.used >= self.share() => Some(self.resets_at),
            Urgency::Bulk => {
                let ahead = (self.share() / PART_AHEAD).max(LEAST_AHEAD);
                if self.used < self.spread(now) + ahead {
                    return None;
                }
                // One request more is due after so much of the hour.
                let due = (self.used - ahead + 1) * HOUR_MS;
                let due = (due + self.share() - 1) / self.share();
                Some((self.resets_at - HOUR_MS + due).clamp(now + 1, self.resets_at.max(now + 1)))
            }
        }
    }

    /// What bulk work may use of the hour.
    fn share(&self) -> i64 {
        self.limit * (100 - RESERVE) / 100
    }

    /// How much of its share bulk work may have used by now.
    fn spread(&self, now: i64) -> i64 {
        let gone = (now - (self.resets_at - HOUR_MS)).clamp(0, HOUR_MS);
        self.share() * gone / HOUR_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RESOURCE: &str = "GET table incident";
    /// A round hour.
    const START: i64 = 1_000 * HOUR_MS;

    fn rate(limit: i64, now: i64) -> Rate {
        Rate { rule: "rule".into(), limit, resets_at: (now / HOUR_MS + 1) * HOUR_MS }
    }

    /// Sends if it may, and answers as an instance with this limit does. Whether it was sent.
    fn send(pacer: &mut Pacer, urgency: Urgency, limit: i64, now: i64) -> bool {
        let May::Go(sent) = pacer.ask(RESOURCE, urgency, now) else { return false };
        pacer.told(RESOURCE, &sent, &Told { rate: Some(rate(limit, now)), ..Told::default() }, now);
        pacer.done(&sent);
        true
    }

    fn urgency() -> impl Strategy<Value = Urgency> {
        prop_oneof![1 => Just(Urgency::Live), 5 => Just(Urgency::Bulk)]
    }

    proptest! {
        #[test]
        fn no_hour_sees_more_than_the_budget_nor_bulk_more_than_its_share(
            limit in 1_i64..400,
            asked in proptest::collection::vec((urgency(), 0_i64..120_000), 1..2000),
        ) {
            let mut pacer = Pacer::default();
            let mut now = START;
            let mut hours: HashMap<i64, (i64, i64)> = HashMap::new();
            for (urgency, later) in asked {
                now += later;
                if send(&mut pacer, urgency, limit, now) {
                    let (all, bulk) = hours.entry(now / HOUR_MS).or_default();
                    *all += 1;
                    *bulk += i64::from(urgency == Urgency::Bulk);
                }
            }
            for (hour, (all, bulk)) in hours {
                prop_assert!(all <= limit, "{all} of {limit} in hour {hour}");
                // The very first request is sent before any rule is known.
                prop_assert!(bulk <= (limit * 80 / 100).max(1), "{bulk} of {limit} by bulk work in hour {hour}");
            }
        }

        #[test]
        fn live_edits_find_the_reserve_however_much_bulk_asks(limit in 5_i64..400, bulk in 0_usize..3000, at in 0_i64..HOUR_MS) {
            let mut pacer = Pacer::default();
            let now = START + at;
            for _ in 0..bulk {
                send(&mut pacer, Urgency::Bulk, limit, now);
            }
            for edit in 0..limit * 20 / 100 {
                prop_assert!(send(&mut pacer, Urgency::Live, limit, now), "edit {edit} of {limit}");
            }
        }

        #[test]
        fn a_wait_ends(limit in 2_i64..400, asked in proptest::collection::vec((urgency(), 0_i64..10_000), 1..600)) {
            let mut pacer = Pacer::default();
            let mut now = START;
            for (urgency, later) in asked {
                now += later;
                if let May::At(at) = pacer.ask(RESOURCE, urgency, now) {
                    prop_assert!(at > now && at <= now + HOUR_MS);
                    prop_assert!(send(&mut pacer, urgency, limit, at), "told to come at {at}, and not let in");
                    now = at;
                } else {
                    pacer.done(&Sent { urgency, rule: None, halvings: 0 });
                    send(&mut pacer, urgency, limit, now);
                }
            }
        }
    }

    #[test]
    fn bulk_work_lasts_to_the_reset() {
        let mut pacer = Pacer::default();
        let sent = (0..3600).filter(|second| send(&mut pacer, Urgency::Bulk, 100, START + second * 1000));
        let seconds: Vec<i64> = sent.collect();
        assert_eq!(seconds.len(), 80);
        assert!(seconds[79] > 3300, "the last at {}", seconds[79]);
    }

    #[test]
    fn a_rule_that_answers_tell_of_no_more_is_over() {
        let mut pacer = Pacer::default();
        let May::Go(sent) = pacer.ask(RESOURCE, Urgency::Live, START) else { panic!("nothing is known") };
        let told = Told { rate: Some(rate(100, START)), refused: true, retry_after_ms: Some(1_000), ..Told::default() };
        pacer.told(RESOURCE, &sent, &told, START);
        pacer.done(&sent);
        for request in 0..500 {
            let now = START + HOUR_MS + request;
            let May::Go(sent) = pacer.ask(RESOURCE, Urgency::Live, now) else { panic!("put off at request {request}") };
            pacer.told(RESOURCE, &sent, &Told { taken: true, ..Told::default() }, now);
            pacer.done(&sent);
        }
        assert_eq!(pacer.left_to_bulk(START + HOUR_MS), None);
    }

    #[test]
    fn a_spent_rule_opens_at_its_reset_and_stands_in_no_other_resources_way() {
        let mut pacer = Pacer::default();
        let now = START + 1_800_000;
        let May::Go(sent) = pacer.ask(RESOURCE, Urgency::Live, now) else { panic!("nothing is known") };
        let told =
            Told { rate: Some(rate(100, now)), refused: true, retry_after_ms: Some(1_800_000), ..Told::default() };
        pacer.told(RESOURCE, &sent, &told, now);
        pacer.done(&sent);
        assert_eq!(pacer.ask(RESOURCE, Urgency::Live, now + 1), May::At(START + HOUR_MS));
        assert!(matches!(pacer.ask("GET table sys_user", Urgency::Live, now + 1), May::Go(_)));
        assert!(send(&mut pacer, Urgency::Bulk, 100, START + HOUR_MS));
    }

    /// Takes turns until there is none.
    fn fill(pacer: &mut Pacer, urgency: Urgency) -> Vec<Sent> {
        let mut running = Vec::new();
        while let May::Go(sent) = pacer.ask(RESOURCE, urgency, START) {
            running.push(sent);
        }
        running
    }

    #[test]
    fn a_crowded_instance_is_asked_by_half_as_many_and_by_more_again_when_it_answers() {
        let mut pacer = Pacer::default();
        let running = fill(&mut pacer, Urgency::Live);
        assert_eq!(running.len(), 16);
        let refused = Told { refused: true, ..Told::default() };
        for sent in &running {
            pacer.told(RESOURCE, sent, &refused, START);
            pacer.done(sent);
        }
        let running = fill(&mut pacer, Urgency::Live);
        assert_eq!(running.len(), 8, "refused together, they count once");
        for sent in &running {
            pacer.done(sent);
        }
        for _ in 0..200 {
            let May::Go(sent) = pacer.ask(RESOURCE, Urgency::Live, START) else { panic!("there is room") };
            pacer.told(RESOURCE, &sent, &Told::default(), START);
            pacer.done(&sent);
        }
        assert_eq!(fill(&mut pacer, Urgency::Live).len(), 16);
    }

    #[test]
    fn bulk_work_takes_half_of_the_turns_at_most() {
        let mut pacer = Pacer::default();
        for width in [16, 8, 4, 2, 2] {
            let bulk = fill(&mut pacer, Urgency::Bulk);
            assert_eq!(bulk.len(), width / 2);
            let live = fill(&mut pacer, Urgency::Live);
            assert_eq!(live.len(), width / 2);
            let refused = Told { refused: true, ..Told::default() };
            for sent in bulk.iter().chain(&live) {
                pacer.told(RESOURCE, sent, &refused, START);
                pacer.done(sent);
            }
        }
    }
}
