//! Deleting a record and what goes with it (contract 8): rows that only stood for a relation to it, its
//! files and its journal go too, and other records that refer to it lose the reference and stay.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Refusal, Writer};
use crate::acl::Operation as Access;
use crate::attachments;
use crate::dictionary::{Column, Kind, OnDelete, Table};
use crate::instance::Instance;
use crate::query::Changes;
use crate::record::Record;
use crate::rules::{Event, Operation};
use crate::store::{self, Write};
use crate::user::User;

/// A record with more dependents of one kind than this keeps the rest of them.
const MOST: i64 = 10_000;

impl Instance {
    pub async fn delete<'a>(
        self: &Arc<Self>,
        by: impl Into<Writer<'a>>,
        table: &Table,
        sys_id: &str,
    ) -> Result<(), Refusal> {
        let by = by.into();
        let before = self.store.get(table, sys_id).await?.ok_or(Refusal::NotFound)?;
        let table = self.class(table, &before);
        self.guard(&by, Access::Delete, table, &before).await?;
        self.delete_for_good(by, table, before).await
    }

    /// Whoever calls this has asked whether the user may.
    pub(crate) async fn delete_for_good<'a>(
        self: &Arc<Self>,
        by: impl Into<Writer<'a>>,
        table: &Table,
        record: Record,
    ) -> Result<(), Refusal> {
        // Boxed, because a rule that deletes comes here again.
        let by = by.into();
        Box::pin(self.delete_by(&by, table, record)).await
    }

    async fn delete_by(self: &Arc<Self>, by: &Writer<'_>, table: &Table, record: Record) -> Result<(), Refusal> {
        let user = by.user;
        if by.rules {
            self.before_delete(&deleted(by, table, record.clone())).await?;
        }
        let mut write = self.store.write().await;
        // Rules take their time, and somebody else may have been quicker.
        let record = self.store.get(table, record.sys_id()).await?.ok_or(Refusal::NotFound)?;
        let mut runs = Vec::new();
        let mut tables = Vec::new();
        for (position, (table, record)) in self.what_goes(table, record).await?.into_iter().enumerate() {
            // What goes along is the system's doing in the audit, but the rules still run for the caller.
            let who = if position == 0 { user.user_name.as_str() } else { "system" };
            self.audit_deletion(table, &record, who, &mut write).await?;
            self.forget(table, &record, &mut write);
            write.delete(table, record.sys_id());
            if by.rules {
                let event = deleted(by, table, record);
                runs.push((self.matching_rules(&event).await?, event));
            }
            tables.push(&table.name);
        }
        write.commit().await?;
        for (jobs, event) in runs {
            self.run_rules(jobs, event).await;
        }
        Ok(())
    }

    /// The record first, then what goes with it and with that in turn.
    async fn what_goes<'a>(&'a self, table: &'a Table, record: Record) -> store::Result<Vec<(&'a Table, Record)>> {
        let mut all = vec![(table, record)];
        let mut next = 0;
        while let Some((table, record)) = all.get(next) {
            let (table, id) = (*table, record.sys_id().to_owned());
            let mut found: Vec<(&Table, Record)> = Vec::new();
            for (other, column) in self.referring(table).filter(|(_, column)| column.on_delete == OnDelete::Cascade) {
                let query = format!("{}={id}", column.name);
                let rows = self.query(&other.name, &query, &User::system(), MOST).await?;
                found.extend(rows.into_iter().map(|row| (other, row)));
            }
            if let Some(files) = self.table(attachments::TABLE).filter(|files| files.name != table.name) {
                let query = format!("table_sys_id={id}");
                let rows = self.query(&files.name, &query, &User::system(), MOST).await?;
                found.extend(rows.into_iter().map(|row| (files.as_ref(), row)));
            }
            for (other, row) in found {
                if !all.iter().any(|(_, known)| known.sys_id() == row.sys_id()) {
                    all.push((other, row));
                }
            }
            next += 1;
        }
        Ok(all)
    }

    /// What else the store holds of the record or says of it.
    fn forget(&self, table: &Table, record: &Record, write: &mut Write) {
        let id = record.sys_id();
        // Columns with an index apart from those without, which cost a reading of the whole table, once.
        let mut columns = BTreeMap::<(&str, bool), Vec<&str>>::new();
        for (other, column) in self.referring(table).filter(|(_, column)| column.on_delete == OnDelete::Clear) {
            columns.entry((&other.root, column.index)).or_default().push(&column.name);
        }
        for ((root, _), columns) in columns {
            write.clear(root, &columns, id);
        }
        if let Some(journal) = self.table("sys_journal_field").filter(|_| table.has_journal()) {
            write.delete_where(journal, "element_id", id);
        }
        if table.name == attachments::TABLE {
            write.delete_content(id);
        }
    }

    /// Reference columns that may hold a record of this table, where they are declared.
    fn referring(&self, table: &Table) -> impl Iterator<Item = (&Table, &Column)> {
        let related = |name: &str| table.ancestors.iter().any(|ancestor| ancestor == name);
        self.store.dictionary.tables().flat_map(move |other| {
            let own =
                other.columns.values().filter(|column| column.owner == other.name && column.kind == Kind::Reference);
            let hits = own.filter(move |column| column.reference.as_deref().is_some_and(related));
            hits.map(|column| (other.as_ref(), column))
        })
    }
}

/// The deletion as rules see it.
fn deleted(by: &Writer<'_>, table: &Table, record: Record) -> Event {
    Event {
        table: table.name.clone(),
        operation: Operation::Delete,
        current: record.clone(),
        previous: Some(record),
        changes: Changes::new(),
        user: by.user.clone(),
        transaction: by.transaction.clone(),
    }
}
