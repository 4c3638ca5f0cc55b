//! How a pair stood after each change: what both sides agreed on from then on, and where they differed, each side's value.

use super::{Link, Result, Store, Tx, read_json, to_json};
use merge::{Base, Side, Value};
use std::collections::BTreeMap;

/// By rule: ServiceNow's value and the platform's, where they are not both the base.
pub type Apart = BTreeMap<String, (Value, Value)>;

/// What moved with one change.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    pub at: i64,
    pub base: Base,
    pub apart: Apart,
}

/// How a pair stands or stood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    pub base: Base,
    pub apart: Apart,
}

impl Standing {
    /// After these moments, the oldest first. What is agreed on is no longer apart.
    pub fn after(moments: impl IntoIterator<Item = Moment>) -> Self {
        let mut standing = Self::default();
        for Moment { base, apart, .. } in moments {
            standing.apart.retain(|rule, _| !base.contains_key(rule));
            standing.base.extend(base);
            standing.apart.extend(apart);
        }
        standing
    }

    /// A side's value; `None` where nothing is known of it.
    pub fn on(&self, side: Side, rule: &str) -> Option<&Value> {
        match (self.apart.get(rule), side) {
            (Some((servicenow, _)), Side::ServiceNow) => Some(servicenow),
            (Some((_, platform)), Side::Platform) => Some(platform),
            (None, _) => self.base.get(rule),
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    version: i64,
    at: i64,
    base: String,
    sides: String,
}

impl Store {
    /// Those of a link up to a moment, the oldest first.
    pub async fn moments(&self, link: &str, up_to: i64) -> Result<Vec<Moment>> {
        let sql = "select version, at, base, sides from moments where link_id = $1 and at <= $2 order by version";
        let rows: Vec<Row> =
            sqlx::query_as(sql).bind(link).bind(up_to).fetch_all(&mut *self.pool.take().await?).await?;
        let read = |row: Row| {
            let name = format!("{link} {}", row.version);
            Ok(Moment {
                at: row.at,
                base: read_json(&row.base, "moments", "base", &name)?,
                apart: read_json(&row.sides, "moments", "sides", &name)?,
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// From when on the past of a link is known; `None` where nothing is.
    pub async fn known_since(&self, link: &str) -> Result<Option<i64>> {
        let sql = "select at from moments where link_id = $1 order by version limit 1";
        let first: Option<(i64,)> =
            sqlx::query_as(sql).bind(link).fetch_optional(&mut *self.pool.take().await?).await?;
        Ok(first.map(|(at,)| at))
    }
}

impl Tx {
    /// What moved since the link was read, if anything did. Its version is the one that it was saved as.
    pub(super) async fn keep_moment(&mut self, link: &mut Link, at: i64) -> Result<()> {
        let mut moved = link.base.clone();
        moved.retain(|rule, value| link.was.base.get(rule) != Some(value));
        if moved.is_empty() && link.apart.is_empty() {
            return Ok(());
        }
        let sql = "insert into moments (link_id, version, at, base, sides) values ($1, $2, $3, $4, $5)";
        self.write(
            sqlx::query(sql)
                .bind(&link.id)
                .bind(link.version)
                .bind(at)
                .bind(to_json(&moved))
                .bind(to_json(&link.apart)),
        )
        .await?;
        link.was.base.clone_from(&link.base);
        link.apart.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Value> {
        "[a-c]{0,2}".prop_map(|text| Value::text(&text))
    }

    fn moments() -> impl Strategy<Value = Vec<Moment>> {
        let base = proptest::collection::btree_map("[p-r]", values(), 0..3);
        let apart = proptest::collection::btree_map("[p-r]", (values(), values()), 0..3);
        proptest::collection::vec((base, apart).prop_map(|(base, apart)| Moment { at: 0, base, apart }), 0..8)
    }

    /// The last moment that says anything of a rule, taken alone.
    fn naive(moments: &[Moment], side: Side, rule: &str) -> Option<Value> {
        let last = moments.iter().rev().find(|one| one.base.contains_key(rule) || one.apart.contains_key(rule))?;
        let apart = last.apart.get(rule).map(|(servicenow, platform)| match side {
            Side::ServiceNow => servicenow.clone(),
            Side::Platform => platform.clone(),
        });
        apart.or_else(|| last.base.get(rule).cloned())
    }

    proptest! {
        #[test]
        fn a_standing_is_what_the_last_word_on_each_rule_says(moments in moments()) {
            let standing = Standing::after(moments.clone());
            for rule in ["p", "q", "r"] {
                for side in Side::BOTH {
                    prop_assert_eq!(standing.on(side, rule).cloned(), naive(&moments, side, rule));
                }
                let agreed = moments.iter().rev().find_map(|one| one.base.get(rule));
                prop_assert_eq!(standing.base.get(rule), agreed);
            }
        }
    }
}
