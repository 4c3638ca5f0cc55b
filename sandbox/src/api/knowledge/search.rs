//! Lists of articles in their envelope: those that a search finds, the featured and the most viewed.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::{Parameters, Shared, TABLE, fields, open};
use crate::api::media::acceptable;
use crate::api::sight::Sight;
use crate::api::table::{asked, json_response};
use crate::api::{ApiError, Caller, Displays};
use crate::instance::Instance;
use crate::query::{Condition, Operator, Order, Query};
use crate::random;
use crate::record::Record;
use crate::store::Slice;
use crate::user::User;

const SHOWN: &str = "workflow_state=published^valid_to>=javascript:gs.beginningOfToday()^active=true";
const MOST_VIEWED: &str = "workflow_state=published^valid_to>=javascript:gs.beginningOfToday()^active=true^sys_class_name!=kb_knowledge_block^sys_view_count>0^ORDERBYDESCsys_view_count^ORDERBYshort_description";
/// What an article that is featured says in its keywords.
const FEATURED: &str = "homepage";
/// Articles that are ranked against each other; more are in the order of their views.
const RANKED: i64 = 500;

pub(super) async fn articles(
    State(instance): Shared,
    Caller(user): Caller,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    acceptable(&headers)?;
    let parameters = Parameters::read(raw.as_deref());
    let filter = parameters.one("filter").to_owned();
    let text = parameters.one("query");
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let mut query = Query::parse(SHOWN);
    if !filter.is_empty() {
        let shown = query.groups;
        query = Query::parse(&filter);
        narrow(&mut query, &shown);
    }
    narrow(&mut query, &[conditions_of(&parameters)]);
    narrow(&mut query, &[words.iter().map(|word| anywhere(word)).collect()]);
    query.order.push(Order { field: "sys_view_count".into(), descending: true });
    query.order.push(Order { field: "number".into(), descending: false });
    let page = Page::read(&parameters);
    let found = page.find(&instance, &user, &query, !words.is_empty()).await?;
    let mut articles = found.articles;
    if !words.is_empty() {
        articles.sort_by_key(|article| std::cmp::Reverse(score(article, &words)));
    }
    let search_id = random::sys_id();
    let mut shown = Vec::new();
    for (rank, article) in (page.offset.saturating_add(1)..).zip(page.of(&articles, found.from)) {
        let link = format!(
            "?sys_kb_id={}&id=kb_article_view&sysparm_rank={rank}&sysparm_tsqueryId={search_id}",
            article.sys_id()
        );
        let mut one = envelope(article, &link, snippet(article, &words));
        one["rank"] = json!(rank);
        one["score"] = if words.is_empty() { json!(-1) } else { json!(f64::from(score(article, &words)) / 4.0) };
        shown.push((article, one));
    }
    let meta = json!({"query": text, "filter": filter, "ts_query_id": search_id});
    answer(&instance, &user, &parameters, &page, found.total, meta, shown).await
}

pub(super) async fn featured(
    State(instance): Shared,
    Caller(user): Caller,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    acceptable(&headers)?;
    let parameters = Parameters::read(raw.as_deref());
    let mut query = Query::parse(&format!("{SHOWN}^metaLIKE{FEATURED}^ORDERBYnumber"));
    narrow(&mut query, &[conditions_of(&parameters)]);
    let page = Page::read(&parameters);
    let found = page.find(&instance, &user, &query, false).await?;
    let shown = page.of(&found.articles, found.from).map(|article| {
        let mut one = envelope(article, &plain_link(article), snippet(article, &[]));
        one["score"] = json!(-1);
        (article, one)
    });
    let meta = json!({"query": FEATURED, "filter": ""});
    answer(&instance, &user, &parameters, &page, found.total, meta, shown.collect()).await
}

pub(super) async fn most_viewed(
    State(instance): Shared,
    Caller(user): Caller,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    acceptable(&headers)?;
    let parameters = Parameters::read(raw.as_deref());
    let mut query = Query::parse(MOST_VIEWED);
    narrow(&mut query, &[conditions_of(&parameters)]);
    let page = Page::read(&parameters);
    let found = page.find(&instance, &user, &query, false).await?;
    let shown = page.of(&found.articles, found.from).map(|article| {
        let mut one = envelope(article, &plain_link(article), snippet(article, &[]));
        one["score"] = json!(article.number("sys_view_count"));
        one["tags"] = json!([]);
        (article, one)
    });
    let meta = json!({"query": "", "filter": MOST_VIEWED});
    answer(&instance, &user, &parameters, &page, found.total, meta, shown.collect()).await
}

/// All of the query's groups must hold with these conditions too.
fn narrow(query: &mut Query, more: &[Vec<Vec<Condition>>]) {
    for group in &mut query.groups {
        group.extend(more.iter().flatten().cloned());
    }
}

/// The knowledge bases and the languages that were named; without a language English.
fn conditions_of(parameters: &Parameters) -> Vec<Vec<Condition>> {
    let one = |field: &str, value: &str| {
        let (field, value) = (field.to_owned(), value.to_owned());
        vec![Condition { field, operator: Operator::In, value }]
    };
    let mut conditions = Vec::new();
    if !parameters.one("kb").is_empty() {
        conditions.push(one("kb_knowledge_base", parameters.one("kb")));
    }
    match language(parameters) {
        "all" => {}
        languages => conditions.push(one("language", languages)),
    }
    conditions
}

fn language(parameters: &Parameters) -> &str {
    Some(parameters.one("language")).filter(|language| !language.is_empty()).unwrap_or("en")
}

/// The word is in the number, the title, the keywords or the text.
fn anywhere(word: &str) -> Vec<Condition> {
    let contains =
        |field: &&str| Condition { field: (*field).to_owned(), operator: Operator::Contains, value: word.to_owned() };
    ["number", "short_description", "meta", "text"].iter().map(contains).collect()
}

/// How well an article fits: a word in the title counts much more than one in the text.
fn score(article: &Record, words: &[String]) -> u32 {
    let times = |column: &str, word: &str| article.get(column).to_lowercase().matches(word).count();
    let one = |word: &String| 20 * times("short_description", word) + 8 * times("meta", word) + times("text", word);
    words.iter().map(|word| u32::try_from(one(word).min(1_000)).unwrap_or(0)).sum()
}

/// Which part of the found articles is wanted.
struct Page {
    limit: i64,
    offset: i64,
}

struct Found {
    articles: Vec<Record>,
    /// Where among all that were found these begin.
    from: i64,
    total: i64,
}

impl Page {
    fn read(parameters: &Parameters) -> Self {
        let number = |name| parameters.one(name).trim().parse::<i64>().ok().filter(|number| *number >= 0);
        Self { limit: number("limit").unwrap_or(30).min(10_000), offset: number("offset").unwrap_or(0) }
    }

    async fn find(&self, instance: &Instance, user: &User, query: &Query, ranked: bool) -> Result<Found, ApiError> {
        let table = open(instance)?;
        let compiled = asked(instance, user, table, query, false).await?;
        // To be ranked, articles are needed from the first.
        let ranked = ranked && self.offset.saturating_add(self.limit) <= RANKED;
        let slice = if ranked { Slice::first(RANKED) } else { Slice { limit: self.limit, offset: self.offset } };
        let articles = instance.store.select(table, &compiled, slice).await?;
        let total = instance.store.count(table, &compiled).await?;
        Ok(Found { articles: instance.readable(user, table, articles).await?, from: slice.offset, total })
    }

    fn of<'a>(&self, articles: &'a [Record], from: i64) -> impl Iterator<Item = &'a Record> {
        let size = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
        articles.iter().skip(size(self.offset - from)).take(size(self.limit))
    }
}

fn plain_link(article: &Record) -> String {
    format!("?id=kb_article_view&sys_kb_id={}", article.sys_id())
}

fn envelope(article: &Record, link: &str, snippet: String) -> Value {
    json!({
        "link": link,
        "id": format!("{TABLE}:{}", article.sys_id()),
        "title": article.get("short_description"),
        "number": article.get("number"),
        "snippet": snippet,
    })
}

async fn answer(
    instance: &Instance,
    user: &User,
    parameters: &Parameters,
    page: &Page,
    total: i64,
    mut meta: Value,
    articles: Vec<(&Record, Value)>,
) -> Result<Response, ApiError> {
    let table = open(instance)?;
    let names = parameters.fields();
    let (mut displays, mut sight) = (Displays::new(instance).read_by(user), Sight::new(instance, user));
    let mut shown = Vec::with_capacity(articles.len());
    for (article, mut one) in articles {
        if !names.is_empty() {
            one["fields"] = fields(&mut displays, &mut sight, table, article, &names).await?;
        }
        shown.push(one);
    }
    for (name, value) in [
        ("start", json!(page.offset)),
        ("end", json!(page.offset.saturating_add(page.limit))),
        ("fields", json!(names.join(","))),
        ("kb", json!(parameters.one("kb"))),
        ("language", json!(language(parameters))),
        ("count", json!(total)),
        ("status", json!({"code": 200})),
    ] {
        meta[name] = value;
    }
    Ok(json_response(StatusCode::OK, &json!({"meta": meta, "articles": shown})))
}

/// The first words of the text without its markup; around the first word that was searched, which is bold.
fn snippet(article: &Record, words: &[String]) -> String {
    const LENGTH: usize = 300;
    let text = plain_text(article.get("text"));
    let near = words.iter().filter_map(|word| find(&text, word)).min().unwrap_or(0);
    let start = text[..near].char_indices().rev().nth(60).map_or(0, |(at, _)| at);
    let piece: String = text[start..].chars().take(LENGTH).collect();
    words.iter().fold(piece, |piece, word| bold(&piece, word))
}

/// Where a word begins, in any case of its letters.
fn find(text: &str, word: &str) -> Option<usize> {
    text.char_indices().map(|(at, _)| at).find(|&at| {
        let mut letters = text[at..].chars().flat_map(char::to_lowercase);
        word.chars().all(|c| letters.next() == Some(c))
    })
}

fn bold(text: &str, word: &str) -> String {
    let mut rest = text;
    let mut marked = String::new();
    while let Some(at) = find(rest, word) {
        let end = rest[at..].char_indices().nth(word.chars().count()).map_or(rest.len(), |(end, _)| at + end);
        marked.push_str(&rest[..at]);
        marked.push_str("<B>");
        marked.push_str(&rest[at..end]);
        marked.push_str("</B>");
        rest = &rest[end..];
    }
    marked + rest
}

/// What is left of HTML without its tags, with single spaces.
fn plain_text(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            _ if !inside => text.push(c),
            _ => {}
        }
    }
    let text = text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'");
    text.replace("&quot;", "\"").replace("&amp;", "&").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_is_plain_text_with_the_words_in_bold() {
        let article: Record =
            [("text", "<p>Reset <b>your</b> VPN&nbsp;token.</p><p>The vpn is back.</p>")].into_iter().collect();
        assert_eq!(snippet(&article, &["vpn".to_owned()]), "Reset your <B>VPN</B> token. The <B>vpn</B> is back.");
        assert_eq!(snippet(&article, &[]), "Reset your VPN token. The vpn is back.");
    }

    #[test]
    fn letters_that_grow_in_another_case_do_no_harm() {
        for (text, word) in [("İİstanbul ßtraße", "ß"), ("ﬁn İ", "i"), ("", "x"), ("日本語", "本")] {
            let html: Record = [("text", text)].into_iter().collect();
            snippet(&html, &[word.to_lowercase()]);
        }
    }
}
