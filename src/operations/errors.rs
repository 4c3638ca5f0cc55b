//! The error catalogue: docs/errors/, one file a kind of code, and in it a section for each code. The sections begin with
//! what the code says; why it comes and what to do follow.

use super::guide::rendered;
use super::not_found;
use app::api::Answer;
use app::model::{ErrorFamily, ErrorPage};

/// In the order of the page. A test holds the list against the folder.
const TEXTS: [&str; 8] = [
    include_str!("../../docs/errors/access.md"),
    include_str!("../../docs/errors/connections.md"),
    include_str!("../../docs/errors/mappings.md"),
    include_str!("../../docs/errors/tickets.md"),
    include_str!("../../docs/errors/review.md"),
    include_str!("../../docs/errors/forms.md"),
    include_str!("../../docs/errors/api.md"),
    include_str!("../../docs/errors/server.md"),
];

/// Code and text of each section.
fn sections(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.split("\n## ").skip(1).filter_map(|section| section.split_once('\n'))
}

pub(super) fn families() -> Vec<ErrorFamily> {
    TEXTS
        .into_iter()
        .map(|text| ErrorFamily {
            title: text.lines().next().unwrap_or_default().trim_start_matches("# ").to_owned(),
            codes: sections(text).map(|(code, body)| (code.to_owned(), first_line(body))).collect(),
        })
        .collect()
}

fn first_line(body: &str) -> String {
    body.trim().lines().next().unwrap_or_default().to_owned()
}

pub(super) fn page(code: &str) -> Answer<ErrorPage> {
    let (code, body) =
        TEXTS.into_iter().flat_map(sections).find(|(is, _)| *is == code).ok_or_else(|| not_found("code"))?;
    Ok(ErrorPage { code: code.to_owned(), html: rendered(body, &[]) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Capitals joined by hyphens that are no codes of ours.
    const NO_CODES: [&str; 3] = ["UTF-8", "YYYY-MM-DD", "X-UserToken"];

    fn is_code(text: &str) -> bool {
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase());
        text.contains('-') && text.split('-').all(is_word) && !NO_CODES.contains(&text)
    }

    /// Every code that the server or the console says, as their sources have them. A thing that is not there has its code
    /// from its name.
    fn used(folder: &Path, codes: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("src/tests") {
                used(&path, codes);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(&path).expect("readable");
                let text = text.split("#[cfg(test)]\nmod tests").next().expect("a part");
                codes.extend(text.split('"').filter(|text| is_code(text)).map(ToOwned::to_owned));
                let things = text.split("not_found(\"").skip(1).filter_map(|rest| rest.split('"').next());
                codes.extend(things.map(|thing| format!("{}-NOT-FOUND", thing.to_uppercase())));
            }
        }
    }

    #[test]
    fn every_code_has_its_section_and_every_section_its_code() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut codes = BTreeSet::new();
        used(&root.join("src"), &mut codes);
        used(&root.join("app/src"), &mut codes);
        let written: Vec<&str> = TEXTS.into_iter().flat_map(sections).map(|(code, _)| code).collect();
        let there: BTreeSet<String> = written.iter().map(|code| (*code).to_owned()).collect();
        assert_eq!(there.len(), written.len(), "a code has one section");
        let files = std::fs::read_dir(root.join("docs/errors")).expect("a folder").count();
        assert_eq!(files, TEXTS.len(), "each file is in TEXTS");
        let missing: Vec<_> = codes.difference(&there).collect();
        assert!(missing.is_empty(), "docs/errors/ has no section \"## CODE\" for {missing:?}");
        let nobodys: Vec<_> = there.difference(&codes).collect();
        assert!(nobodys.is_empty(), "nothing says {nobodys:?}, which docs/errors/ has sections for");
    }

    #[test]
    fn every_section_says_what_why_and_what_to_do() {
        for (code, body) in TEXTS.into_iter().flat_map(sections) {
            let parts = ["\n**Why.** ", "\n**What to do.** "];
            assert!(parts.iter().all(|part| body.contains(part)), "{code}: {body}");
            assert!(first_line(body).ends_with('.'), "{code} begins with a sentence: what it says");
            let page = page(code).expect("a page");
            assert!(page.html.contains("<strong>What to do.</strong>"), "{}", page.html);
        }
        assert_eq!(page("NO-SUCH").expect_err("none").code, "CODE-NOT-FOUND");
    }
}
