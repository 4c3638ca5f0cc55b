//! Contract section 7.4: articles, their states and versions, and the Knowledge API.

use crate::support::{Instance, result};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const ARTICLES: &str = "/api/now/table/kb_knowledge";
const API: &str = "/api/sn_km_api/knowledge/articles";

fn path(article: &Value) -> String {
    format!("{ARTICLES}/{}", article["sys_id"].as_str().expect("an id"))
}

async fn article(instance: &Instance, title: &str, text: &str, state: &str) -> Value {
    instance
        .post(ARTICLES, json!({"short_description": title, "text": text, "workflow_state": state, "meta": "zebra"}))
        .await
}

/// 7.4: A new article is a draft of its author, in HTML, with a KB number and no end to its validity.
#[tokio::test]
async fn a_new_article_is_a_draft() {
    let instance = Instance::start().await;
    let text = "<p>Press <strong>both</strong> keys &amp; wait.</p>";
    let made = instance.post(ARTICLES, json!({"text": text})).await;
    for (column, value) in [
        ("number", "KB0010001"),
        ("workflow_state", "draft"),
        ("text", text),
        ("valid_to", "2100-01-01"),
        ("published", ""),
    ] {
        assert_eq!(made[column], value, "{column}");
    }
    assert_eq!(made["author"]["value"], "6816f79cc0a8016401c5a33be04be441");
}

/// 7.4: The states of an article are choices with the values that integrations use.
#[tokio::test]
async fn the_states_are_choices() {
    let instance = Instance::start().await;
    let query = "/api/now/table/sys_choice?sysparm_fields=value&sysparm_query=name=kb_knowledge^element=workflow_state^ORDERBYsequence";
    let values: Vec<Value> =
        instance.get(query).await.as_array().expect("a list").iter().map(|one| one["value"].clone()).collect();
    let expected = ["draft", "review", "scheduled_publish", "published", "pending_retirement", "retired", "outdated"];
    assert_eq!(values, expected.map(Value::from));
}

/// 7.4: Publishing and retiring stamp the day.
#[tokio::test]
async fn publishing_and_retiring_stamp_the_day() {
    let instance = Instance::start().await;
    let made = article(&instance, "Scanner", "<p>x</p>", "draft").await;
    let published = instance.patch(&path(&made), json!({"workflow_state": "published"})).await;
    assert_eq!(published["published"], published["sys_updated_on"].as_str().expect("a time")[..10]);
    assert_eq!(published["version"], "1.0");
    let retired = instance.patch(&path(&made), json!({"workflow_state": "retired"})).await;
    assert_eq!(retired["retired"], retired["sys_updated_on"].as_str().expect("a time")[..10]);
}

/// 7.4: Publishing a new version outdates the earlier one; both rows have the same number.
#[tokio::test]
async fn a_new_version_outdates_the_earlier_one() {
    let instance = Instance::start().await;
    let first = article(&instance, "Scanner", "<p>one</p>", "published").await;
    let second = json!({"number": first["number"], "short_description": "Scanner", "text": "<p>two</p>"});
    let second = instance.post(ARTICLES, second).await;
    assert_eq!((second["version"].as_str(), second["latest"].as_str()), (Some("1.01"), Some("false")));
    assert_eq!((&second["number"], &second["article_id"]), (&first["number"], &first["article_id"]));
    let second = instance.patch(&path(&second), json!({"workflow_state": "published"})).await;
    assert_eq!((second["version"].as_str(), second["latest"].as_str()), (Some("2.0"), Some("true")));
    let earlier = instance.get(&path(&first)).await;
    assert_eq!((earlier["workflow_state"].as_str(), earlier["latest"].as_str()), (Some("outdated"), Some("false")));
}

/// 7.4: Where versions are switched off by the property, both stay published.
#[tokio::test]
async fn versions_can_be_switched_off() {
    let instance = Instance::start().await;
    let query = "/api/now/table/sys_properties?sysparm_query=name=glide.knowman.versioning.enabled";
    let property = instance.get(query).await;
    let at = format!("/api/now/table/sys_properties/{}", property[0]["sys_id"].as_str().expect("an id"));
    instance.patch(&at, json!({"value": "false"})).await;
    let first = article(&instance, "Scanner", "<p>one</p>", "published").await;
    instance.post(ARTICLES, json!({"number": first["number"], "workflow_state": "published"})).await;
    assert_eq!(instance.get(&path(&first)).await["workflow_state"], "published");
}

/// 7.4: Everybody reads what is published; drafts are for authors and those who care for knowledge.
#[tokio::test]
async fn drafts_are_not_for_everybody() {
    let instance = Instance::start().await;
    let draft = article(&instance, "Scanner", "<p>x</p>", "draft").await;
    let published = article(&instance, "Plotter", "<p>x</p>", "published").await;
    let status = async |who: &str, what: &Value| instance.call_as(who, Method::GET, &path(what), None).await.status();
    assert_eq!(status("employee", &draft).await, StatusCode::NOT_FOUND);
    assert_eq!(status("employee", &published).await, StatusCode::OK);
    assert_eq!(status("itil", &draft).await, StatusCode::OK);
}

/// 7.4: A search gives published articles in an envelope that says what was asked, the best first.
#[tokio::test]
async fn a_search_has_its_envelope() {
    let instance = Instance::start().await;
    article(&instance, "About animals", "<p>A zebraffe is no <i>animal</i>.</p>", "published").await;
    let best =
        article(&instance, "Zebraffe, the", "<h1>Zebraffe</h1><p>It has <b>no</b> stripes.</p>", "published").await;
    article(&instance, "Zebraffe, draft", "<p>x</p>", "draft").await;
    let found = instance
        .get(&format!("{API}?query=zebraffe&limit=5&fields=short_description&fields=kb_category,workflow_state"))
        .await;
    let meta = &found["meta"];
    for (key, value) in [
        ("start", json!(0)),
        ("end", json!(5)),
        ("count", json!(2)),
        ("query", json!("zebraffe")),
        ("fields", json!("short_description,kb_category,workflow_state")),
        ("filter", json!("")),
        ("kb", json!("")),
        ("language", json!("en")),
        ("status", json!({"code": 200})),
    ] {
        assert_eq!(meta[key], value, "{key}");
    }
    let search = meta["ts_query_id"].as_str().expect("an id");
    let first = &found["articles"][0];
    let id = best["sys_id"].as_str().expect("an id");
    assert_eq!(first["id"], format!("kb_knowledge:{id}"));
    assert_eq!(first["link"], format!("?sys_kb_id={id}&id=kb_article_view&sysparm_rank=1&sysparm_tsqueryId={search}"));
    assert_eq!(
        (first["rank"].as_i64(), first["title"].as_str(), &first["number"]),
        (Some(1), Some("Zebraffe, the"), &best["number"])
    );
    assert_eq!(first["snippet"], "<B>Zebraffe</B> It has no stripes.");
    assert!(first["score"].as_f64() > found["articles"][1]["score"].as_f64());
    let field = json!({"name": "workflow_state", "label": "Workflow", "type": "string", "value": "published", "display_value": "Published"});
    assert_eq!(first["fields"]["workflow_state"], field);
}

/// 7.4: Articles are narrowed by knowledge base, language and an encoded query, and cut into pages.
#[tokio::test]
async fn articles_are_narrowed() {
    let instance = Instance::start().await;
    let base = instance.post("/api/now/table/kb_knowledge_base", json!({"title": "Animals"})).await;
    for (title, language) in [("Zebraffe one", "en"), ("Zebraffe zwei", "de"), ("Zebraffe three", "en")] {
        let body = json!({"short_description": title, "language": language, "workflow_state": "published", "kb_knowledge_base": base["sys_id"]});
        instance.post(ARTICLES, body).await;
    }
    let kb = format!("{API}?kb={}", base["sys_id"].as_str().expect("an id"));
    for (more, count) in
        [("", 2), ("&language=all", 3), ("&language=de,fr", 1), ("&filter=short_descriptionENDSWITHthree", 1)]
    {
        let found = instance.get(&format!("{kb}{more}")).await;
        assert_eq!(
            (found["meta"]["count"].as_i64(), found["articles"].as_array().map(Vec::len)),
            (Some(count), usize::try_from(count).ok()),
            "{more}"
        );
    }
    let page = instance.get(&format!("{kb}&limit=1&offset=1")).await;
    assert_eq!((page["meta"]["start"].as_i64(), page["articles"].as_array().map(Vec::len)), (Some(1), Some(1)));
}

/// 7.4: An article is read by sys_id or number: the number gives the published version.
#[tokio::test]
async fn an_article_is_read_by_id_or_number() {
    let instance = Instance::start().await;
    let first = article(&instance, "Scanner", "<p>one</p>", "published").await;
    let body = json!({"number": first["number"], "text": "<p>two</p>", "workflow_state": "published"});
    instance.post(ARTICLES, body).await;
    let by_number =
        instance.get(&format!("{API}/{}?fields=version", first["number"].as_str().expect("a number"))).await;
    assert_eq!((by_number["content"].as_str(), by_number["template"].as_bool()), (Some("<p>two</p>"), Some(false)));
    assert_eq!((&by_number["attachments"], by_number["display_attachments"].as_bool()), (&json!([]), Some(false)));
    assert_eq!(by_number["fields"]["version"]["value"], "2.0");
    let by_id = instance.get(&format!("{API}/{}", first["sys_id"].as_str().expect("an id"))).await;
    assert_eq!(by_id["content"], "<p>one</p>");
    let missing = instance.call_as("admin", Method::GET, &format!("{API}/KB9999999"), None).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

/// 7.4: The files of an article are listed and given out where the article shows them.
#[tokio::test]
async fn an_article_has_files() {
    let instance = Instance::start().await;
    let body = json!({"short_description": "Scanner", "workflow_state": "published", "display_attachments": "true"});
    let made = instance.post(ARTICLES, body).await;
    let id = made["sys_id"].as_str().expect("an id");
    let upload = format!("/api/now/attachment/file?table_name=kb_knowledge&file_name=manual.txt&table_sys_id={id}");
    let request = instance.http.post(instance.url(&upload)).basic_auth("admin", Some("admin"));
    let sent = request.header("content-type", "text/plain").body("Press it.").send().await.expect("an answer");
    let file = result(sent).await;
    let read = instance.get(&format!("{API}/{id}")).await;
    let listed = json!({"sys_id": file["sys_id"], "file_name": "manual.txt", "size_bytes": "9", "state": "available"});
    assert_eq!(read["attachments"], json!([listed]));
    let at = format!("{API}/{id}/attachments/{}", file["sys_id"].as_str().expect("an id"));
    let given = instance.call_as("employee", Method::GET, &at, None).await;
    assert_eq!(given.headers()["content-type"], "text/plain");
    assert_eq!(given.text().await.expect("text"), "Press it.");
}

/// 7.4: Views are counted when a reader says so, and the most viewed articles are listed with them.
#[tokio::test]
async fn views_are_counted() {
    let instance = Instance::start().await;
    let seen = article(&instance, "Scanner", "<p>one</p>", "published").await;
    let at = format!("{API}/{}", seen["sys_id"].as_str().expect("an id"));
    for query in ["", "?update_view=", "?search_id=abc&search_rank=1.5"] {
        let response = instance.call_as("employee", Method::GET, &format!("{at}{query}"), None).await;
        assert_eq!(response.status(), StatusCode::OK);
    }
    let now = instance.get(&path(&seen)).await;
    assert_eq!((now["sys_view_count"].as_str(), &now["sys_updated_on"]), (Some("2"), &seen["sys_updated_on"]));
    let uses = instance
        .get(&format!("/api/now/table/kb_use?sysparm_query=article={}", seen["sys_id"].as_str().expect("an id")))
        .await;
    assert_eq!(uses.as_array().map(Vec::len), Some(2));
    let response = instance.call_as("employee", Method::GET, &format!("{API}/most_viewed?limit=10000"), None).await;
    let listed = result(response).await;
    let mine = listed["articles"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|one| one["number"] == seen["number"])
        .expect("the article");
    assert_eq!((mine["score"].as_i64(), &mine["tags"]), (Some(2), &json!([])));
    assert!(listed["meta"]["filter"].as_str().is_some_and(|filter| filter.contains("sys_view_count>0")));
}

/// 7.4: Articles with the keyword `homepage` are featured.
#[tokio::test]
async fn some_articles_are_featured() {
    let instance = Instance::start().await;
    let body =
        json!({"short_description": "Mail is down tonight", "meta": "news, homepage", "workflow_state": "published"});
    let made = instance.post(ARTICLES, body).await;
    let listed = instance.get(&format!("{API}/featured")).await;
    assert_eq!(listed["meta"]["query"], "homepage");
    let articles = listed["articles"].as_array().expect("a list");
    let mine = articles.iter().find(|one| one["number"] == made["number"]).expect("the article");
    assert_eq!(mine["score"].as_i64(), Some(-1));
}
