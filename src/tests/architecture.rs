//! The walls inside the server: who may use whom. The compiler holds those between packages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Each part of the server, and the parts that it may use. `clock` and `news` use nothing and serve all.
const ARROWS: [(&str, &[&str]); 16] = [
    ("auth", &["clock", "secrets", "store"]),
    ("cli", &[]),
    ("clock", &[]),
    ("connectors", &["clock"]),
    ("desk", &["clock", "connectors", "store"]),
    ("intake", &["clock", "connectors", "news", "queue", "secrets", "store"]),
    ("neighbours", &["news", "queue", "store"]),
    ("news", &[]),
    ("oauth", &["clock", "connectors", "secrets", "store"]),
    ("operations", &["auth", "clock", "connectors", "desk", "news", "oauth", "queue", "secrets", "store", "sync"]),
    ("queue", &["clock", "store"]),
    ("secrets", &["clock"]),
    ("stop", &[]),
    ("store", &[]),
    ("sync", &["clock", "connectors", "desk", "news", "oauth", "queue", "store"]),
    ("web", &["auth", "clock", "intake", "news", "operations"]),
];
/// They join everything, or test it.
const FREE: [&str; 4] = ["lib", "main", "start", "tests"];

#[test]
fn every_use_follows_an_arrow() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for file in rust_files(&root) {
        let inside = file.strip_prefix(&root).expect("under src");
        let part = inside.iter().next().expect("a name").to_string_lossy();
        let part = part.trim_end_matches(".rs");
        if FREE.contains(&part) {
            continue;
        }
        let arrows = allowed.get(part).unwrap_or_else(|| panic!("{part} is not in ARROWS"));
        let text = std::fs::read_to_string(&file).expect("readable");
        for used in text.split("crate::").skip(1) {
            let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if used != part && !arrows.contains(&used.as_str()) {
                wrong.push(format!("{} uses {used}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn sql_is_in_the_store_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in rust_files(&root) {
        if file.starts_with(root.join("store")) || file.starts_with(root.join("tests")) {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("readable");
        assert!(!text.contains("sqlx::query"), "{} has SQL", file.display());
    }
}

#[test]
fn migrations_come_in_pairs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let names = |folder: &str| {
        let mut names: Vec<_> = std::fs::read_dir(root.join(folder))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            files.push(path);
        }
    }
    files
}
