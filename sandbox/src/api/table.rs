//! The Table API: list, read, create, change, delete (contract 2.1 to 2.6).

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::options::Options;
use super::shape::Shaper;
use super::{ApiError, Caller, JSON, Version, body, sight, tiny};
use crate::acl::{Grant, Operation as Access};
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::query::{Compiled, Condition, Operator, Query, Read, Scope, compile};
use crate::record::Record;
use crate::records::Input;
use crate::store::{self, Slice};
use crate::switches::InvalidQuery;
use crate::user::User;

type Shared = State<Arc<Instance>>;
type Versioned = Extension<Version>;

pub(super) async fn open<'a>(instance: &'a Instance, user: &User, name: &str) -> Result<&'a Arc<Table>, ApiError> {
    let unknown = || ApiError::new(StatusCode::BAD_REQUEST, format!("Invalid table {name}"), None);
    let table = instance.table(name).ok_or_else(unknown)?;
    if !instance.opens_api(user, "Table API").await? {
        return Err(ApiError::not_authorized());
    }
    if instance.is_closed(name).await? || instance.grant(user, Access::Read, table).await? == Grant::Never {
        return Err(ApiError::not_readable());
    }
    Ok(table)
}

/// The caller's query, ready for the store, with the instance's way of taking invalid parts (contract 2.4).
pub(super) async fn search(
    instance: &Instance,
    user: &User,
    table: &Table,
    options: &Options,
) -> Result<Compiled, ApiError> {
    let query = match &options.query {
        Some(text) => Query::parse(text),
        None => filters(instance, table, &options.filters).await?,
    };
    asked(instance, user, table, &query, options.is_true("sysparm_query_no_domain")).await
}

/// The same for a query that was put together elsewhere.
pub(super) async fn asked(
    instance: &Instance,
    user: &User,
    table: &Table,
    query: &Query,
    any_domain: bool,
) -> Result<Compiled, ApiError> {
    let switches = instance.switches();
    let mut compiled = instance.compile(query, table, user).await?;
    let spoken_of = compiled.reads.iter().filter_map(|read| instance.table(&read.table)).map(AsRef::as_ref);
    let rules = instance.rules_at_hand(user, spoken_of.chain([table]).collect()).await?;
    let permits = |read: &Read| sight::may_ask(instance, &rules, table, read);
    let denied = !compiled.reads.iter().all(permits);
    let invalid = !compiled.invalid.is_empty();
    let refused = |what, by| what && by == InvalidQuery::Refuse;
    if refused(denied, switches.unreadable_query) || refused(invalid, switches.invalid_query) {
        return Err(ApiError::fields_not_readable());
    }
    if denied || query.searches_text() {
        let filters = instance.dynamic_filters().await?;
        compiled = compile(query, table, &Scope { permits: &permits, ..instance.scope(user, &filters) });
    }
    let nothing = denied && switches.unreadable_query == InvalidQuery::NoRows;
    let hidden = switches.journal_hidden && table.name == "sys_journal_field";
    let no_rows = switches.invalid_query == InvalidQuery::NoRows
        || instance.property_is_true("glide.invalid_query.returns_no_rows").await?;
    if nothing || hidden || (invalid && no_rows) {
        return Ok(Compiled { condition: "0".to_owned(), order: compiled.order, ..Compiled::default() });
    }
    if let Some(domain) = instance.hidden_domain(table)
        && !(any_domain && user.has("query_no_domain_table_api"))
    {
        compiled.condition = format!(r#"({}) AND t0."sys_domain" <> ?"#, compiled.condition);
        compiled.parameters.push(domain);
    }
    Ok(compiled)
}

/// `state=closed` and the like: a choice is found by its value or its label, a reference by sys_id or name.
async fn filters(instance: &Instance, table: &Table, filters: &[(String, String)]) -> store::Result<Query> {
    let mut group = Vec::new();
    for (field, value) in filters {
        let is = |field: &str, value: &str| Condition {
            field: field.to_owned(),
            operator: Operator::Is,
            value: value.to_owned(),
        };
        let mut any = vec![is(field, value)];
        let choices = instance.choices(table, field).await?;
        any.extend(choices.iter().filter(|c| c.label.eq_ignore_ascii_case(value)).map(|c| is(field, &c.value)));
        let target = table.column(field).and_then(|column| instance.table(column.reference.as_deref()?));
        if let Some(target) = target.filter(|target| !target.display.is_empty() && !value.is_empty()) {
            any.push(is(&format!("{field}.{}", target.display), value));
        }
        group.push(any);
    }
    Ok(Query { groups: vec![group], ..Query::default() })
}

pub(super) async fn list(
    State(instance): Shared,
    Extension(version): Versioned,
    Caller(user): Caller,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let whole = tiny::expand(&instance, raw.clone()).await?;
    let mut options = Options::read(whole.as_deref(), &headers)?;
    // Page links stay as short as the call was.
    options.given = form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).into_owned().collect();
    let table = open(&instance, &user, &name).await?;
    let query = search(&instance, &user, table, &options).await?;
    let slice = Slice { limit: options.limit, offset: options.offset };
    let mut shaper = Shaper::new(&instance, &user, &options, version);
    let needed = shaper.columns(table).await?;
    let needs = |column: &str| needed.as_ref().is_none_or(|needed| needed.contains(column));
    let total = async { if options.count { instance.count(table, &query).await.map(Some) } else { Ok(None) } };
    let (rows, total) = tokio::try_join!(instance.store.select_columns(table, &query, slice, needs), total)?;
    if rows.is_empty() && version == Version::V1 {
        return Err(ApiError::no_record());
    }
    let links = page_links(&instance, &format!("{}/table/{name}", version.path()), &options, total, rows.len());
    // As on the platform, the limit was applied before the rights: a page may be short (contract 2.2).
    let rows = instance.readable(&user, table, rows).await?;
    let mut body = RESULT.to_vec();
    shaper.records(table, rows, &mut body).await?;
    let mut response = written(StatusCode::OK, body);
    if let Some(total) = total {
        response.headers_mut().insert("x-total-count", total.into());
    }
    if let Some(links) = links {
        response.headers_mut().insert(header::LINK, links);
    }
    Ok(response)
}

/// One header, joined by commas without a space; none for a single page (contract 2.6). Where nobody
/// counted, a full page has a next one and the last one is not known.
pub(super) fn page_links(
    instance: &Instance,
    path: &str,
    options: &Options,
    total: Option<i64>,
    found: usize,
) -> Option<HeaderValue> {
    let limit = options.limit;
    let more = total.map_or(i64::try_from(found) == Ok(limit), |total| options.offset.saturating_add(limit) < total);
    let single = total.map_or(options.offset == 0 && !more, |total| total <= limit);
    if !options.pages || limit <= 0 || single {
        return None;
    }
    let mut kept = form_urlencoded::Serializer::new(String::new());
    kept.extend_pairs(options.given.iter().filter(|(name, _)| name != "sysparm_limit" && name != "sysparm_offset"));
    let mut kept = kept.finish();
    if !kept.is_empty() {
        kept.push('&');
    }
    let page = |relation: &str, offset: i64| {
        let address = &instance.address;
        format!("<{address}{path}?{kept}sysparm_limit={limit}&sysparm_offset={offset}>;rel=\"{relation}\"")
    };
    let mut links = vec![page("first", 0)];
    if options.offset > 0 {
        links.push(page("prev", (options.offset - limit).max(0)));
    }
    if more {
        links.push(page("next", options.offset.saturating_add(limit)));
    }
    if let Some(total) = total {
        links.push(page("last", (total - 1) / limit * limit));
    }
    HeaderValue::try_from(links.join(",")).ok()
}

pub(super) async fn read(
    State(instance): Shared,
    Extension(version): Versioned,
    Caller(user): Caller,
    Path((name, sys_id)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let options = Options::read(raw.as_deref(), &headers)?;
    let table = open(&instance, &user, &name).await?;
    let hidden = instance.switches().journal_hidden && name == "sys_journal_field";
    let found = instance.store.get(table, &sys_id).await?.filter(|_| !hidden);
    let record = found.ok_or_else(ApiError::no_record)?;
    if !instance.may_read(&user, table, &record).await? {
        return Err(ApiError::no_record());
    }
    let table = instance.class(table, &record);
    one(Shaper::new(&instance, &user, &options, version), StatusCode::OK, table, &record, &headers).await
}

pub(super) async fn create(
    State(instance): Shared,
    Extension(version): Versioned,
    Caller(user): Caller,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let options = Options::read(raw.as_deref(), &headers)?;
    let table = open(&instance, &user, &name).await?;
    let values = body::read(&headers, body).await?;
    let input = Input { values, display: options.input_labels };
    let record = instance.insert(&user, table, input).await?;
    let mut response =
        one(Shaper::new(&instance, &user, &options, version), StatusCode::CREATED, table, &record, &headers).await?;
    let mut location = format!("{}{}", instance.address, version.path());
    // Writing to a string cannot fail.
    let _ = write!(location, "/table/{name}/{}", record.sys_id());
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// PATCH and PUT do the same: what is not mentioned stays as it is (contract 2.1).
pub(super) async fn update(
    State(instance): Shared,
    Extension(version): Versioned,
    Caller(user): Caller,
    Path((name, sys_id)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let options = Options::read(raw.as_deref(), &headers)?;
    let table = open(&instance, &user, &name).await?;
    let values = body::read(&headers, body).await?;
    let input = Input { values, display: options.input_labels };
    let record = instance.update(&user, table, &sys_id, input).await?;
    let table = instance.class(table, &record);
    one(Shaper::new(&instance, &user, &options, version), StatusCode::OK, table, &record, &headers).await
}

/// `X-http-method-override: PATCH` on a POST, for clients that cannot send PATCH.
pub(super) async fn overridden(
    instance: Shared,
    version: Versioned,
    caller: Caller,
    path: Path<(String, String)>,
    query: RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let method = headers.get("x-http-method-override").and_then(|value| value.to_str().ok());
    match method.map(str::to_ascii_uppercase).as_deref() {
        Some("PATCH" | "PUT") => update(instance, version, caller, path, query, headers, body).await,
        Some("DELETE") => delete(instance, caller, path).await.map(IntoResponse::into_response),
        _ => Err(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Method is not supported", None)),
    }
}

pub(super) async fn delete(
    State(instance): Shared,
    Caller(user): Caller,
    Path((name, sys_id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let table = open(&instance, &user, &name).await?;
    instance.delete(&user, table, &sys_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn one(
    mut shaper: Shaper<'_>,
    status: StatusCode,
    table: &Table,
    record: &Record,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    if headers.get("x-no-response-body").is_some_and(|value| value == "true") {
        return Ok(status.into_response());
    }
    let mut body = RESULT.to_vec();
    shaper.record(table, record, &mut body).await?;
    Ok(written(status, body))
}

/// How the body of an answer begins whose result is written piece by piece.
const RESULT: &[u8] = br#"{"result":"#;

fn written(status: StatusCode, mut body: Vec<u8>) -> Response {
    body.push(b'}');
    (status, [(header::CONTENT_TYPE, JSON)], body).into_response()
}

pub(super) fn json_response(status: StatusCode, result: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, JSON)], json!({"result": result}).to_string()).into_response()
}
