//! The data dictionary: which tables there are, their columns, what they inherit and which choices
//! they offer. Each table is one file in `dictionary/`; the store, the queries and the API all follow it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Column {
    pub name: String,
    pub label: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub reference: Option<String>,
    #[serde(default)]
    pub max_length: Option<usize>,
    #[serde(default)]
    pub choice: bool,
    pub dependent: Option<String>,
    #[serde(default)]
    pub default: String,
    /// As the dictionary says it; REST does not enforce it (contract 2.8).
    #[serde(default)]
    pub mandatory: bool,
    #[serde(default)]
    pub read_only: bool,
    /// No two records may have the same value.
    #[serde(default)]
    pub unique: bool,
    /// Searched often enough for an index.
    #[serde(default)]
    pub index: bool,
    /// Field ACLs: who else may not read or write it, whatever the table's own roles allow.
    pub read_role: Option<String>,
    pub write_role: Option<String>,
    /// For a reference: what becomes of the row when the record it refers to is deleted (contract 8).
    #[serde(default)]
    pub on_delete: OnDelete,
    /// The table that declares it; `sys_dictionary` has its row there (contract 6).
    #[serde(skip)]
    pub owner: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnDelete {
    #[default]
    Clear,
    /// The row goes too: it only stood for the relation.
    Cascade,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    String,
    Integer,
    Boolean,
    Reference,
    GlideDate,
    GlideDateTime,
    GlideDuration,
    GlideList,
    Decimal,
    Float,
    Currency,
    Html,
    TranslatedText,
    Url,
    Email,
    PhNumber,
    Xml,
    JournalInput,
    JournalList,
    Conditions,
    Script,
    /// Kept as a one-way digest, never read back.
    Password,
    /// Kept so that it can be shown once more to its owner, never read back by REST.
    Password2,
    SysClassName,
    DomainId,
    #[serde(rename = "GUID")]
    Guid,
}

impl Kind {
    pub fn is_journal(self) -> bool {
        matches!(self, Self::JournalInput | Self::JournalList)
    }

    pub fn is_secret(self) -> bool {
        matches!(self, Self::Password | Self::Password2)
    }

    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal | Self::Float | Self::Currency)
    }

    pub fn is_date(self) -> bool {
        matches!(self, Self::GlideDate | Self::GlideDateTime)
    }

    /// Whether two values are the same text in any case (contract 2.3: the database's collation).
    pub fn ignores_case(self) -> bool {
        matches!(
            self,
            Self::String
                | Self::Conditions
                | Self::Script
                | Self::GlideList
                | Self::Html
                | Self::TranslatedText
                | Self::Url
                | Self::Email
                | Self::PhNumber
                | Self::Xml
        )
    }

    /// The length of a column that does not say its own.
    pub fn usual_length(self) -> usize {
        match self {
            Self::Reference | Self::DomainId | Self::Guid => 32,
            Self::SysClassName => 80,
            Self::Email => 100,
            Self::String | Self::Password | Self::Password2 => 255,
            Self::Url => 1024,
            Self::GlideList | Self::Conditions | Self::JournalInput | Self::JournalList | Self::Xml => 4_000,
            Self::Html | Self::Script => 65_000,
            _ => 40,
        }
    }

    /// The `internal_type` that `sys_dictionary` shows.
    pub fn internal_type(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Reference => "reference",
            Self::GlideDate => "glide_date",
            Self::GlideDateTime => "glide_date_time",
            Self::GlideDuration => "glide_duration",
            Self::GlideList => "glide_list",
            Self::Decimal => "decimal",
            Self::Float => "float",
            Self::Currency => "currency",
            Self::Html => "html",
            Self::TranslatedText => "translated_text",
            Self::Url => "url",
            Self::Email => "email",
            Self::PhNumber => "ph_number",
            Self::Xml => "xml",
            Self::JournalInput => "journal_input",
            Self::JournalList => "journal_list",
            Self::Conditions => "conditions",
            Self::Script => "script",
            Self::Password => "password",
            Self::Password2 => "password2",
            Self::SysClassName => "sys_class_name",
            Self::DomainId => "domain_id",
            Self::Guid => "GUID",
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    pub value: String,
    pub label: String,
    #[serde(default)]
    pub dependent_value: String,
    /// Known and no longer offered.
    #[serde(default)]
    pub inactive: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    name: String,
    label: String,
    super_class: Option<String>,
    #[serde(default)]
    display: String,
    number_prefix: Option<String>,
    read_role: Option<String>,
    write_role: Option<String>,
    delete_role: Option<String>,
    #[serde(default = "yes")]
    web_services: bool,
    #[serde(default)]
    audit: bool,
    #[serde(default)]
    no_audit_delete: bool,
    /// Indexes of several columns, besides those of single ones.
    #[serde(default)]
    indexes: Vec<Vec<String>>,
    #[serde(default)]
    columns: Vec<Column>,
    #[serde(default)]
    overrides: BTreeMap<String, Override>,
    #[serde(default)]
    choices: BTreeMap<String, Vec<Choice>>,
}

fn yes() -> bool {
    true
}

/// What a child table says differently of a column that it inherits (contract 6, dictionary overrides).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Override {
    pub default: Option<String>,
    pub mandatory: Option<bool>,
    pub read_only: Option<bool>,
}

impl Override {
    fn apply(&self, column: &mut Column) {
        if let Some(default) = &self.default {
            column.default.clone_from(default);
        }
        column.mandatory = self.mandatory.unwrap_or(column.mandatory);
        column.read_only = self.read_only.unwrap_or(column.read_only);
    }
}

/// A table with everything that it inherits.
#[derive(Debug)]
pub(crate) struct Table {
    pub name: String,
    pub label: String,
    pub super_class: Option<String>,
    /// The top of its family, whose SQL table holds the rows of all of them, told apart by `sys_class_name`.
    pub root: String,
    /// From the table itself up to the root.
    pub ancestors: Vec<String>,
    /// The table itself and all that extend it.
    pub classes: Vec<String>,
    /// The column whose value stands for the record where it is referred to.
    pub display: String,
    pub number_prefix: Option<String>,
    pub read_role: Option<String>,
    pub write_role: Option<String>,
    pub delete_role: Option<String>,
    /// Whether REST may touch the table at all (`ws_access`, contract 6).
    pub web_services: bool,
    /// Whether changes are kept in `sys_audit` (contract 8).
    pub audit: bool,
    /// Whether its deleted records are not kept in `sys_audit_delete`.
    pub no_audit_delete: bool,
    pub overrides: BTreeMap<String, Override>,
    pub indexes: Vec<Vec<String>>,
    pub columns: BTreeMap<String, Column>,
    /// The names of those that have a place in the store, in their order.
    pub stored: Arc<[String]>,
    /// The choices this table declares itself.
    pub choices: BTreeMap<String, Vec<Choice>>,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.get(name)
    }

    pub fn has_journal(&self) -> bool {
        self.columns.values().any(|column| column.kind.is_journal())
    }

    pub fn is_task(&self) -> bool {
        self.root == "task"
    }

    /// Columns with a place in the store; journals live in `sys_journal_field`.
    pub fn stored_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.values().filter(|column| !column.kind.is_journal())
    }
}

#[derive(Debug)]
pub(crate) struct Dictionary {
    tables: BTreeMap<String, Arc<Table>>,
}

/// A table file that cannot be used: our own, or one that somebody adds.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DictionaryError {
    #[error("the table file {file} cannot be read: {cause}")]
    Missing { file: String, cause: std::io::Error },
    #[error("the table file {file} is not understood: {cause}")]
    Unreadable { file: String, cause: serde_json::Error },
    #[error("the name {name} in the table file {file} is no name: use small letters, digits and _, 80 at most")]
    BadName { file: String, name: String },
    #[error("the table {table} extends {parent}, which is not there or extends it in turn")]
    NoParent { table: String, parent: String },
}

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/dictionary");

/// Every table has these.
const SYSTEM_COLUMNS: &[(&str, &str, Kind)] = &[
    ("sys_id", "Sys ID", Kind::Guid),
    ("sys_created_on", "Created", Kind::GlideDateTime),
    ("sys_created_by", "Created by", Kind::String),
    ("sys_updated_on", "Updated", Kind::GlideDateTime),
    ("sys_updated_by", "Updated by", Kind::String),
    ("sys_mod_count", "Updates", Kind::Integer),
    ("sys_tags", "Tags", Kind::String),
];

impl Dictionary {
    /// The instance's own tables, and those in the files that its user adds: each holds one definition or
    /// a list of them. A definition of a table that is there already adds columns and choices to it.
    pub fn load(more: &[PathBuf]) -> Result<Self, DictionaryError> {
        let mut added = Vec::with_capacity(more.len());
        for path in more {
            let file = path.display().to_string();
            let content = std::fs::read(path);
            let content = content.map_err(|cause| DictionaryError::Missing { file: file.clone(), cause })?;
            added.push((file, content));
        }
        Self::with(&added)
    }

    /// The instance's own tables and these files, each with its name.
    fn with(added: &[(String, Vec<u8>)]) -> Result<Self, DictionaryError> {
        let mut definitions = BTreeMap::new();
        for file in FILES.files() {
            let name = file.path().display().to_string();
            add(&mut definitions, &name, file.contents())?;
        }
        for (file, content) in added {
            add(&mut definitions, file, content)?;
        }
        let mut tables = BTreeMap::new();
        for definition in definitions.values() {
            tables.insert(definition.name.clone(), Arc::new(resolve(definition, &definitions)?));
        }
        Ok(Self { tables })
    }

    pub fn table(&self, name: &str) -> Option<&Arc<Table>> {
        self.tables.get(name)
    }

    pub fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.tables.values()
    }
}

fn add(definitions: &mut BTreeMap<String, Definition>, file: &str, content: &[u8]) -> Result<(), DictionaryError> {
    let unreadable = |cause| DictionaryError::Unreadable { file: file.to_owned(), cause };
    // By hand, because an untagged enum would not say what is wrong with a definition.
    let value: serde_json::Value = serde_json::from_slice(content).map_err(unreadable)?;
    let several = if let serde_json::Value::Array(several) = value { several } else { vec![value] };
    for one in several {
        let definition: Definition = serde_json::from_value(one).map_err(unreadable)?;
        // Names become SQL, so nothing but a plain word may be one.
        let bad = {
            let mut names = definition.columns.iter().map(|column| &column.name).chain([&definition.name]);
            names.find(|name| !is_name(name)).cloned()
        };
        if let Some(name) = bad {
            return Err(DictionaryError::BadName { file: file.to_owned(), name });
        }
        match definitions.entry(definition.name.clone()) {
            Entry::Vacant(free) => {
                free.insert(definition);
            }
            Entry::Occupied(mut known) => {
                known.get_mut().columns.extend(definition.columns);
                known.get_mut().choices.extend(definition.choices);
            }
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    plain && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= 80
}

fn ancestors(of: &Definition, all: &BTreeMap<String, Definition>) -> Result<Vec<String>, DictionaryError> {
    let mut names = vec![of.name.clone()];
    let mut parent = of.super_class.as_ref();
    while let Some(name) = parent {
        let missing = || DictionaryError::NoParent { table: of.name.clone(), parent: name.clone() };
        if names.contains(name) {
            return Err(missing());
        }
        names.push(name.clone());
        parent = all.get(name).ok_or_else(missing)?.super_class.as_ref();
    }
    Ok(names)
}

fn resolve(definition: &Definition, all: &BTreeMap<String, Definition>) -> Result<Table, DictionaryError> {
    let ancestors = ancestors(definition, all)?;
    let mut columns = BTreeMap::new();
    let root = ancestors.last().cloned().unwrap_or_default();
    for &(name, label, kind) in SYSTEM_COLUMNS {
        let column = Column {
            name: name.into(),
            label: label.into(),
            kind,
            reference: None,
            max_length: None,
            choice: false,
            dependent: None,
            default: String::new(),
            mandatory: false,
            read_only: true,
            unique: false,
            index: false,
            read_role: None,
            write_role: None,
            on_delete: OnDelete::Clear,
            owner: root.clone(),
        };
        columns.insert(column.name.clone(), column);
    }
    // From the top down, so that a child's own definition wins.
    for owner in ancestors.iter().rev() {
        for column in all.get(owner).into_iter().flat_map(|ancestor| &ancestor.columns) {
            columns.insert(column.name.clone(), Column { owner: owner.clone(), ..column.clone() });
        }
        for (name, said) in all.get(owner).into_iter().flat_map(|ancestor| &ancestor.overrides) {
            if let Some(column) = columns.get_mut(name) {
                said.apply(column);
            }
        }
    }
    let mut classes = Vec::new();
    for other in all.values() {
        if self::ancestors(other, all)?.contains(&definition.name) {
            classes.push(other.name.clone());
        }
    }
    Ok(Table {
        name: definition.name.clone(),
        label: definition.label.clone(),
        super_class: definition.super_class.clone(),
        root,
        ancestors,
        classes,
        display: definition.display.clone(),
        number_prefix: definition.number_prefix.clone(),
        read_role: definition.read_role.clone(),
        write_role: definition.write_role.clone(),
        delete_role: definition.delete_role.clone(),
        web_services: definition.web_services,
        audit: definition.audit,
        no_audit_delete: definition.no_audit_delete,
        overrides: definition.overrides.clone(),
        indexes: definition.indexes.clone(),
        stored: columns.values().filter(|column| !column.kind.is_journal()).map(|c| c.name.clone()).collect(),
        columns,
        choices: definition.choices.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The instance's own tables with one more file.
    fn with(content: &str) -> Result<Dictionary, DictionaryError> {
        Dictionary::with(&[("mine.json".to_owned(), content.as_bytes().to_owned())])
    }

    fn refusal(content: &str) -> String {
        with(content).map(drop).expect_err("a refusal").to_string()
    }

    #[test]
    fn every_reference_points_to_a_table_that_is_there() {
        let dictionary = Dictionary::load(&[]).expect("our own tables");
        let columns = dictionary.tables().flat_map(|table| table.columns.values().map(move |column| (table, column)));
        let astray: Vec<String> = columns
            .filter(|(_, column)| column.reference.as_deref().is_some_and(|name| dictionary.table(name).is_none()))
            .map(|(table, column)| format!("{}.{}", table.name, column.name))
            .collect();
        assert!(astray.is_empty(), "{astray:?}");
    }

    #[test]
    fn every_display_column_and_every_column_with_choices_is_there() {
        let dictionary = Dictionary::load(&[]).expect("our own tables");
        for table in dictionary.tables() {
            assert!(table.display.is_empty() || table.column(&table.display).is_some(), "{}", table.name);
            for name in table.choices.keys() {
                assert!(table.column(name).is_some_and(|column| column.choice), "{}.{name}", table.name);
            }
            assert!(table.number_prefix.is_none() || table.column("number").is_some(), "{}", table.name);
        }
    }

    #[test]
    fn a_file_that_is_no_json_is_named_with_its_place() {
        let said = refusal("{\"name\": \"u_mine\",\n oops}");
        assert!(said.contains("mine.json") && said.contains("line 2"), "{said}");
    }

    #[test]
    fn an_unknown_property_and_an_unknown_type_are_named() {
        let said = refusal(r#"{"name": "u_mine", "label": "Mine", "colour": "red"}"#);
        assert!(said.contains("mine.json") && said.contains("colour"), "{said}");
        let column =
            r#"{"name": "u_mine", "label": "Mine", "columns": [{"name": "u_x", "label": "X", "type": "blob"}]}"#;
        let said = refusal(column);
        assert!(said.contains("mine.json") && said.contains("blob"), "{said}");
    }

    #[test]
    fn a_name_that_would_not_be_a_plain_word_is_refused() {
        let said = refusal(r#"{"name": "u_mine\"; DROP TABLE task; --", "label": "Mine"}"#);
        assert!(said.contains("mine.json") && said.contains("DROP TABLE"), "{said}");
    }

    #[test]
    fn a_table_that_extends_nothing_or_itself_is_refused() {
        let said = refusal(r#"{"name": "u_mine", "label": "Mine", "super_class": "u_gone"}"#);
        assert!(said.contains("u_mine") && said.contains("u_gone"), "{said}");
        let circle = r#"[{"name": "u_a", "label": "A", "super_class": "u_b"}, {"name": "u_b", "label": "B", "super_class": "u_a"}]"#;
        assert!(matches!(with(circle), Err(DictionaryError::NoParent { .. })));
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let said = Dictionary::load(&[PathBuf::from("/nowhere/mine.json")]).expect_err("a refusal").to_string();
        assert!(said.contains("/nowhere/mine.json"), "{said}");
    }

    #[test]
    fn a_child_inherits_columns_and_says_some_of_them_differently() {
        let dictionary = Dictionary::load(&[]).expect("our own tables");
        let change = dictionary.table("change_request").expect("changes");
        assert_eq!(change.column("state").map(|column| column.default.as_str()), Some("-5"));
        assert_eq!(change.column("state").map(|column| column.owner.as_str()), Some("task"));
        let server = dictionary.table("cmdb_ci_linux_server").expect("servers");
        assert_eq!(server.root, "cmdb");
        assert!(server.column("serial_number").is_some() && server.column("ram").is_some());
    }
}
