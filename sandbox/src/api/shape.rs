//! Records as JSON in the six shapes that the parameters ask for (contract 2.5).

use std::borrow::{Borrow, Cow};
use std::collections::HashSet;

use serde_json::Value;

use super::Version;
use super::display::Displays;
use super::options::{Options, Show};
use super::sight::Sight;
use crate::attachments;
use crate::dictionary::{Column, Kind, Table};
use crate::instance::Instance;
use crate::pages::View;
use crate::record::Record;
use crate::store;
use crate::switches::HiddenField;
use crate::user::User;

/// What a view shows: `mobile` a few columns, as a list has them, `both` those and the form's, and any other
/// the form's (contract 2.2).
fn columns_of_view(table: &Table, name: &str) -> Vec<String> {
    let view = View::of(table);
    let form = view.columns().chain(&view.journals).filter(|_| name != "mobile");
    let list = view.list.iter().filter(|_| matches!(name, "mobile" | "both"));
    let mut columns: Vec<String> = Vec::new();
    for column in form.chain(list) {
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    columns
}

/// Shapes the records of one answer. They are written as JSON at once: a page may hold a million values.
pub(super) struct Shaper<'a> {
    instance: &'a Instance,
    options: &'a Options,
    version: Version,
    displays: Displays<'a>,
    sight: Sight<'a>,
    hidden: HiddenField,
}

/// A field of the answer.
struct Field<'t> {
    path: &'t str,
    /// Its name, as it stands before each value.
    key: Vec<u8>,
    /// Nothing for what has to be looked up, or asked about, record by record.
    stored: Option<Stored<'t>>,
}

/// A column that everybody who sees a record sees, shown as it is stored.
struct Stored<'t> {
    column: &'t Column,
    /// Where the records of this page have it.
    place: usize,
    link: Option<String>,
}

impl<'a> Shaper<'a> {
    pub fn new(instance: &'a Instance, user: &'a User, options: &'a Options, version: Version) -> Self {
        let (displays, sight) = (Displays::new(instance).read_by(user), Sight::new(instance, user));
        Self { instance, options, version, displays, sight, hidden: instance.switches().hidden_field }
    }

    /// The paths of the fields that the answer has.
    fn paths(&self, table: &Table) -> Vec<String> {
        let mut paths = match (&self.options.fields, &self.options.view) {
            (Some(fields), _) => fields.clone(),
            (None, None) => table.columns.keys().cloned().collect(),
            (None, Some(view)) => columns_of_view(table, view),
        };
        let mut seen = HashSet::new();
        paths.retain(|path| seen.insert(path.clone()));
        paths
    }

    /// The columns that the answer needs of each record; nothing if that may be any. Whoever sees only some
    /// records is asked about with all that is in them.
    pub async fn columns(&mut self, table: &Table) -> store::Result<Option<HashSet<String>>> {
        if table.name == attachments::TABLE || self.sight.rules(table).await?.depend() {
            return Ok(None);
        }
        let mut columns: HashSet<String> = ["sys_id", "sys_class_name", "sys_domain"].map(str::to_owned).into();
        for path in self.paths(table) {
            let first = path.split('.').next().unwrap_or_default();
            let depends_on = table.column(first).and_then(|column| column.dependent.clone());
            columns.extend(depends_on);
            columns.insert(first.to_owned());
        }
        Ok(Some(columns))
    }

    /// Appends the records as a JSON array. Each is let go once it is written.
    pub async fn records(
        &mut self,
        table: &Table,
        rows: impl IntoIterator<Item = impl Borrow<Record>>,
        json: &mut Vec<u8>,
    ) -> store::Result<()> {
        let mut rows = rows.into_iter().peekable();
        let paths = self.paths(table);
        let fields = self.fields(table, &paths, rows.peek().map(Borrow::borrow)).await?;
        json.push(b'[');
        while let Some(row) = rows.next() {
            let before = json.len();
            self.object(table, row.borrow(), &fields, json).await?;
            if rows.peek().is_some() {
                json.push(b',');
            }
            // The others are about as long, and nothing need be moved to make room for them.
            json.reserve((json.len() - before).saturating_mul(rows.size_hint().0));
        }
        json.push(b']');
        Ok(())
    }

    pub async fn record(&mut self, table: &Table, row: &Record, json: &mut Vec<u8>) -> store::Result<()> {
        let paths = self.paths(table);
        let fields = self.fields(table, &paths, Some(row)).await?;
        self.object(table, row, &fields, json).await
    }

    /// The records for those who change something about them.
    pub async fn values(&mut self, table: &Table, rows: &[Record]) -> store::Result<Vec<Value>> {
        let mut json = Vec::new();
        self.records(table, rows, &mut json).await?;
        serde_json::from_slice(&json).map_err(|cause| sqlx::Error::Decode(cause.into()))
    }

    async fn fields<'t>(
        &mut self,
        table: &'t Table,
        paths: &'t [String],
        row: Option<&Record>,
    ) -> store::Result<Vec<Field<'t>>> {
        let rules = self.sight.rules(table).await?;
        let stored = |path: &'t String| {
            let column = table.column(path).filter(|_| self.options.show == Show::Values && rules.open(path))?;
            Some(Stored { column, place: row.map_or(0, |row| row.place_of(path)), link: self.link(column) })
        };
        let key = |path: &String| {
            let mut key = vec![b'"'];
            write_inside(path, &mut key);
            key.extend_from_slice(b"\":");
            key
        };
        Ok(paths.iter().map(|path| Field { path, key: key(path), stored: stored(path) }).collect())
    }

    async fn object(
        &mut self,
        table: &Table,
        row: &Record,
        fields: &[Field<'_>],
        json: &mut Vec<u8>,
    ) -> store::Result<()> {
        json.push(b'{');
        let mut written = false;
        for field in fields {
            let before = json.len();
            if written {
                json.push(b',');
            }
            json.extend_from_slice(&field.key);
            let is_there = match &field.stored {
                Some(stored) => {
                    let value = visible(stored.column, row.get_at(stored.place, field.path));
                    self.write(value, "", stored.link.as_deref(), json);
                    true
                }
                None => self.path(table, row, field.path, json).await?,
            };
            if is_there {
                written = true;
            } else {
                json.truncate(before);
            }
        }
        json.push(b'}');
        Ok(())
    }

    /// Writes the value of a field, walking through references. False if there is no such field; a walk
    /// through an empty reference ends in `""`.
    async fn path(&mut self, table: &Table, row: &Record, path: &str, json: &mut Vec<u8>) -> store::Result<bool> {
        let mut table = table;
        let mut row = Cow::Borrowed(row);
        let mut names: Vec<&str> = path.split('.').collect();
        let Some(last) = names.pop() else { return Ok(false) };
        for name in names {
            let reference = table.column(name).filter(|column| column.kind == Kind::Reference);
            let target = reference.and_then(|column| column.reference.as_deref());
            let Some(target) = target.and_then(|name| self.instance.table(name)) else { return Ok(false) };
            if !row.sys_id().is_empty() && !self.sight.of_column(table, &row, name).await? {
                return Ok(self.write_hidden(json));
            }
            row = Cow::Owned(self.displays.record(target, row.get(name)).await?.cloned().unwrap_or_default());
            table = target;
            if !row.sys_id().is_empty() && !self.sight.of_record(table, &row).await? {
                return Ok(self.write_hidden(json));
            }
        }
        let Some(column) = table.column(last) else {
            return Ok(false);
        };
        if row.sys_id().is_empty() {
            self.write("", "", None, json);
            return Ok(true);
        }
        if !self.sight.of_column(table, &row, last).await? {
            return Ok(self.write_hidden(json));
        }
        let shown = match self.options.show {
            Show::Values => String::new(),
            Show::Labels | Show::Both => self.displays.of(table, &row, last).await?,
        };
        self.write(visible(column, row.get(last)), &shown, self.link(column).as_deref(), json);
        Ok(true)
    }

    /// What stands for a value that the caller may not read, if anything does.
    fn write_hidden(&self, json: &mut Vec<u8>) -> bool {
        let shows = self.hidden == HiddenField::Empty;
        if shows {
            self.write("", "", None, json);
        }
        shows
    }

    /// Where the records of a reference are, for links to them.
    fn link(&self, column: &Column) -> Option<String> {
        let is_reference = matches!(column.kind, Kind::Reference | Kind::DomainId);
        let target = column.reference.as_deref().filter(|_| self.options.links && is_reference)?;
        Some(format!("{}{}/table/{target}/", self.instance.address, self.version.path()))
    }

    /// One of the six shapes.
    fn write(&self, stored: &str, shown: &str, link: Option<&str>, json: &mut Vec<u8>) {
        let link = link.filter(|_| !stored.is_empty());
        let mut part = |before: &str, texts: &[&str]| {
            json.extend_from_slice(before.as_bytes());
            json.push(b'"');
            for text in texts {
                write_inside(text, json);
            }
            json.push(b'"');
        };
        match (self.options.show, link) {
            (Show::Values, None) => return part("", &[stored]),
            (Show::Labels, None) => return part("", &[shown]),
            (Show::Values, Some(link)) => {
                part("{\"link\":", &[link, stored]);
                part(",\"value\":", &[stored]);
            }
            (Show::Labels, Some(link)) => {
                part("{\"display_value\":", &[shown]);
                part(",\"link\":", &[link, stored]);
            }
            (Show::Both, link) => {
                part("{\"display_value\":", &[shown]);
                part(",\"value\":", &[stored]);
                if let Some(link) = link {
                    part(",\"link\":", &[link, stored]);
                }
            }
        }
        json.push(b'}');
    }
}

/// What is written to a secret column is not read back.
fn visible<'r>(column: &Column, stored: &'r str) -> &'r str {
    if column.kind.is_secret() { "" } else { stored }
}

/// Text between the quotes of a JSON string.
fn write_inside(text: &str, json: &mut Vec<u8>) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        json.extend_from_slice(text.as_bytes());
    } else {
        let quoted = Value::from(text).to_string();
        json.extend_from_slice(&quoted.as_bytes()[1..quoted.len() - 1]);
    }
}
