//! What the connection's account may do of all that its rules, streams and polling need: tried with its own token, kept
//! with its time, and shown with the smallest right that is missing.

use super::connect::trouble;
use super::show::when_any;
use super::{Operations, OrTrouble};
use crate::connectors::servicenow::{Found, Need, Operation, Right};
use crate::store::{Connection, State};
use app::api::Answer;
use app::error::Trouble;
use app::model::{PermissionsPage, RightRow, RightStanding, Role};
use merge::{Against, Convert, FieldRule, Rules, Side};
use std::collections::BTreeMap;

const KIND: &str = "permissions";

/// A right with what it is for.
struct Wanted {
    need: Need,
    why: String,
    is_optional: bool,
}

impl Operations {
    pub async fn see_permissions(&self, id: &str) -> Answer<PermissionsPage> {
        self.require(Role::Viewer, "connections.read", id).await?;
        let connection = self.connection_of(id).await?;
        let probe = self.parts.store.probe(id, KIND).await.or_trouble()?;
        let rights: Vec<RightRow> =
            probe.as_ref().and_then(|probe| serde_json::from_str(&probe.found).ok()).unwrap_or_default();
        Ok(PermissionsPage {
            letter: letter(&connection, &rights),
            at: when_any(probe.map_or(0, |probe| probe.at)),
            rights,
            is_able: is_able(&connection),
            acting_as: connection.acting_as,
            id: connection.id,
            connection: connection.name,
        })
    }

    /// Tries every right. Nothing is changed anywhere.
    pub async fn try_permissions(&self, id: &str) -> Answer<()> {
        self.require(Role::Operator, "connections.permissions", id).await?;
        let connection = self.connection_of(id).await?;
        if !is_able(&connection) {
            return Err(Trouble::new(
                "CONN-NOT-AUTHORIZED",
                "Nothing could be tried.",
                "Nobody has authorized the connection in ServiceNow.",
                "Press \"Authorize in ServiceNow\" first.",
            ));
        }
        let wanted = wanted(&connection.rules);
        let needs: Vec<Need> = wanted.iter().map(|wanted| wanted.need.clone()).collect();
        let live = self.kept_live_test(id).await?;
        let trial = live.as_ref().map(|(live, _)| live.record.as_str()).filter(|record| !record.is_empty());
        let side = self.parts.connectors.servicenow(&connection).await.map_err(|failure| trouble(&failure))?;
        let found = side.permissions(&needs, trial).await.map_err(|failure| trouble(&failure))?;
        let (wrote, number) = live.map(|(live, _)| (live.wrote, live.number)).unwrap_or_default();
        let refused = self.refused_columns(&connection).await?;
        let rights: Vec<RightRow> = wanted
            .into_iter()
            .zip(found)
            .map(|(wanted, found)| row(wanted, found, &refused, &wrote, &number))
            .collect();
        let text = serde_json::to_string(&rights).unwrap_or_default();
        let missing = rights.iter().filter(|right| right.standing == RightStanding::Missing).count();
        let mut tx = self.begin().await?;
        tx.keep_probe(id, KIND, self.parts.clock.now(), &text).await.or_trouble()?;
        self.audit(&mut tx, "connections.permissions", id, &format!("{missing} missing"), false).await?;
        self.commit(tx).await?;
        self.parts.news.connection(id);
        Ok(())
    }

    /// Columns of which a real write was refused or came to nothing, by what the open dead letters say.
    async fn refused_columns(&self, connection: &Connection) -> Answer<BTreeMap<String, String>> {
        let search = crate::store::LetterSearch { connection: &connection.id, cause: "", limit: 200, offset: 0 };
        let letters = self.parts.store.open_letters(&search).await.or_trouble()?;
        let of_rights = |problem: &str| problem.contains("ACL") || problem.contains("security constraints");
        let refused = letters
            .into_iter()
            .map(|line| line.letter)
            .filter(|letter| letter.side == Side::ServiceNow.as_str() && of_rights(&letter.problem));
        Ok(refused
            .filter_map(|letter| Some((connection.rules.rule(&letter.rule)?, letter.problem)))
            .flat_map(|(rule, problem)| {
                rule.parts(Side::ServiceNow).into_iter().map(str::to_owned).map(move |part| (part, problem.clone()))
            })
            .collect())
    }
}

fn is_able(connection: &Connection) -> bool {
    !connection.acting_as.is_empty() && connection.state != State::Disconnected
}

/// Every right that these rules need, with the streams and polling.
fn wanted(rules: &Rules) -> Vec<Wanted> {
    let table = rules.table.as_str();
    let one = |table: &str, field: &str, operation, why: &str, is_optional| Wanted {
        need: Need { table: table.to_owned(), field: field.to_owned(), operation },
        why: why.to_owned(),
        is_optional,
    };
    let mut wanted = vec![
        one(table, "", Operation::Read, "to see its records", false),
        one(table, "sys_updated_on", Operation::Query, "polling, which finds every change", false),
    ];
    for field in rules.servicenow_fields() {
        wanted.push(one(table, &field, Operation::Read, &used_by(rules, &field), false));
    }
    for (stream, what) in [("comments", "public comments"), ("work_notes", "internal notes")] {
        wanted.push(one(table, stream, Operation::Read, what, true));
    }
    if rules.direction.allows(Side::ServiceNow) {
        wanted.push(one(table, "", Operation::Write, "to write what changed in Desk", false));
        for field in written(rules) {
            wanted.push(one(table, &field, Operation::Write, &used_by(rules, &field), false));
        }
        for (stream, what) in [("comments", "public comments of Desk"), ("work_notes", "internal notes of Desk")] {
            wanted.push(one(table, stream, Operation::Write, what, false));
        }
    }
    if rules.creates_in_servicenow() {
        wanted.push(one(table, "", Operation::Create, "tickets of Desk become records", false));
    }
    let beside = [
        ("sys_user", "email", "to match people", false),
        ("sys_user", "name", "to show who wrote something", true),
        ("sys_attachment", "", "files", true),
        ("sys_journal_field", "", "comments one by one, and when they were written", true),
        ("sys_audit_delete", "", "to tell a deletion from a record that became hidden", true),
        ("sys_dictionary", "", "kinds and lengths of columns, and causes of refusals", true),
        ("sys_choice", "", "the instance's choices, for suggestions", true),
    ];
    wanted.extend(beside.map(|(table, field, why, is_optional)| one(table, field, Operation::Read, why, is_optional)));
    wanted
}

/// Columns that a plan may write: those of the rules, and what transitions require.
fn written(rules: &Rules) -> Vec<String> {
    let mut fields = std::collections::BTreeSet::new();
    let comes_back = |rule: &FieldRule| {
        (rule.enforce || rule.against == Against::Restore) && rules.may_write(rule, Side::ServiceNow)
    };
    let is_written = |rule: &&FieldRule| rules.allows(rule, Side::ServiceNow) || comes_back(rule);
    for rule in rules.fields.iter().filter(is_written) {
        let rows = match &rule.convert {
            Convert::Map { map } => map.rows.as_slice(),
            _ => &[],
        };
        let instead = !rows.is_empty() && rows.iter().all(|row| !row.writes.is_empty());
        if !instead {
            fields.extend(rule.parts(Side::ServiceNow).into_iter().map(str::to_owned));
        }
        for row in rows {
            fields.extend(row.writes.keys().chain(row.requires.keys()).cloned());
        }
    }
    fields.into_iter().collect()
}

/// The rules that speak of a column.
fn used_by(rules: &Rules, field: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for rule in &rules.fields {
        let in_map = match &rule.convert {
            Convert::Map { map } => {
                map.rows.iter().any(|row| row.requires.contains_key(field) || row.writes.contains_key(field))
            }
            _ => false,
        };
        if rule.parts(Side::ServiceNow).contains(&field) || in_map {
            names.push(&rule.name);
        }
    }
    names.extend(rules.notes.iter().filter(|note| note.servicenow == field).map(|note| note.name.as_str()));
    match names.as_slice() {
        [] => "a condition of the connection's rules".to_owned(),
        [one] => format!("rule \"{one}\""),
        many => format!("rules \"{}\"", many.join("\", \"")),
    }
}

/// What was tried, or else what real writes have shown.
fn row(wanted: Wanted, found: Found, refused: &BTreeMap<String, String>, wrote: &[String], number: &str) -> RightRow {
    let Need { table, field, operation } = wanted.need;
    let (mut standing, mut how, mut ask) = (found.right, found.how, found.ask);
    if operation == Operation::Write && standing != Right::Missing {
        if let Some(problem) = refused.get(&field) {
            (standing, how) = (Right::Missing, format!("A real write was refused: {problem}"));
            ask = format!("To write column {field} of table {table}: ACL \"{table}.{field}\", operation write.");
        } else if standing == Right::Unknown && wrote.contains(&field) {
            (standing, how) = (Right::Granted, format!("The live test wrote it to {number} and read it back."));
        }
    }
    if operation == Operation::Create && standing == Right::Unknown && !number.is_empty() {
        (standing, how) = (Right::Granted, format!("The live test made {number}."));
    }
    RightRow {
        table,
        field,
        operation: operation.as_str().to_owned(),
        why: wanted.why,
        is_optional: wanted.is_optional,
        standing: match standing {
            Right::Granted => RightStanding::Granted,
            Right::Missing => RightStanding::Missing,
            Right::Unknown => RightStanding::Unknown,
        },
        how,
        ask,
    }
}

/// To be sent to whoever gives rights there: what is needed, and apart from it what is for comfort.
fn letter(connection: &Connection, rights: &[RightRow]) -> String {
    let listed = |is_optional: bool| {
        let missing = rights
            .iter()
            .filter(|right| right.standing == RightStanding::Missing && right.is_optional == is_optional)
            .map(|right| format!("[ ] {}\n    Needed for: {}.\n", right.ask, right.why));
        missing.collect::<String>()
    };
    let (needed, comfort) = (listed(false), listed(true));
    if needed.is_empty() && comfort.is_empty() {
        return String::new();
    }
    let heading =
        |words: &str, list: &str| if list.is_empty() { String::new() } else { format!("\n{words}\n\n{list}") };
    format!(
        "The account {} on {} lacks rights that Isthmus uses for table {}. Each line names the smallest right that does; please \
         give no more than these.\n{}{}",
        connection.acting_as,
        connection.address,
        connection.rules.table,
        heading("Needed:", &needed),
        heading("May be left out:", &comfort)
    )
}
