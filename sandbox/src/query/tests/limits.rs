//! Queries of hostile sizes get an answer.

use std::time::{Duration, Instant};

use super::world::World;
use crate::query::{Query, Read, Scope, compile};

#[tokio::test]
async fn a_thousand_conditions_are_answered_and_what_is_beyond_is_dropped() {
    let world = World::new(1).await;
    let many = |condition: &str, times: usize| vec![condition; times].join("");
    // A group that lost its only condition matches all (contract 2.4).
    let all = 40;
    for (text, found, dropped) in [
        (format!("count=77{}", many("^ORcount=1", 900)), None, false),
        (format!("count=77{}", many("^ORcount=77", 5_000)), Some(0), true),
        (many("^NQcount=77", 5_000), Some(all), true),
        (many("^owner.manager.manager.manager.nameISNOTEMPTY", 3_000), None, true),
        (many("^atDATEPARTx@javascript:gs.datePart('hour','77','EE')", 3_000), Some(0), true),
        (many("^123TEXTQUERY321=a b c d e f g h", 2_000), None, true),
        (many("^commentsLIKEa", 2_000), None, true),
        (many("^RLQUERYpractice_ticket.parent,>=1^ENDRLQUERY", 2_000), None, true),
        (format!("JOIN{}", many("practice_ticket.sys_id=practice_ticket.parent!JOIN", 200)), None, true),
        (format!("{}name=x", many("parent.", 500)), Some(all), true),
        (format!("{}name=x", many("parent.", 12)), None, false),
        (many("^ORDERBYowner.manager.name^ORDERBYDESCcount", 4_000), Some(all), false),
        (format!("nameIN{}", many("alpha,", 50_000)), None, false),
        (format!("nameLIKE{}", many("alpha", 100_000)), Some(0), false),
        (many("^", 100_000), Some(all), true),
        (many("RLQUERY", 50_000), Some(all), true),
    ] {
        let began = Instant::now();
        let (rows, invalid) = world.found("practice_ticket", &text).await;
        let start = &text[..text.len().min(60)];
        assert!(began.elapsed() < Duration::from_secs(20), "{start} took {:?}", began.elapsed());
        assert_eq!(invalid > 0, dropped, "{start}");
        assert!(found.is_none_or(|found| rows.len() == found), "{start} found {}", rows.len());
    }
}

fn read(table: &str, column: &str, range: bool) -> Read {
    Read { table: table.into(), column: column.into(), range }
}

#[tokio::test]
async fn a_query_says_what_it_reads_and_how() {
    let world = World::new(1).await;
    let compiled = world.compile(
        "practice_bug",
        "owner.email=x^count>1^nothing=1^team!=g1^nameLIKEa^parentISEMPTY^atSAMEASseen^ORDERBYsize",
    );
    let expected = [
        read("sys_user", "email", false),
        read("practice_bug", "owner", false),
        read("practice_bug", "count", true),
        read("practice_bug", "team", false),
        read("practice_bug", "name", true),
        read("practice_bug", "parent", false),
        read("practice_bug", "at", false),
        read("practice_bug", "seen", false),
        read("practice_bug", "size", true),
    ];
    assert_eq!(compiled.reads, expected);
    assert_eq!(compiled.invalid, ["nothing"]);
}

#[tokio::test]
async fn a_column_that_may_not_be_used_is_as_one_that_is_not_there() {
    let world = World::new(1).await;
    let permits = |read: &Read| !(read.column == "count" && read.range) && read.column != "email";
    let scope = Scope { permits: &permits, ..world.scope() };
    let query =
        Query::parse("count=1^count>1^owner.email=x^RLQUERYpractice_ticket.parent,>=1^count>1^ENDRLQUERY^ORDERBYcount");
    let compiled = compile(&query, world.table("practice_ticket"), &scope);
    assert_eq!(compiled.invalid, ["count", "owner.email", "count", "count"]);
    assert!(compiled.reads.iter().all(permits));
}
