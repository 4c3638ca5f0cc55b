//! The data dictionary: which tables there are, their columns, what they inherit and which choices
//! they offer. Each table is one file in `dictionary/`; the store, the queries and the API all follow it.

use std::collections::BTreeMap;
use std::sync::Arc;

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
    /// The table that declares it; `sys_dictionary` has its row there (contract 6).
    #[serde(skip)]
    pub owner: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    String,
    Integer,
    Boolean,
    Reference,
    GlideDateTime,
    GlideDuration,
    GlideList,
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
        matches!(self, Self::Integer)
    }

    /// Whether two values are the same text in any case (contract 2.3: the database's collation).
    pub fn ignores_case(self) -> bool {
        matches!(self, Self::String | Self::Conditions | Self::Script | Self::GlideList)
    }

    /// The `internal_type` that `sys_dictionary` shows.
    pub fn internal_type(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Reference => "reference",
            Self::GlideDateTime => "glide_date_time",
            Self::GlideDuration => "glide_duration",
            Self::GlideList => "glide_list",
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
    columns: Vec<Column>,
    #[serde(default)]
    choices: BTreeMap<String, Vec<Choice>>,
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
    pub columns: BTreeMap<String, Column>,
    /// The choices this table declares itself.
    pub choices: BTreeMap<String, Vec<Choice>>,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.get(name)
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
    #[error("the table file {file} is not understood: {cause}")]
    Unreadable { file: &'static str, cause: serde_json::Error },
    #[error("the table {table} extends {parent}, which is not there or extends it in turn")]
    NoParent { table: String, parent: String },
}

const FILES: &[(&str, &str)] = &[
    ("task", include_str!("../dictionary/task.json")),
    ("incident", include_str!("../dictionary/incident.json")),
    ("sys_user", include_str!("../dictionary/sys_user.json")),
    ("sys_user_group", include_str!("../dictionary/sys_user_group.json")),
    ("sys_user_grmember", include_str!("../dictionary/sys_user_grmember.json")),
    ("sys_user_role", include_str!("../dictionary/sys_user_role.json")),
    ("sys_user_has_role", include_str!("../dictionary/sys_user_has_role.json")),
    ("sys_choice", include_str!("../dictionary/sys_choice.json")),
    ("sys_dictionary", include_str!("../dictionary/sys_dictionary.json")),
    ("sys_db_object", include_str!("../dictionary/sys_db_object.json")),
    ("sys_journal_field", include_str!("../dictionary/sys_journal_field.json")),
    ("sys_properties", include_str!("../dictionary/sys_properties.json")),
    ("sys_script", include_str!("../dictionary/sys_script.json")),
    ("oauth_entity", include_str!("../dictionary/oauth_entity.json")),
    ("syslog", include_str!("../dictionary/syslog.json")),
];

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
    pub fn load() -> Result<Self, DictionaryError> {
        let mut definitions = BTreeMap::new();
        for &(file, text) in FILES {
            let definition: Definition =
                serde_json::from_str(text).map_err(|cause| DictionaryError::Unreadable { file, cause })?;
            definitions.insert(definition.name.clone(), definition);
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
            owner: root.clone(),
        };
        columns.insert(column.name.clone(), column);
    }
    // From the top down, so that a child's own definition wins.
    for owner in ancestors.iter().rev() {
        for column in all.get(owner).into_iter().flat_map(|ancestor| &ancestor.columns) {
            columns.insert(column.name.clone(), Column { owner: owner.clone(), ..column.clone() });
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
        columns,
        choices: definition.choices.clone(),
    })
}
