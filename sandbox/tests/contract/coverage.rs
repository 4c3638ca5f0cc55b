//! The table in the README that says which statements of the contract are shown by a test. It is made
//! from the comments of the tests: `COVERAGE=write cargo test -p sandbox coverage` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const BEGIN: &str = "<!-- made by: COVERAGE=write cargo test -p sandbox coverage -->\n";
const END: &str = "<!-- end of what is made -->\n";

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

fn table(statements: &Statements) -> String {
    let mut table = "| section | statement | test |\n|---|---|---|\n".to_owned();
    for (section, shown) in statements {
        let section: Vec<String> = section.iter().map(u32::to_string).collect();
        for (sentence, test) in shown {
            let sentence = sentence.replace('|', "\\|");
            // Writing to a string cannot fail.
            let _ = writeln!(table, "| {} | {sentence} | `{test}` |", section.join("."));
        }
    }
    table
}

#[test]
fn coverage_in_the_readme_is_what_the_tests_say() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut statements = Statements::new();
    for entry in std::fs::read_dir(package.join("tests/contract")).expect("the folder of the tests") {
        let path = entry.expect("an entry").path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()).filter(|_| path.is_file()) else { continue };
        read(name, &std::fs::read_to_string(&path).expect("a source file"), &mut statements);
    }
    assert!(!statements.is_empty(), "no test names its statement");
    let readme = package.join("README.md");
    let text = std::fs::read_to_string(&readme).expect("the README");
    let (before, rest) = text.split_once(BEGIN).expect("the place of the table in the README");
    let (found, after) = rest.split_once(END).expect("the end of the table in the README");
    let expected = table(&statements);
    if std::env::var_os("COVERAGE").is_some_and(|mode| mode == "write") {
        std::fs::write(&readme, format!("{before}{BEGIN}{expected}{END}{after}")).expect("the README can be written");
    } else {
        assert!(found == expected, "the table is old: COVERAGE=write cargo test -p sandbox coverage");
    }
}
