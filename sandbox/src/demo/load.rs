//! Any number of incidents on top of the demo's, to see how a client fares with many. They depend on
//! nothing but how many are asked for: no clock, no chance.

use jiff::Timestamp;

use super::{Unusable, row};
use crate::clock;
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::random::fixed_id;
use crate::record::Record;
use crate::store;

/// The property that says how many there are already. It is written together with them, so that a start
/// that was cut short goes on where it was.
const MADE: &str = "sandbox.records";

/// How many are written at once: enough to be quick, and few enough to be small.
const BATCH: i64 = 5_000;

/// The last of them is opened when the instance is made, the first this long before.
const SPAN: i64 = 2 * 365 * 86_400;

/// Category, subcategory and what it is about.
const TROUBLES: [(&str, &str, &str); 16] = [
    ("inquiry", "email", "Shared mailbox does not show new mail"),
    ("inquiry", "internal_application", "Expense form loses its attachments"),
    ("inquiry", "antivirus", "Scanner holds back a clean download"),
    ("software", "os", "Update asks for a restart every morning"),
    ("software", "email", "Calendar shows meetings an hour late"),
    ("hardware", "disk", "Notebook is slow and its disk is loud"),
    ("hardware", "keyboard", "Some keys answer only to the second try"),
    ("hardware", "monitor", "Second screen stays black after a break"),
    ("network", "vpn", "VPN ends when the train leaves the station"),
    ("network", "wireless", "No wireless in the meeting rooms"),
    ("network", "dns", "Printer is not found by its name"),
    ("database", "sql server", "Nightly report ends in a time-out"),
    ("payroll", "payslip", "Payslip shows last year's address"),
    ("hiring", "offer", "Offer letter is missing a page"),
    ("employee_help", "policy question", "How many days may be taken over?"),
    ("access_request", "new access", "Access to the project folder"),
];

/// A state as often as it stands here.
const STATES: [&str; 16] = ["1", "1", "1", "2", "2", "2", "3", "6", "6", "7", "7", "7", "7", "7", "7", "8"];

/// Who reports, and who works on it in which group.
struct People {
    callers: Vec<Record>,
    members: Vec<Record>,
}

impl People {
    async fn of(instance: &Instance) -> store::Result<Self> {
        Ok(Self {
            callers: instance.rows("sys_user", "active=true^ORDERBYuser_name").await?,
            members: instance.rows("sys_user_grmember", "ORDERBYsys_id").await?,
        })
    }
}

pub(super) async fn furnish(instance: &Instance, count: i64) -> Result<(), Unusable> {
    let (Some(incidents), Some(properties)) = (instance.table("incident"), instance.table("sys_properties")) else {
        return Ok(());
    };
    let Some(born) = clock::parse(super::BORN) else { return Ok(()) };
    let people = People::of(instance).await?;
    let mut known = instance.store.get(properties, &fixed_id(MADE)).await?;
    let mut made = known.as_ref().map_or(0, |property| property.number("value"));
    while made < count {
        let end = count.min(made + BATCH);
        let mut write = instance.store.write().await;
        for index in made..end {
            let opened_at = clock::shifted(born, SPAN.saturating_mul(index + 1) / count - SPAN);
            write.insert(incidents, &incident(incidents, &people, index, opened_at));
        }
        let values = [("name", MADE), ("type", "integer"), ("value", &end.to_string())];
        let property = row(properties, &fixed_id(MADE), &values);
        match &known {
            None => write.insert(properties, &property),
            Some(before) => write.update(properties, before, &property),
        }
        write.commit().await?;
        known = Some(property);
        made = end;
        if made % (10 * BATCH) == 0 {
            tracing::info!(made, of = count, "the sandbox is making incidents");
        }
    }
    Ok(())
}

fn incident(table: &Table, people: &People, index: i64, opened_at: Timestamp) -> Record {
    let mut chance = Chance(index.unsigned_abs());
    let trouble = &TROUBLES[chance.below(TROUBLES.len())];
    let state = STATES[chance.below(STATES.len())];
    let (is_solved, is_over) = (matches!(state, "6" | "7"), matches!(state, "7" | "8"));
    let caller = chance.one_of(&people.callers);
    let member = chance.one_of(&people.members);
    let agent = if state == "1" { "" } else { member.map_or("", |member| member.get("user")) };
    let (impact, urgency) = (chance.below(3) + 1, chance.below(3) + 1);
    let seconds = if state == "1" { 0 } else { 600 + i64::try_from(chance.below(5 * 86_400)).unwrap_or(0) };
    let (opened_at, changed_at) = (clock::text(opened_at), clock::text(clock::shifted(opened_at, seconds)));
    let number = format!("INC{}", 1_000_000 + index);
    // In the order in which they are made, so that they lie together on the disk.
    let sys_id = format!("{index:08x}{:08x}{:016x}", 0x0a0a_0b57, chance.next());
    let correlation = if chance.below(4) == 0 { format!("EXT-{index}") } else { String::new() };
    let when = |is: bool, value| if is { value } else { "" };
    let caller_id = caller.map_or("", |caller| caller.sys_id());
    let caller_name = caller.map_or("system", |caller| caller.get("user_name"));
    let values = [
        ("number", number.as_str()),
        ("task_effective_number", &number),
        ("sys_class_name", &table.name),
        ("short_description", trouble.2),
        ("description", trouble.2),
        ("category", trouble.0),
        ("subcategory", trouble.1),
        ("caller_id", caller_id),
        ("opened_by", caller_id),
        ("opened_at", &opened_at),
        ("contact_type", ["self-service", "phone", "email"][chance.below(3)]),
        ("state", state),
        ("incident_state", state),
        ("active", if is_over { "false" } else { "true" }),
        ("hold_reason", when(state == "3", "1")),
        ("impact", &impact.to_string()),
        ("urgency", &urgency.to_string()),
        ("priority", &(impact + urgency - 1).to_string()),
        ("assignment_group", member.map_or("", |member| member.get("group"))),
        ("assigned_to", agent),
        ("correlation_id", &correlation),
        ("close_code", when(is_solved, "Solution provided")),
        ("close_notes", when(is_solved, "Solved together with the caller.")),
        ("resolved_at", when(is_solved, &changed_at)),
        ("resolved_by", when(is_solved, agent)),
        ("closed_at", when(is_over, &changed_at)),
        ("closed_by", when(is_over, agent)),
        ("sys_created_on", &opened_at),
        ("sys_created_by", caller_name),
        ("sys_updated_on", &changed_at),
        ("sys_updated_by", caller_name),
        ("sys_mod_count", if state == "1" { "0" } else { "3" }),
    ];
    row(table, &sys_id, &values)
}

/// Numbers that look like chance and are always the same (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        // What is below a usize fits into one.
        usize::try_from(self.next() % end.max(1) as u64).unwrap_or(0)
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}
