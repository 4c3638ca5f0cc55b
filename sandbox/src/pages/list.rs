//! The list of any table: filtered by an encoded query or by typing, ordered by a column, a page at a time.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::crumbs::{self, address, is_order, parts};
use super::view::View;
use super::{Failure, access, layout};
use crate::api::Displays;
use crate::dictionary::{Kind, Table};
use crate::instance::Instance;
use crate::query::{Order, Query};
use crate::record::Record;
use crate::store::{self, Slice};
use crate::user::User;

/// How many rows a person may choose to see at once.
const ROWS: &[i64] = &[20, 50, 100, 500];

#[derive(Debug, Default)]
struct Wanted {
    query: String,
    /// Typed into the search field, and the column to search.
    text: String,
    column: String,
    columns: Vec<String>,
    /// Counted from one, as on the platform.
    first_row: i64,
    rows: i64,
}

impl Wanted {
    fn read(raw: &str) -> Self {
        let mut wanted = Self { first_row: 1, rows: 20, ..Self::default() };
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            let number = || value.parse::<i64>().ok();
            match name.as_ref() {
                "sysparm_query" => wanted.query = value.into_owned(),
                "text" => value.trim().clone_into(&mut wanted.text),
                "search_column" => wanted.column = value.into_owned(),
                "column" => wanted.columns.push(value.into_owned()),
                "sysparm_first_row" => wanted.first_row = number().unwrap_or(1).max(1),
                "rows" => wanted.rows = number().filter(|rows| ROWS.contains(rows)).unwrap_or(20),
                _ => {}
            }
        }
        wanted
    }

    /// The query with what was typed: it narrows the list and becomes part of the trail.
    fn searched(&self, view: &View) -> String {
        let mut all: Vec<String> = parts(&self.query).into_iter().map(str::to_owned).collect();
        if self.text.is_empty() {
            return all.join("^");
        }
        let text = self.text.replace('^', "^^");
        let chosen = [self.column.clone()];
        let columns = if self.column.is_empty() { view.search.as_slice() } else { &chosen };
        let order = all.iter().position(|part| is_order(part)).unwrap_or(all.len());
        let searches: Vec<String> = columns.iter().map(|column| format!("{column}LIKE{text}")).collect();
        all.insert(order, searches.join("^OR"));
        all.join("^")
    }

    fn columns(&self, table: &Table, view: &View) -> Vec<String> {
        let chosen: Vec<String> =
            self.columns.iter().filter(|column| table.column(column).is_some()).cloned().collect();
        if chosen.is_empty() { view.list.clone() } else { chosen }
    }

    fn link(&self, table: &Table, query: &str, first_row: i64) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.append_pair("sysparm_query", query).append_pair("sysparm_first_row", &first_row.to_string());
        if self.rows != 20 {
            pairs.append_pair("rows", &self.rows.to_string());
        }
        for column in &self.columns {
            pairs.append_pair("column", column);
        }
        layout::escape(&format!("/{}_list.do?{}", table.name, pairs.finish()))
    }
}

pub(super) async fn show(instance: &Arc<Instance>, user: &User, name: &str, raw: &str) -> Result<Response, Failure> {
    let table = access::readable(instance, user, name).await?;
    let view = View::of(table);
    let wanted = Wanted::read(raw);
    let query = wanted.searched(&view);
    let mut compiled = instance.compile(&ordered(table, &view, &query), table, user).await?;
    instance.narrow(user, table, &mut compiled).await?;
    let total = instance.store.count(table, &compiled).await?;
    let slice = Slice { limit: wanted.rows, offset: wanted.first_row - 1 };
    let rows = instance.store.select(table, &compiled, slice).await?;
    let mut displays = Displays::new(instance).read_by(user);
    let trail = crumbs::trail(&mut displays, table, &query).await?;
    let columns = wanted.columns(table, &view);
    let headings: Vec<String> =
        columns.iter().map(|column| heading(&wanted, table, &query, &view.order, column)).collect();
    let listed = rows_of(&mut displays, table, &columns, &rows).await?;
    let listed = layout::table(&headings, &listed);
    let title = plural(&table.label);
    let new = if access::may_create(instance, user, table).await? {
        format!(r#"<a class="button primary" href="/{}.do?sys_id=-1">New</a>"#, table.name)
    } else {
        String::new()
    };
    let body = format!(
        r#"<div class="bar"><h1>{}</h1>{}{new}</div>{trail}{listed}{}{}"#,
        layout::escape(&title),
        search(&wanted, table, &view, &query),
        paging(&wanted, table, &query, rows.len(), total),
        chooser(&wanted, table, &columns, &query),
    );
    Ok((StatusCode::OK, layout::page(&title, Some(user), &body)).into_response())
}

/// The query with the list's usual order.
fn ordered(table: &Table, view: &View, query: &str) -> Query {
    let mut parsed = Query::parse(query);
    if parsed.order.is_empty() {
        let (column, descending) = order(&view.order);
        let orders = if column == "sys_created_on" { vec![column, "number"] } else { vec![column] };
        let known = orders.into_iter().filter(|column| table.column(column).is_some());
        parsed.order = known.map(|field| Order { field: field.to_owned(), descending }).collect();
    }
    parsed
}

fn order(of_view: &str) -> (&str, bool) {
    of_view.strip_prefix('-').map_or((of_view, false), |column| (column, true))
}

/// A heading that orders by its column, and turns the order round where it is the order already.
fn heading(wanted: &Wanted, table: &Table, query: &str, of_view: &str, column: &str) -> String {
    let (orders, mut kept): (Vec<&str>, Vec<&str>) = parts(query).into_iter().partition(|part| is_order(part));
    let (by, descending) = match orders.first() {
        Some(order) => match order.strip_prefix("ORDERBYDESC") {
            Some(column) => (column, true),
            None => (order.trim_start_matches("ORDERBY"), false),
        },
        None => order(of_view),
    };
    let label = layout::escape(table.column(column).map_or(column, |column| &column.label));
    let next = if by == column && !descending { format!("ORDERBYDESC{column}") } else { format!("ORDERBY{column}") };
    kept.push(&next);
    let link = wanted.link(table, &kept.join("^"), 1);
    let (sort, mark) = match (by == column, descending) {
        (false, _) => ("", ""),
        (true, false) => (r#" aria-sort="ascending""#, " \u{25b2}"),
        (true, true) => (r#" aria-sort="descending""#, " \u{25bc}"),
    };
    format!(r#"<th scope="col"{sort}><a href="{link}">{label}</a><span aria-hidden="true">{mark}</span></th>"#)
}

/// The rows as markup. The first cell leads to the record, and a reference to what it names.
pub(super) async fn rows_of(
    displays: &mut Displays<'_>,
    table: &Table,
    columns: &[String],
    rows: &[Record],
) -> store::Result<Vec<String>> {
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        let mut cells = Vec::with_capacity(columns.len());
        for name in columns {
            cells.push(cell(displays, table, row, name, cells.is_empty()).await?);
        }
        shown.push(format!("<tr>{}</tr>", cells.concat()));
    }
    Ok(shown)
}

async fn cell(
    displays: &mut Displays<'_>,
    table: &Table,
    row: &Record,
    name: &str,
    first: bool,
) -> store::Result<String> {
    let Some(column) = table.column(name) else {
        return Ok("<td></td>".to_owned());
    };
    // A list would read the whole journal of each row.
    let journal = column.kind.is_journal();
    let text = if journal { String::new() } else { shortened(displays.of(table, row, name).await?) };
    let label = layout::escape(&column.label);
    let text = layout::escape(&text);
    let content = if first {
        let text = if text.is_empty() { "(empty)" } else { &text };
        format!(r#"<a href="/{}.do?sys_id={}">{text}</a>"#, table.name, layout::escape(row.sys_id()))
    } else {
        text
    };
    let class = if column.kind == Kind::GlideDateTime { r#" class="time""# } else { "" };
    Ok(format!(r#"<td data-label="{label}"{class}>{content}</td>"#))
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn plural(label: &str) -> String {
    match label.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o']) => format!("{stem}ies"),
        _ if label.ends_with('s') => label.to_owned(),
        _ => format!("{label}s"),
    }
}

fn search(wanted: &Wanted, table: &Table, view: &View, query: &str) -> String {
    let mut offered = vec![(String::new(), "for text".to_owned())];
    let named = view.list.iter().filter_map(|name| table.column(name));
    offered.extend(named.map(|column| (column.name.clone(), column.label.clone())));
    let options: Vec<String> =
        offered.iter().map(|(value, label)| layout::option(value, label, &wanted.column)).collect();
    format!(
        r#"<form class="search" role="search" method="get" action="/{}_list.do">{}<label for="search_column">Search</label>
<select id="search_column" name="search_column">{}</select>
<input type="search" name="text" aria-label="Text to search for"><button>Search</button></form>"#,
        table.name,
        layout::hidden("sysparm_query", query),
        options.concat(),
    )
}

fn paging(wanted: &Wanted, table: &Table, query: &str, shown: usize, total: i64) -> String {
    if shown == 0 && total == 0 {
        return r#"<p class="empty">No records to display.</p>"#.to_owned();
    }
    let last = wanted.first_row - 1 + i64::try_from(shown).unwrap_or(0);
    let end = ((total - 1) / wanted.rows * wanted.rows).max(0) + 1;
    let page = |label: &str, first: i64, there: bool| {
        if there {
            format!(r#"<a href="{}">{label}</a>"#, wanted.link(table, query, first))
        } else {
            format!(r#"<span class="meta">{label}</span>"#)
        }
    };
    let back = wanted.first_row > 1;
    let on = last < total;
    let rows: Vec<String> = ROWS
        .iter()
        .map(|rows| {
            let other = Wanted { rows: *rows, columns: wanted.columns.clone(), ..Wanted::default() };
            let current = if *rows == wanted.rows { r#" aria-current="true""# } else { "" };
            format!(r#"<a href="{}"{current}>{rows}</a>"#, other.link(table, query, 1))
        })
        .collect();
    format!(
        r#"<nav class="paging" aria-label="Pages">{}{}<span>{} to {last} of {total}</span>{}{}<span class="rows">Rows: {}</span></nav>"#,
        page("First page", 1, back),
        page("Previous page", (wanted.first_row - wanted.rows).max(1), back),
        wanted.first_row.min(total),
        page("Next page", wanted.first_row.saturating_add(wanted.rows), on),
        page("Last page", end, on),
        rows.join(" "),
    )
}

/// Which columns the list shows.
fn chooser(wanted: &Wanted, table: &Table, shown: &[String], query: &str) -> String {
    let offered = table.columns.values().filter(|column| !column.kind.is_journal() && !column.kind.is_secret());
    let boxes: Vec<String> = offered
        .map(|column| {
            let checked = if shown.contains(&column.name) { " checked" } else { "" };
            let (name, label) = (&column.name, layout::escape(&column.label));
            format!(r#"<label><input type="checkbox" name="column" value="{name}"{checked}> {label}</label>"#)
        })
        .collect();
    format!(
        r#"<details class="chooser"><summary>Columns</summary><form method="get" action="/{}_list.do">{}{}
<div class="boxes">{}</div><div class="actions"><button>Show these columns</button><a href="{}">Usual columns</a></div></form></details>"#,
        table.name,
        layout::hidden("sysparm_query", query),
        layout::hidden("rows", &wanted.rows.to_string()),
        boxes.concat(),
        layout::escape(&address(&table.name, query)),
    )
}
