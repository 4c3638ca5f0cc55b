//! The Knowledge API (contract 7.4): published articles searched, listed and read, and their files.

mod search;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::media::acceptable;
use super::sight::Sight;
use super::table::json_response;
use super::{ApiError, Caller, Displays, attachment};
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::record::Record;
use crate::records::{Input, Writer};
use crate::rules::Transaction;
use crate::store;
use crate::user::User;

type Shared = State<Arc<Instance>>;

const TABLE: &str = "kb_knowledge";

pub(super) fn router() -> Router<Arc<Instance>> {
    Router::new()
        .route("/knowledge/articles", get(search::articles))
        .route("/knowledge/articles/featured", get(search::featured))
        .route("/knowledge/articles/most_viewed", get(search::most_viewed))
        .route("/knowledge/articles/{id}", get(read))
        .route("/knowledge/articles/{id}/attachments/{file}", get(file))
        .method_not_allowed_fallback(async || {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Method is not supported", None)
        })
}

/// The parameters of a call, some of which may be said more than once.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn read(raw: Option<&str>) -> Self {
        Self(form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    fn one(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// `fields=a,b` and `fields=a&fields=b` are the same.
    fn fields(&self) -> Vec<&str> {
        let said = self.0.iter().filter(|(name, _)| name == "fields");
        let names = said.flat_map(|(_, names)| names.split(','));
        names.map(str::trim).filter(|name| !name.is_empty()).collect()
    }
}

fn open(instance: &Instance) -> Result<&Arc<Table>, ApiError> {
    instance.table(TABLE).ok_or_else(ApiError::no_record)
}

/// The fields that were asked for, each with all that a page needs to show it.
async fn fields(
    displays: &mut Displays<'_>,
    sight: &mut Sight<'_>,
    table: &Table,
    article: &Record,
    names: &[&str],
) -> store::Result<Value> {
    let mut fields = Map::new();
    for &name in names {
        if let Some(column) = table.column(name)
            && sight.of_column(table, article, name).await?
        {
            let shown = displays.of(table, article, name).await?;
            let field = json!({
                "name": name,
                "label": column.label,
                "type": column.kind.internal_type(),
                "value": article.get(name),
                "display_value": shown,
            });
            fields.insert(name.to_owned(), field);
        }
    }
    Ok(fields.into())
}

async fn read(
    State(instance): Shared,
    Caller(user): Caller,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    acceptable(&headers)?;
    let parameters = Parameters::read(raw.as_deref());
    let articles = open(&instance)?;
    let article = find(&instance, &user, articles, &id, parameters.one("language")).await?;
    let searched = parameters.get("search_id").is_some() && parameters.get("search_rank").is_some();
    if searched || parameters.get("update_view").is_some() {
        count_view(&instance, &user, articles, &article, &parameters).await?;
    }
    let shows_files = article.is_true("display_attachments");
    let mut answer = json!({
        "content": article.get(if article.get("article_type") == "wiki" { "wiki" } else { "text" }),
        "template": false,
        "number": article.get("number"),
        "sys_id": article.sys_id(),
        "short_description": article.get("short_description"),
        "display_attachments": shows_files,
        "attachments": if shows_files { files(&instance, articles, &article).await? } else { Vec::new() },
        "embedded_content": [],
    });
    let names = parameters.fields();
    if !names.is_empty() {
        let (mut displays, mut sight) = (Displays::new(&instance).read_by(&user), Sight::new(&instance, &user));
        answer["fields"] = fields(&mut displays, &mut sight, articles, &article, &names).await?;
    }
    Ok(json_response(StatusCode::OK, &answer))
}

/// An article by sys_id; by number the published version, in the language if it is there.
async fn find(
    instance: &Instance,
    user: &User,
    articles: &Table,
    id: &str,
    language: &str,
) -> Result<Record, ApiError> {
    let mut found = instance.store.get(articles, id).await?;
    if found.is_none() && !id.contains('^') {
        let query = format!("number={id}^ORDERBYDESCpublished");
        let versions = instance.query(TABLE, &query, &User::system(), 100).await?;
        let published = |article: &&Record| article.get("workflow_state") == "published";
        let spoken = |article: &&Record| language.is_empty() || article.get("language") == language;
        found = versions
            .iter()
            .find(|article| published(article) && spoken(article))
            .or_else(|| versions.iter().find(published))
            .or_else(|| versions.first())
            .cloned();
    }
    let found = found.ok_or_else(ApiError::no_record)?;
    if instance.may_read(user, articles, &found).await? { Ok(found) } else { Err(ApiError::no_record()) }
}

async fn files(instance: &Instance, articles: &Table, article: &Record) -> store::Result<Vec<Value>> {
    let files = instance.files_on(articles, article.sys_id()).await?;
    let columns = ["sys_id", "file_name", "size_bytes", "state"];
    let shown = files.iter().map(|file| columns.iter().map(|&column| (column, file.get(column))).collect());
    Ok(shown.collect())
}

/// A file of an article, for those who may read the article.
async fn file(
    State(instance): Shared,
    Caller(user): Caller,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let articles = open(&instance)?;
    let article = find(&instance, &user, articles, &id, "").await?;
    let files = instance.files_on(articles, article.sys_id()).await?;
    let found = files.iter().find(|one| one.sys_id() == file).ok_or_else(ApiError::no_record)?;
    Ok(attachment::given_out(&instance, found))
}

/// A view is counted without a trace in the article's stamps, and noted in `kb_use`.
async fn count_view(
    instance: &Arc<Instance>,
    user: &User,
    articles: &Table,
    article: &Record,
    parameters: &Parameters,
) -> Result<(), ApiError> {
    let transaction = Transaction::default();
    let quietly = Writer { rules: false, stamps: false, ..Writer::script(user, &transaction) };
    let views = (article.number("sys_view_count") + 1).to_string();
    instance.update(quietly, articles, article.sys_id(), Input::new([("sys_view_count", views)])).await?;
    if let Some(uses) = instance.table("kb_use") {
        let seen = Input::new([
            ("article", article.sys_id()),
            ("user", &user.sys_id),
            ("viewed", "true"),
            ("search_id", parameters.one("search_id")),
            ("search_rank", parameters.one("search_rank")),
        ]);
        instance.insert(Writer::script(user, &transaction), uses, seen).await?;
    }
    Ok(())
}
