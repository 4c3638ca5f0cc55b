//! The frame of every page and the small parts that pages are made of. All text passes [`escape`].

use axum::http::header;
use axum::response::{Html, IntoResponse};

use super::menu;
use crate::dictionary::Column;
use crate::rules::Message;
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
    let (top, menu) = user.map_or_else(Default::default, |user| {
        let name = escape(&user.name);
        let top = format!(
            r##"<a class="to-menu" href="#menu">Menu</a><form method="post" action="/logout.do" class="who"><a href="/sys_user.do?sys_id={}">{name}</a><button class="quiet">Log out</button></form>"##,
            escape(&user.sys_id)
        );
        (top, menu::show(user))
    });
    let class = if user.is_some() { "with-menu" } else { "" };
    Html(format!(
        r##"<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{} | Practice instance</title><link rel="stylesheet" href="/sandbox/style.css"></head>
<body class="{class}"><a class="skip" href="#main">To the content</a><header><a class="brand" href="/">Practice instance</a>{top}</header>{menu}<main id="main">{body}</main></body></html>"##,
        escape(title)
    ))
}

pub(crate) fn hidden(name: &str, value: &str) -> String {
    format!(r#"<input type="hidden" name="{}" value="{}">"#, escape(name), escape(value))
}

pub(super) fn alert(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(r#"<p class="alert" role="alert">{}</p>"#, escape(text)) }
}

pub(super) fn message(message: &Message) -> String {
    if message.error {
        return alert(&message.text);
    }
    format!(r#"<p class="info" role="status">{}</p>"#, escape(&message.text))
}

/// Headings and rows are markup already.
pub(super) fn table(headings: &[String], rows: &[String]) -> String {
    format!(
        r#"<div class="scroll"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"#,
        headings.concat(),
        rows.concat()
    )
}

pub(super) fn heading(column: &Column) -> String {
    plain_heading(&column.label)
}

pub(super) fn plain_heading(label: &str) -> String {
    format!(r#"<th scope="col">{}</th>"#, escape(label))
}

pub(super) fn row(cells: &[String]) -> String {
    format!("<tr><td>{}</td></tr>", cells.join("</td><td>"))
}

pub(super) fn option(value: &str, label: &str, chosen: &str) -> String {
    let mark = if value == chosen { " selected" } else { "" };
    format!(r#"<option value="{}"{mark}>{}</option>"#, escape(value), escape(label))
}

pub(super) fn input(name: &str, label: &str, value: &str, attributes: &str) -> String {
    let value = escape(value);
    field(name, label, false, &format!(r#"<input id="{name}" name="{name}" value="{value}" {attributes}>"#))
}

pub(super) fn area(name: &str, label: &str, value: &str, rows: u8) -> String {
    let value = escape(value);
    field(name, label, false, &format!("<textarea id=\"{name}\" name=\"{name}\" rows=\"{rows}\">\n{value}</textarea>"))
}

/// A control with its label. The mark stands beside the label, whose text stays what the column is called.
pub(super) fn field(name: &str, label: &str, marked: bool, control: &str) -> String {
    let mark = if marked { r#"<span class="mark" title="Mandatory" aria-hidden="true">*</span>"# } else { "" };
    let label = escape(label);
    format!(
        r#"<div class="field"><div class="name">{mark}<label for="{name}">{label}</label></div><div class="value">{control}</div></div>"#
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(super::escape(r#"<a href="x">'&"#), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
    }
}
