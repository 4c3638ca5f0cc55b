//! How SQLite goes about the queries that clients ask again and again (contract 12.2, 12.3).

use sqlx::{AssertSqlSafe, Row as _};

use super::world::World;

/// The steps of SQLite's plan for a page of incidents.
async fn plan(world: &World, text: &str) -> String {
    let compiled = world.compile("incident", text);
    let sql = format!(
        "EXPLAIN QUERY PLAN SELECT t0.* FROM \"task\" AS t0 WHERE +t0.\"sys_class_name\" IN ('incident') AND {} ORDER BY {} LIMIT 10",
        compiled.condition, compiled.order
    );
    let mut statement = sqlx::query(AssertSqlSafe(sql));
    for parameter in &compiled.parameters {
        statement = statement.bind(parameter);
    }
    let rows = statement.fetch_all(&world.store.pool).await.expect("a plan");
    let steps = rows.iter().map(|row| row.try_get::<String, _>("detail").expect("a step"));
    steps.collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn the_queries_of_cursors_and_look_ups_use_indexes() {
    let world = World::new(1).await;
    for (text, wanted) in [
        (
            "sys_updated_on>=2026-01-01 00:00:00^ORDERBYsys_updated_on^ORDERBYsys_id",
            "SEARCH t0 USING INDEX task_cursor (sys_updated_on>?)",
        ),
        (
            "sys_updated_on>2026-01-01 00:00:00^NQsys_updated_on=2026-01-01 00:00:00^sys_id>last^ORDERBYsys_updated_on^ORDERBYsys_id",
            "SEARCH t0 USING INDEX task_cursor (sys_updated_on>?)",
        ),
        (
            "sys_updated_onBETWEEN2026-01-01@2026-02-01^ORDERBYsys_updated_on",
            "SEARCH t0 USING INDEX task_cursor (sys_updated_on>? AND sys_updated_on<?)",
        ),
        ("number=INC0000001", "SEARCH t0 USING INDEX task_number (number=?)"),
        ("numberININC0000001,INC0000002", "SEARCH t0 USING INDEX task_number (number=?)"),
        ("sys_idINa,b,c", "(sys_id=?)"),
        ("active=true^ORDERBYDESCnumber", "SCAN t0 USING INDEX task_number"),
        ("caller_id.user_name=emil", "SEARCH t0 USING INDEX task_caller_id (caller_id=?)"),
    ] {
        let plan = plan(&world, text).await;
        assert!(plan.contains(wanted), "{text}: {plan}");
    }
    for ordered in [
        "sys_updated_on>=2026-01-01 00:00:00^ORDERBYsys_updated_on^ORDERBYsys_id",
        "sys_updated_on>2026-01-01 00:00:00^NQsys_updated_on=2026-01-01 00:00:00^sys_id>last^ORDERBYsys_updated_on^ORDERBYsys_id",
        "active=true^ORDERBYDESCnumber",
    ] {
        let plan = plan(&world, ordered).await;
        assert!(!plan.contains("TEMP B-TREE"), "{ordered} is sorted by hand: {plan}");
    }
}
