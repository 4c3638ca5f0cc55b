//! A kit as a retrieved update set (contract 11.4): the file that an administrator imports, previews and commits, and
//! the one that takes all of it away again. The same kit makes the same file, but for its dates.

use super::{Kit, Piece, hex_id};
use crate::clock::in_words;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;

/// Who is said to have made the records.
const MAKER: &str = "isthmus";

type Xml = Writer<Vec<u8>>;

/// What a file does with its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Install,
    Uninstall,
}

impl Action {
    fn in_sets(self) -> &'static str {
        match self {
            Self::Install => "INSERT_OR_UPDATE",
            Self::Uninstall => "DELETE",
        }
    }
}

/// Installs the kit, or brings an installed one up to date.
pub fn update_set(kit: &Kit, now: i64) -> io::Result<String> {
    File::new(kit, now, Action::Install).written(&kit.pieces())
}

/// Removes everything that the kit installs.
pub fn uninstall_set(kit: &Kit, now: i64) -> io::Result<String> {
    let mut pieces = kit.pieces();
    // Whatever builds on another piece goes first.
    pieces.reverse();
    File::new(kit, now, Action::Uninstall).written(&pieces)
}

struct File<'a> {
    kit: &'a Kit,
    action: Action,
    now: i64,
    name: String,
    sys_id: String,
}

impl<'a> File<'a> {
    fn new(kit: &'a Kit, now: i64, action: Action) -> Self {
        let what = if action == Action::Install { "" } else { " (uninstall)" };
        let name = format!("Isthmus {}: {}{what}", kit.tag(), kit.shown_name());
        Self { kit, action, now, name, sys_id: kit.id(&format!("set {}", action.in_sets())) }
    }

    fn written(&self, pieces: &[Piece]) -> io::Result<String> {
        let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        xml.create_element("unload").with_attribute(("unload_date", in_words(self.now).as_str())).write_inner_content(
            |xml| {
                self.set(xml)?;
                pieces.iter().enumerate().try_for_each(|(number, piece)| self.update(xml, number, piece))
            },
        )?;
        text_of(xml)
    }

    /// The set itself, as it looks before anybody has previewed it.
    fn set(&self, xml: &mut Xml) -> io::Result<()> {
        let about = match self.action {
            Action::Install => format!(
                "Tells Isthmus at once of changes to {} (connection \"{}\"). Holds a secret: treat it as a password. \
                 Import it again to update; the uninstall file removes everything.",
                self.kit.table,
                self.kit.shown_name()
            ),
            Action::Uninstall => format!(
                "Removes everything that Isthmus installed for its connection \"{}\". Isthmus then finds changes by \
                 polling.",
                self.kit.shown_name()
            ),
        };
        let (origin, stamp) = (hex_id(&format!("origin {}", self.sys_id)), in_words(self.now));
        let inside = |xml: &mut Xml| {
            in_global(xml)?;
            for (name, text) in [
                ("application_name", "Global"),
                ("application_scope", "global"),
                ("application_version", ""),
                ("collisions", ""),
                ("commit_date", ""),
                ("deleted", ""),
                ("description", about.as_str()),
                ("inserted", ""),
                ("name", &self.name),
                ("origin_sys_id", ""),
                ("parent", ""),
                ("release_date", ""),
                ("remote_base_update_set", ""),
                ("remote_parent_id", ""),
                ("remote_sys_id", &origin),
                ("state", "loaded"),
                ("summary", ""),
                ("sys_class_name", "sys_remote_update_set"),
                ("sys_created_by", MAKER),
                ("sys_created_on", &stamp),
                ("sys_id", &self.sys_id),
                ("sys_mod_count", "0"),
                ("sys_updated_by", MAKER),
                ("sys_updated_on", &stamp),
                ("update_set", ""),
                ("update_source", ""),
                ("updated", ""),
            ] {
                element(xml, name, text)?;
            }
            Ok(())
        };
        let set = xml.create_element("sys_remote_update_set").with_attribute(("action", "INSERT_OR_UPDATE"));
        set.write_inner_content(inside).map(drop)
    }

    /// What becomes of one record.
    fn update(&self, xml: &mut Xml, number: usize, piece: &Piece) -> io::Result<()> {
        let payload = self.payload(piece)?;
        let hash = self.hash(piece);
        let version = hex_id(&format!("version {} {} {hash}", piece.sys_id, self.action.in_sets()));
        let stamp = in_words(self.now);
        // The table that the record is about, where it is about one.
        let about = [piece.field("collection"), piece.field("table")].concat();
        let inside = |xml: &mut Xml| {
            element(xml, "action", self.action.in_sets())?;
            in_global(xml)?;
            for (name, text) in [
                ("category", "customer"),
                ("comments", ""),
                ("name", update_name(piece).as_str()),
                ("payload", &payload),
                ("payload_hash", &hash.to_string()),
            ] {
                element(xml, name, text)?;
            }
            xml.create_element("remote_update_set")
                .with_attribute(("display_value", self.name.as_str()))
                .write_text_content(BytesText::new(&self.sys_id))?;
            for (name, text) in [
                ("replace_on_upgrade", "false"),
                ("sys_created_by", MAKER),
                ("sys_created_on", &stamp),
                ("sys_id", &hex_id(&format!("update {} {}", self.sys_id, piece.sys_id))),
                ("sys_mod_count", "0"),
                // The moment and a counter, in hexadecimal digits: the order of the updates.
                ("sys_recorded_at", &format!("{:x}{number:07x}", self.now)),
                ("sys_updated_by", MAKER),
                ("sys_updated_on", &stamp),
                ("table", &about),
                ("target_name", &piece.name),
                ("type", piece.kind.in_words()),
                ("update_domain", "global"),
                ("update_guid", &version),
                ("update_guid_history", &format!("{version}:{hash}")),
                ("update_set", ""),
                ("view", ""),
            ] {
                element(xml, name, text)?;
            }
            Ok(())
        };
        let update = xml.create_element("sys_update_xml").with_attribute(("action", "INSERT_OR_UPDATE"));
        update.write_inner_content(inside).map(drop)
    }

    /// The record as a document of its own, which the update carries as text.
    fn payload(&self, piece: &Piece) -> io::Result<String> {
        let mut xml = Writer::new(Vec::new());
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let table = piece.kind.table();
        let mut root = xml.create_element("record_update");
        if piece.kind.has_domain() {
            root = root.with_attribute(("sys_domain", "global"));
        }
        root.with_attribute(("table", table)).write_inner_content(|xml| {
            let record = xml.create_element(table).with_attribute(("action", self.action.in_sets()));
            record.write_inner_content(|xml| self.record(xml, piece)).map(drop)
        })?;
        text_of(xml)
    }

    /// All columns by their names, as exports have them.
    fn record(&self, xml: &mut Xml, piece: &Piece) -> io::Result<()> {
        let stamp = in_words(self.now);
        for (column, value) in columns(piece) {
            match column {
                "sys_package" => xml
                    .create_element(column)
                    .with_attributes([("display_value", "Global"), ("source", "global")])
                    .write_text_content(BytesText::new("global"))
                    .map(drop)?,
                "sys_scope" => xml
                    .create_element(column)
                    .with_attribute(("display_value", "Global"))
                    .write_text_content(BytesText::new("global"))
                    .map(drop)?,
                "sys_created_on" | "sys_updated_on" => element(xml, column, &stamp)?,
                _ => element(xml, column, &value)?,
            }
        }
        Ok(())
    }

    /// ServiceNow's own algorithm is not known (contract 11.4); this one tells contents apart, whatever their dates.
    fn hash(&self, piece: &Piece) -> i32 {
        let mut hash = Sha256::new_with_prefix(self.action.in_sets());
        for (column, value) in columns(piece) {
            hash.update(format!("\n{column}={value}"));
        }
        let hash = hash.finalize();
        i32::from_be_bytes(std::array::from_fn(|i| hash[i]))
    }
}

fn update_name(piece: &Piece) -> String {
    format!("{}_{}", piece.kind.table(), piece.sys_id)
}

/// Those that the piece names, the usual others, and what every record of the kind carries. The stamps are empty.
fn columns(piece: &Piece) -> BTreeMap<&'static str, String> {
    let (table, usual) = (piece.kind.table(), piece.kind.usual());
    let mut columns: BTreeMap<_, _> = usual.iter().map(|(column, value)| (*column, (*value).to_owned())).collect();
    columns.extend(piece.fields.clone());
    let kept = [
        ("sys_class_name", table),
        ("sys_created_by", MAKER),
        ("sys_created_on", ""),
        ("sys_id", &piece.sys_id),
        ("sys_mod_count", "0"),
        ("sys_name", &piece.name),
        ("sys_package", ""),
        ("sys_policy", ""),
        ("sys_scope", ""),
        ("sys_update_name", &update_name(piece)),
        ("sys_updated_by", MAKER),
        ("sys_updated_on", ""),
    ];
    columns.extend(kept.map(|(column, value)| (column, value.to_owned())));
    if piece.kind.has_domain() {
        columns.extend([("sys_domain", "global".to_owned()), ("sys_domain_path", "/".to_owned())]);
    }
    columns
}

fn in_global(xml: &mut Xml) -> io::Result<()> {
    let application = xml.create_element("application").with_attribute(("display_value", "Global"));
    application.write_text_content(BytesText::new("global")).map(drop)
}

fn element(xml: &mut Xml, name: &str, text: &str) -> io::Result<()> {
    let element = xml.create_element(name);
    // A reference to nothing says so in its attribute.
    let element = match name {
        "parent" | "remote_base_update_set" | "update_set" | "update_source" => {
            element.with_attribute(("display_value", ""))
        }
        _ => element,
    };
    if text.is_empty() { element.write_empty() } else { element.write_text_content(BytesText::new(text)) }.map(drop)
}

fn text_of(xml: Xml) -> io::Result<String> {
    String::from_utf8(xml.into_inner()).map_err(io::Error::other)
}
