//! How SQLite goes about the queries that clients ask again and again (contract 12.2, 12.3).

use sqlx::{AssertSqlSafe, Row as _};

use super::world::World;
use crate::store::{self, Slice};

/// The steps of SQLite's plan for a page of incidents.
async fn plan(world: &World, text: &str) -> String {
    let compiled = world.compile("incident", text);
    let sql = store::page(world.table("incident"), &compiled, Slice::first(10), &["number".to_owned()]);
    let mut statement = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
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
            "INDEX task_sys_updated_on_sys_id_sys_class_name (sys_updated_on>?)",
        ),
        (
            "sys_updated_on>2026-01-01 00:00:00^NQsys_updated_on=2026-01-01 00:00:00^sys_id>last^ORDERBYsys_updated_on^ORDERBYsys_id",
            "INDEX task_sys_updated_on_sys_id_sys_class_name (sys_updated_on>?)",
        ),
        (
            "sys_updated_onBETWEEN2026-01-01@2026-02-01^ORDERBYsys_updated_on",
            "INDEX task_sys_updated_on_sys_id_sys_class_name (sys_updated_on>? AND sys_updated_on<?)",
        ),
        ("number=INC0000001", "INDEX task_number_sys_class_name (number=? AND sys_class_name=?)"),
        ("numberININC0000001,INC0000002", "INDEX task_number_sys_class_name (number=? AND sys_class_name=?)"),
        ("sys_idINa,b,c", "(sys_id=?)"),
        (
            "active=true^state=1^ORDERBYDESCsys_created_on",
            "INDEX task_state_active_sys_class_name_sys_created_on (state=? AND active=? AND sys_class_name=?)",
        ),
        ("active=true^ORDERBYDESCnumber", "INDEX task_number_sys_class_name"),
        ("caller_id.user_name=emil", "INDEX task_caller_id_sys_class_name (caller_id=? AND sys_class_name=?)"),
    ] {
        let plan = plan(&world, text).await;
        assert!(plan.contains(wanted), "{text}: {plan}");
    }
    for ordered in [
        "sys_updated_on>=2026-01-01 00:00:00^ORDERBYsys_updated_on^ORDERBYsys_id",
        "sys_updated_on>2026-01-01 00:00:00^NQsys_updated_on=2026-01-01 00:00:00^sys_id>last^ORDERBYsys_updated_on^ORDERBYsys_id",
        "active=true^ORDERBYDESCnumber",
        "active=true^state=1^ORDERBYDESCsys_created_on",
        "assigned_to=6816f79cc0a8016401c5a33be04be441^ORDERBYDESCsys_updated_on",
    ] {
        let plan = plan(&world, ordered).await;
        // Only records that are equal in the column itself may still be put in order.
        assert!(!plan.contains("TEMP B-TREE FOR ORDER BY"), "{ordered} is sorted by hand: {plan}");
    }
}
