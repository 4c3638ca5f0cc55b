//! Two tables of the README are made by a command, `COVERAGE=write cargo test -p sandbox coverage`, and
//! these tests fail when they are old: which statements of the contract a test shows, from the comments of
//! the tests, and which switches there are, from a running instance.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;

use crate::support::Instance;

/// A statement and the test that shows it, by section such as `2.3`.
type Statements = BTreeMap<Vec<u32>, Vec<(String, String)>>;

/// Section and sentence of a comment such as `/// 2.3: ^OR binds to the condition before it.`
fn statement(comment: &str) -> Option<(Vec<u32>, &str)> {
    let (section, sentence) = comment.split_once(": ")?;
    let section = section.split('.').map(|number| number.parse().ok()).collect::<Option<Vec<u32>>>()?;
    Some((section, sentence))
}

fn read(file: &str, source: &str, into: &mut Statements) {
    let mut comment = String::new();
    let mut is_test = false;
    for line in source.lines() {
        if let Some(text) = line.strip_prefix("///") {
            if !comment.is_empty() {
                comment.push(' ');
            }
            comment.push_str(text.trim());
        } else if line.starts_with("#[") {
            is_test |= line.contains("test");
        } else {
            let name = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "));
            if let Some(name) = name.filter(|_| is_test)
                && let Some((section, sentence)) = statement(&comment)
            {
                let name = name.split('(').next().unwrap_or_default();
                into.entry(section).or_default().push((sentence.to_owned(), format!("{file}::{name}")));
            }
            comment.clear();
            is_test = false;
        }
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// One test at a time changes the README.
static README: Mutex<()> = Mutex::new(());

#[allow(clippy::disallowed_methods)] // how a person tells a test to write
fn is_to_write() -> bool {
    std::env::var_os("COVERAGE").is_some_and(|mode| mode == "write")
}

/// Compares the part of the README between its two marks with what it should be, or writes it.
fn keep_in_the_readme(part: &str, expected: &str) {
    let _turn = README.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&readme).expect("the README");
    let begin = format!("<!-- {part}: made by COVERAGE=write cargo test -p sandbox coverage -->\n");
    let end = format!("<!-- {part}: end -->\n");
    let (before, rest) = text.split_once(&begin).expect("the place of the table in the README");
    let (found, after) = rest.split_once(&end).expect("the end of the table in the README");
    if is_to_write() {
        std::fs::write(&readme, format!("{before}{begin}{expected}{end}{after}")).expect("the README can be written");
    } else {
        assert!(found == expected, "the table of {part} is old: COVERAGE=write cargo test -p sandbox coverage");
    }
}

#[test]
fn coverage_in_the_readme_is_what_the_tests_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the tests").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let mut statements = Statements::new();
    for path in files.iter().filter(|path| path.is_file()) {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
        read(name, &std::fs::read_to_string(path).expect("a source file"), &mut statements);
    }
    let mut table = "| section | statement | test |\n|---|---|---|\n".to_owned();
    for (section, shown) in &statements {
        let section: Vec<String> = section.iter().map(u32::to_string).collect();
        for (sentence, test) in shown {
            // Writing to a string cannot fail.
            let _ = writeln!(table, "| {} | {} | `{test}` |", section.join("."), cell(sentence));
        }
    }
    keep_in_the_readme("coverage", &table);
}

#[tokio::test]
async fn coverage_in_the_readme_names_the_switches() {
    let instance = Instance::start().await;
    let answer = instance.call_as("admin", reqwest::Method::GET, "/sandbox/switches/description", None).await;
    let switches: Vec<serde_json::Value> = answer.json().await.expect("a list");
    let mut table = "| area | switch | default | meaning | section |\n|---|---|---|---|---|\n".to_owned();
    for switch in &switches {
        let text = |name: &str| switch[name].as_str().unwrap_or_default();
        let (area, name, meaning, section) = (text("area"), text("name"), cell(text("meaning")), text("section"));
        let _ = writeln!(table, "| {area} | `{name}` | `{}` | {meaning} | {section} |", switch["default"]);
    }
    keep_in_the_readme("switches", &table);
}
