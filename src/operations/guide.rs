//! The guide for the administrator of ServiceNow, as a connection's page shows it: docs/servicenow.md, each section by
//! itself, with the connection's own values in place of the names in braces.

use app::model::GuideSection;
use pulldown_cmark::{Event, Options, Parser, html};

const TEXT: &str = include_str!("../../docs/servicenow.md");

/// `values`: each name as the text has it in braces, and what stands for it here.
pub(super) fn sections(values: &[(&str, &str)]) -> Vec<GuideSection> {
    // What comes before the first section explains the names to those who read the file itself.
    TEXT.split("\n## ")
        .skip(1)
        .map(|section| {
            let (title, body) = section.split_once('\n').unwrap_or((section, ""));
            GuideSection { title: title.trim().to_owned(), html: rendered(body, values) }
        })
        .collect()
}

/// Names are filled in after the text was read, so that no value is ever taken for mark-up; the writer escapes them.
pub(super) fn rendered(text: &str, values: &[(&str, &str)]) -> String {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).map(|event| match event {
        Event::Code(code) => Event::Code(filled(&code, values).into()),
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        other => other,
    });
    let mut written = String::new();
    html::push_html(&mut written, events);
    written
}

fn filled(code: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut rest = code;
    // From left to right, so that no value is searched for names.
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let known = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((*value, after))
        });
        let (what, after) = known.unwrap_or(("{", after));
        text.push_str(what);
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [(&str, &str); 7] = [
        ("connection", "<b>{table}</b> `&`"),
        ("instance", "https://dev.example"),
        ("table", "incident"),
        ("account", "isthmus"),
        ("console", "https://isthmus.example"),
        ("redirect_url", "https://isthmus.example/oauth/callback"),
        ("tag", "0a1b2c3d"),
    ];

    #[test]
    fn every_name_in_the_text_is_explained_at_its_top_and_filled_in() {
        let (top, _) = TEXT.split_once("\n## ").expect("sections");
        for (name, _) in VALUES {
            assert!(top.contains(&format!("`{{{name}}}`")), "{name}");
        }
        let sections = sections(&VALUES);
        assert!(sections.len() > 8, "{}", sections.len());
        for section in &sections {
            let left = section.html.replace("<b>{table}", "").replace("&lt;b&gt;{table}", "");
            assert!(!left.contains('{') && !left.contains('}'), "{}: {}", section.title, section.html);
        }
        let whole: String = sections.into_iter().map(|section| section.html).collect();
        for (_, value) in &VALUES[1..] {
            assert!(whole.contains(value), "{value}");
        }
    }

    #[test]
    fn no_value_is_taken_for_mark_up_and_nothing_in_the_text_for_html() {
        let html = rendered("Name: `{connection}`, <i>x</i> and `{unknown}`.", &VALUES);
        assert_eq!(
            html.trim(),
            "<p>Name: <code>&lt;b&gt;{table}&lt;/b&gt; `&amp;`</code>, &lt;i&gt;x&lt;/i&gt; and <code>{unknown}</code>.</p>"
        );
    }
}
