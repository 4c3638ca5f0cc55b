//! The list of incidents: newest first, filtered by text and state, a page at a time.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use url::form_urlencoded;

use super::{Failure, SignedIn, layout};
use crate::api::Displays;
use crate::instance::Instance;
use crate::query::{Condition, Operator, Order, Query as Encoded};
use crate::store::Slice;

const PAGE: i64 = 20;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    text: String,
    state: String,
    page: u32,
}

impl Wanted {
    fn query(&self, restricted_to: Option<&str>) -> Encoded {
        let is = |field: &str, operator, value: &str| Condition { field: field.into(), operator, value: value.into() };
        let mut group = Vec::new();
        let text = self.text.trim();
        if !text.is_empty() {
            let columns = ["number", "short_description", "description", "caller_id"];
            group.push(columns.map(|column| is(column, Operator::Contains, text)).to_vec());
        }
        if !self.state.is_empty() {
            group.push(vec![is("state", Operator::Is, &self.state)]);
        }
        if let Some(user) = restricted_to {
            group.push(vec![is("caller_id", Operator::Is, user), is("opened_by", Operator::Is, user)]);
        }
        let descending = |field: &str| Order { field: field.into(), descending: true };
        let order = vec![descending("sys_created_on"), descending("number")];
        Encoded { groups: vec![group], order }
    }

    fn link(&self, page: u32, label: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("text", &self.text).append_pair("state", &self.state);
        query.append_pair("page", &page.to_string());
        format!(r#"<a href="/incident_list.do?{}">{label}</a>"#, layout::escape(&query.finish()))
    }
}

const COLUMNS: &[&str] =
    &["number", "short_description", "caller_id", "priority", "state", "assigned_to", "sys_updated_on"];

pub(super) async fn show(
    State(instance): State<Arc<Instance>>,
    SignedIn(user): SignedIn,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let table = instance.table("incident").ok_or_else(|| Failure::internal(&"no incident table"))?;
    let restricted_to = (!user.is_agent()).then_some(user.sys_id.as_str());
    let query = instance.compile(&wanted.query(restricted_to), table, &user);
    let total = instance.store.count(table, &query).await?;
    let offset = i64::from(wanted.page) * PAGE;
    let rows = instance.store.select(table, &query, Slice { limit: PAGE, offset }).await?;
    let mut displays = Displays::new(&instance);
    let mut shown = Vec::new();
    for row in &rows {
        let mut cells = Vec::new();
        for column in COLUMNS {
            cells.push(layout::escape(&displays.of(table, row, column).await?));
        }
        if let Some(number) = cells.first_mut() {
            let id = layout::escape(row.sys_id());
            *number = format!(r#"<a href="/incident.do?sys_id={id}">{number}</a>"#);
        }
        shown.push(layout::row(&cells));
    }
    let headings: Vec<&str> =
        COLUMNS.iter().filter_map(|column| table.column(column)).map(|column| column.label.as_str()).collect();
    let listed = layout::table(&headings, &shown);
    let settled = instance.settled();
    let states: Vec<_> =
        settled.choices(table, "state").iter().map(|choice| (choice.value.clone(), choice.label.clone())).collect();
    let mut pages = Vec::new();
    if wanted.page > 0 {
        pages.push(wanted.link(wanted.page - 1, "Previous page"));
    }
    if offset + PAGE < total {
        pages.push(wanted.link(wanted.page.saturating_add(1), "Next page"));
    }
    let last = offset + i64::try_from(rows.len()).unwrap_or(0);
    let range =
        if rows.is_empty() { "No incidents found.".into() } else { format!("{} to {last} of {total}", offset + 1) };
    let body = format!(
        r#"<h1>Incidents</h1><form class="filters" method="get" action="/incident_list.do">{}{}
<button>Filter</button><a href="/incident.do?sys_id=-1">New incident</a></form>
{listed}<p class="meta">{range} {}</p>"#,
        layout::input("text", "Search", &wanted.text, r#"type="search""#),
        layout::select("state", "State", &wanted.state, &states),
        pages.join(" · "),
    );
    Ok(layout::page("Incidents", Some(&user), &body).into_response())
}
