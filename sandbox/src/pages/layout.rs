//! The frame of every page and the small parts that pages are made of. All text passes [`escape`].

use axum::http::header;
use axum::response::{Html, IntoResponse};

use crate::user::User;

const STYLE: &str = include_str!("style.css");

pub(super) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css"), (header::CACHE_CONTROL, "max-age=300")], STYLE)
}

pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

pub(crate) fn page(title: &str, user: Option<&User>, body: &str) -> Html<String> {
    let menu = user.map_or_else(String::new, |user| {
        let admin = if user.has("admin") {
            r#"<a href="/sys_script_list.do">Business rules</a><a href="/oauth_entity_list.do">OAuth clients</a>"#
        } else {
            ""
        };
        format!(
            r#"<nav aria-label="Main"><a href="/incident_list.do">Incidents</a>{admin}</nav>
<form method="post" action="/logout.do" class="who"><span>{}</span><button class="quiet">Log out</button></form>"#,
            escape(&user.name)
        )
    });
    Html(format!(
        r#"<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{} | Practice instance</title><link rel="stylesheet" href="/sandbox/style.css"></head>
<body><header><a class="brand" href="/">Practice instance</a>{menu}</header><main>{body}</main></body></html>"#,
        escape(title)
    ))
}

pub(crate) fn hidden(name: &str, value: &str) -> String {
    format!(r#"<input type="hidden" name="{}" value="{}">"#, escape(name), escape(value))
}

pub(super) fn alert(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(r#"<p class="alert" role="alert">{}</p>"#, escape(text)) }
}

/// A table with a heading per column. Cells are markup already.
pub(super) fn table(headings: &[&str], rows: &[String]) -> String {
    let headings: Vec<String> =
        headings.iter().map(|heading| format!(r#"<th scope="col">{}</th>"#, escape(heading))).collect();
    format!(
        r#"<div class="card scroll"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"#,
        headings.concat(),
        rows.concat()
    )
}

pub(super) fn row(cells: &[String]) -> String {
    format!("<tr><td>{}</td></tr>", cells.join("</td><td>"))
}

/// Value and label of what a list offers.
pub(super) type Choices = Vec<(String, String)>;

/// A list to choose from. A value that is not offered any more is offered once more, so that saving
/// the form does not change it.
pub(super) fn select(name: &str, label: &str, chosen: &str, offered: &[(String, String)]) -> String {
    let mut options = vec![option("", "-- None --", chosen)];
    if !chosen.is_empty() && !offered.iter().any(|(value, _)| value == chosen) {
        options.push(option(chosen, chosen, chosen));
    }
    options.extend(offered.iter().map(|(value, label)| option(value, label, chosen)));
    field(name, label, &format!(r#"<select id="{name}" name="{name}">{}</select>"#, options.concat()))
}

fn option(value: &str, label: &str, chosen: &str) -> String {
    let mark = if value == chosen { " selected" } else { "" };
    format!(r#"<option value="{}"{mark}>{}</option>"#, escape(value), escape(label))
}

pub(super) fn input(name: &str, label: &str, value: &str, attributes: &str) -> String {
    let value = escape(value);
    field(name, label, &format!(r#"<input id="{name}" name="{name}" value="{value}" {attributes}>"#))
}

pub(super) fn area(name: &str, label: &str, value: &str, rows: u8) -> String {
    let value = escape(value);
    field(name, label, &format!("<textarea id=\"{name}\" name=\"{name}\" rows=\"{rows}\">\n{value}</textarea>"))
}

fn field(name: &str, label: &str, control: &str) -> String {
    format!(r#"<div class="field"><label for="{name}">{}</label>{control}</div>"#, escape(label))
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(super::escape(r#"<a href="x">'&"#), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
    }
}
