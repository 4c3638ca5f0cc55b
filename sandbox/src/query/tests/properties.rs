use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::runtime::Runtime;

use super::generate::{plan, soup};
use super::world::World;
use crate::query::{Condition, Order, Query};

/// The same cases every time: a failure that somebody else caused would help nobody.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// One condition, read by itself.
fn alone(text: &str) -> Condition {
    let mut query = Query::parse(text);
    query.groups.pop().and_then(|mut group| group.pop()?.pop()).unwrap_or_else(|| panic!("{text} is no condition"))
}

#[test]
fn sql_finds_what_the_interpreter_finds_in_the_same_order() {
    let runtime = Runtime::new().expect("a runtime");
    for seed in 1..=3 {
        let world = runtime.block_on(World::new(seed));
        let check = |plan: super::generate::Plan| {
            let groups: Vec<Vec<Vec<Condition>>> = plan
                .groups
                .iter()
                .map(|group| {
                    let all = group.iter().map(|any| any.iter().map(|one| alone(one)).collect());
                    all.collect()
                })
                .collect();
            let order: Vec<Order> =
                plan.order.iter().map(|&(descending, field)| Order { field: field.to_owned(), descending }).collect();
            for table in ["practice_ticket", "practice_bug"] {
                let expected = world.interpret(&groups, &order, world.table(table));
                let (found, _) = runtime.block_on(world.found(table, &plan.text()));
                prop_assert_eq!(&found, &expected, "{} on {}", plan.text(), table);
            }
            Ok(())
        };
        runner(250).run(&plan(), check).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn any_text_is_answered() {
    let runtime = Runtime::new().expect("a runtime");
    let world = runtime.block_on(World::new(4));
    let answered = |text: String| {
        runtime.block_on(world.found("practice_ticket", &text));
        Ok(())
    };
    runner(400).run(&soup(), answered).unwrap_or_else(|failure| panic!("{failure}"));
    runner(200).run(&".*", answered).unwrap_or_else(|failure| panic!("{failure}"));
}
