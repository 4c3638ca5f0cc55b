//! The related lists below a form: other records that refer to the one that is shown.

use super::view::{Related, View};
use super::{access, crumbs, layout, list};
use crate::acl::{Grant, Operation};
use crate::api::Displays;
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::query::{Condition, Operator as Sign, Query};
use crate::record::Record;
use crate::store::{self, Slice};
use crate::user::User;

const SHOWN: i64 = 10;

pub(super) async fn lists(instance: &Instance, user: &User, view: &View, record: &Record) -> store::Result<String> {
    let mut shown = String::new();
    for related in &view.related {
        let Some(table) = instance.table(&related.table) else { continue };
        let hidden = instance.grant(user, Operation::Read, table).await? == Grant::Never;
        if !hidden && table.column(&related.column).is_some() {
            shown.push_str(&one(instance, user, table, related, record).await?);
        }
    }
    Ok(shown)
}

async fn one(
    instance: &Instance,
    user: &User,
    table: &Table,
    related: &Related,
    record: &Record,
) -> store::Result<String> {
    let key = record.get(&related.of);
    let refers = Condition { field: related.column.clone(), operator: Sign::Is, value: key.to_owned() };
    let query = Query { groups: vec![vec![vec![refers]]], ..Query::default() };
    let mut compiled = instance.compile(&query, table, user).await?;
    instance.narrow(user, table, &mut compiled).await?;
    let total = instance.store.count(table, &compiled).await?;
    let rows = instance.store.select(table, &compiled, Slice::first(SHOWN)).await?;
    let encoded = format!("{}={key}", related.column);
    let mut columns = View::of(table).list;
    columns.retain(|column| *column != related.column);
    let headings: Vec<String> = columns.iter().filter_map(|name| table.column(name)).map(layout::heading).collect();
    let listed = list::rows_of(&mut Displays::new(instance).read_by(user), table, &columns, &rows).await?;
    let listed = if rows.is_empty() { String::new() } else { layout::table(&headings, &listed) };
    let all = layout::escape(&crumbs::address(&table.name, &encoded));
    let new = if access::may_create(instance, user, table).await? {
        format!(r#"<a href="/{}.do?sys_id=-1&amp;sysparm_query={}">New</a>"#, table.name, layout::escape(&encoded))
    } else {
        String::new()
    };
    Ok(format!(
        r#"<section class="related"><div class="bar"><h2>{} <span class="count">{total}</span></h2><a href="{all}">All in a list</a>{new}</div>{listed}</section>"#,
        layout::escape(&related.title)
    ))
}
