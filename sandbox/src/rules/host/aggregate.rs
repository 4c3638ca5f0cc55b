//! `GlideAggregate`: counts and sums by the database (contract 9.3 has the same over REST).

use serde_json::{Map, Value, json};

use super::{Answer, Session};
use crate::store::{Aggregate, Function, Statistics};

impl Session {
    /// One entry for each group: what it has in common, and its numbers by `FUNCTION field`.
    pub(super) fn aggregate(
        &self,
        (name, query, groups, wanted): (String, String, Vec<String>, Vec<(String, String)>),
    ) -> Answer {
        let table = self.table(&name)?;
        let operand = |path: &String| self.instance.store.operand(table, path, &|_, _| true);
        let grouped: Vec<_> = groups.iter().filter_map(|path| Some((path, operand(path)?))).collect();
        let asked = wanted.iter().filter_map(|(function, path)| {
            let aggregate = Aggregate { function: Function::read(function)?, operand: operand(path) };
            Some((format!("{function} {path}"), aggregate))
        });
        let (names, aggregates): (Vec<_>, Vec<_>) = asked.unzip();
        let (paths, groups): (Vec<_>, Vec<_>) = grouped.into_iter().unzip();
        let what = Statistics { groups, aggregates, ..Statistics::default() };
        let compiled = self.compile(table, &query)?;
        let rows = self.handle.block_on(self.instance.store.statistics(table, &compiled, &what));
        let rows = rows.map_err(|cause| cause.to_string())?.into_iter().map(|mut row| {
            let numbers = row.split_off(paths.len());
            let fields: Map<_, _> =
                paths.iter().map(|path| (*path).clone()).zip(row.into_iter().map(Value::from)).collect();
            let values: Map<_, _> = names.iter().cloned().zip(numbers.into_iter().map(Value::from)).collect();
            json!({"groups": fields, "values": values})
        });
        Ok(rows.collect::<Vec<_>>().into())
    }
}
