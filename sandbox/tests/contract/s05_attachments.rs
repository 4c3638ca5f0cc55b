//! Contract section 5: files on records.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::{Instance, JOE, result};
use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// An incident that Joe reported.
async fn incident(instance: &Instance) -> String {
    let body = json!({"short_description": "has files", "caller_id": JOE});
    let made = instance.post("/api/now/table/incident", body).await;
    made["sys_id"].as_str().expect("an id").to_owned()
}

fn place(version: &str, table: &str, record: &str, name: &str) -> String {
    let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    format!("/api/now{version}/attachment/file?table_name={table}&table_sys_id={record}&file_name={name}")
}

async fn send(instance: &Instance, user: &str, path: &str, kind: &str, content: impl Into<reqwest::Body>) -> Response {
    let request = instance.http.post(instance.url(path)).basic_auth(user, Some(user)).body(content);
    request.header(header::CONTENT_TYPE, kind).send().await.expect("an answer")
}

async fn attach(instance: &Instance, record: &str, name: &str, content: &[u8]) -> Value {
    let path = place("", "incident", record, name);
    let response = send(instance, "admin", &path, "text/plain", content.to_vec()).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    result(response).await
}

fn id(file: &Value) -> String {
    file["sys_id"].as_str().expect("an id").to_owned()
}

async fn get(instance: &Instance, user: &str, path: &str) -> Response {
    instance.call_as(user, Method::GET, path, None).await
}

/// The smallest picture: one pixel.
const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// 5: A file sent as a raw body comes back byte by byte, with its own Content-Type.
#[tokio::test]
async fn what_is_sent_comes_back() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    // More than three parts, and nothing that compresses to nothing.
    let content: Vec<u8> = (0..2_500_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let path = place("", "incident", &record, "large.bin");
    let file = result(send(&instance, "admin", &path, "application/x-own", content.clone()).await).await;
    assert_eq!(file["size_bytes"], "2500000");
    let back = get(&instance, "admin", &format!("/api/now/attachment/{}/file", id(&file))).await;
    assert_eq!(back.headers()[header::CONTENT_TYPE], "application/x-own");
    assert_eq!(back.headers()[header::CONTENT_LENGTH], "2500000");
    assert!(back.bytes().await.expect("bytes") == content, "the file changed on its way");
}

/// 5: The metadata of a new file are strings and hold the SHA-256 of its content.
#[tokio::test]
async fn metadata() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    let file = attach(&instance, &record, "note.txt", b"hello").await;
    let digest: Vec<String> = Sha256::digest(b"hello").iter().map(|byte| format!("{byte:02x}")).collect();
    let hash = digest.concat();
    for (key, value) in [
        ("table_name", "incident"),
        ("table_sys_id", record.as_str()),
        ("file_name", "note.txt"),
        ("content_type", "text/plain"),
        ("size_bytes", "5"),
        ("compressed", "true"),
        ("chunk_size_bytes", "700000"),
        ("hash", &hash),
        ("state", "available"),
        ("image_width", ""),
        ("average_image_color", ""),
        ("sys_created_by", "admin"),
        ("sys_mod_count", "0"),
        ("created_by_name", "System Administrator"),
        ("updated_by_name", "System Administrator"),
    ] {
        assert_eq!(file[key], value, "{key}");
    }
    assert!(file["size_compressed"].as_str().expect("text").parse::<u32>().expect("a number") > 0);
    let link = instance.url(&format!("/api/now/attachment/{}/file", id(&file)));
    assert_eq!(file["download_link"], link);
    let read = instance.get(&format!("/api/now/attachment/{}", id(&file))).await;
    assert_eq!((&read["hash"], &read["created_by_name"]), (&file["hash"], &Value::Null));
}

/// 5: The metadata of a picture say how wide and high it is.
#[tokio::test]
async fn pictures_are_measured() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    let file = attach(&instance, &record, "dot.gif", GIF).await;
    assert_eq!((&file["image_width"], &file["image_height"]), (&json!("1"), &json!("1")));
}

/// 5: A download carries the metadata as JSON in X-Attachment-Metadata, in ASCII whatever the name.
#[tokio::test]
async fn downloads_carry_metadata() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    let file = attach(&instance, &record, "Größe 😀.txt", b"x").await;
    let back = get(&instance, "admin", &format!("/api/now/attachment/{}/file", id(&file))).await;
    let about = back.headers()["x-attachment-metadata"].to_str().expect("ASCII");
    let about: Value = serde_json::from_str(about).expect("JSON");
    assert_eq!((&about["file_name"], &about["size_bytes"]), (&json!("Größe 😀.txt"), &json!("1")));
    let disposition = back.headers()[header::CONTENT_DISPOSITION].to_str().expect("ASCII");
    assert_eq!(disposition, "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%F0%9F%98%80.txt");
}

/// 5: Location is the address of the new attachment; in v1 that of its file.
#[tokio::test]
async fn location() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    for (version, end) in [("", ""), ("/v2", ""), ("/v1", "/file")] {
        let response = send(&instance, "admin", &place(version, "incident", &record, "a"), "text/plain", "a").await;
        let location = response.headers()[header::LOCATION].to_str().expect("text").to_owned();
        let file = result(response).await;
        assert_eq!(location, instance.url(&format!("/api/now{version}/attachment/{}{end}", id(&file))));
    }
}

/// 5: A list answers a query or name and value pairs, counts all that fit, and takes limit and offset.
#[tokio::test]
async fn lists() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    for name in ["a.txt", "b.txt", "c.txt"] {
        attach(&instance, &record, name, b"x").await;
    }
    let query = format!("table_sys_id={record}^ORDERBYDESCfile_name");
    let page =
        get(&instance, "admin", &format!("/api/now/attachment?sysparm_query={query}&sysparm_limit=1&sysparm_offset=1"))
            .await;
    assert_eq!(page.headers()["x-total-count"], "3");
    let page = result(page).await;
    assert_eq!(page.as_array().map(Vec::len), Some(1));
    assert_eq!(page[0]["file_name"], "b.txt");
    let pairs = instance.get(&format!("/api/now/attachment?table_name=incident&table_sys_id={record}")).await;
    assert_eq!(pairs.as_array().map(Vec::len), Some(3));
    let none = get(&instance, "admin", "/api/now/v1/attachment?sysparm_query=file_name=nothing").await;
    assert_eq!(none.status(), StatusCode::OK, "an empty list is none for v1 too");
}

const FORM: &str = "multipart/form-data; boundary=B";

/// The parts of a form before the file.
fn fields(record: &str) -> String {
    format!(
        "--B\r\nContent-Disposition: form-data; name=\"table_name\"\r\n\r\nincident\r\n--B\r\n\
         Content-Disposition: form-data; name=\"table_sys_id\"\r\n\r\n{record}\r\n"
    )
}

/// 5: A form gives the table and the record before the file, which comes last under any name.
#[tokio::test]
async fn forms() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    let body = format!(
        "{}--B\r\nContent-Disposition: form-data; name=\"anything\"; filename=\"list.csv\"\r\n\
         Content-Type: text/csv\r\n\r\na,b\r\n--B--\r\n",
        fields(&record)
    );
    let response = send(&instance, "admin", "/api/now/attachment/upload", FORM, body).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let file = result(response).await;
    assert_eq!((&file["file_name"], &file["content_type"]), (&json!("list.csv"), &json!("text/csv")));
    let back = get(&instance, "admin", &format!("/api/now/attachment/{}/file", id(&file))).await;
    assert_eq!(back.text().await.expect("text"), "a,b");
}

/// 5: A form with the file before the table, with no file, or that breaks off is 400 and leaves nothing.
#[tokio::test]
async fn broken_forms() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    let fields = fields(&record);
    let file = "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.txt\"\r\n\r\nhalf of";
    let long = format!("--B\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n{}\r\n--B--\r\n", "x".repeat(10_000));
    for (body, kind) in [
        (format!("{file} it\r\n{fields}--B--\r\n"), FORM),
        (format!("{fields}--B--\r\n"), FORM),
        (format!("{fields}{file}"), FORM),
        (long, FORM),
        ("nonsense".to_owned(), FORM),
        ("nonsense".to_owned(), "multipart/form-data"),
        ("nonsense".to_owned(), "text/plain"),
    ] {
        let response = send(&instance, "admin", "/api/now/attachment/upload", kind, body.clone()).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body:.200}");
        let error: Value = response.json().await.expect("JSON");
        assert_eq!(error["status"], "failure");
    }
    assert_eq!(instance.get(&format!("/api/now/attachment?table_sys_id={record}")).await, json!([]));
}

/// 5: A missing parameter or Content-Type is 400 and named.
#[tokio::test]
async fn mandatory_parameters() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    let all = [("table_name", "incident"), ("table_sys_id", record.as_str()), ("file_name", "f")];
    for (missing, _) in all {
        let given: Vec<String> =
            all.iter().filter(|(name, _)| *name != missing).map(|(name, value)| format!("{name}={value}")).collect();
        let path = format!("/api/now/attachment/file?{}", given.join("&"));
        let response = send(&instance, "admin", &path, "text/plain", "x").await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert!(response.text().await.expect("text").contains(missing));
    }
    let request = instance.http.post(instance.url(&place("", "incident", &record, "f"))).body("x");
    let response = request.basic_auth("admin", Some("admin")).send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(response.text().await.expect("text").contains("Content-Type"));
}

/// 5: Attaching to a record that is not there, or that the caller may not read, is 404.
#[tokio::test]
async fn no_record_no_file() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    for (user, table, record) in [
        ("admin", "incident", "00000000000000000000000000000000"),
        ("admin", "no_such_table", record.as_str()),
        ("abel.tuter", "incident", record.as_str()),
    ] {
        let response = send(&instance, user, &place("", table, record, "f"), "text/plain", "x").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{user} {table}");
    }
}

/// 5: Attaching to a record that the caller may read and not write is 403.
#[tokio::test]
async fn readable_is_not_writable() {
    let instance = Instance::start().await;
    let response = send(&instance, "itil", &place("", "sys_user", JOE, "f"), "text/plain", "x").await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let error: Value = response.json().await.expect("JSON");
    assert_eq!(error["error"]["detail"], "ACL Exception Insert Failed due to security constraints");
}

/// 5: A file has the rights of its record: others find neither its metadata nor its content, in any list.
#[tokio::test]
async fn files_are_as_hidden_as_their_records() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    let file = id(&attach(&instance, &record, "secret.txt", b"x").await);
    for path in [
        format!("/api/now/attachment/{file}"),
        format!("/api/now/attachment/{file}/file"),
        format!("/api/now/attachment/{file}/attributes"),
        format!("/api/now/table/sys_attachment/{file}"),
    ] {
        assert_eq!(get(&instance, "employee", &path).await.status(), StatusCode::OK, "{path}");
        assert_eq!(get(&instance, "abel.tuter", &path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/api/now/attachment", "/api/now/table/sys_attachment"] {
        let path = format!("{path}?table_sys_id={record}");
        assert_eq!(result(get(&instance, "abel.tuter", &path).await).await, json!([]), "{path}");
    }
    let path = format!("/api/now/attachment/{file}");
    let refused = instance.call_as("abel.tuter", Method::DELETE, &path, None).await;
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
}

/// 5: The property glide.attachment.role says who may attach at all.
#[tokio::test]
async fn attaching_can_need_a_role() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    instance.set_property("glide.attachment.role", "itil").await;
    let path = place("", "incident", &record, "f");
    assert_eq!(send(&instance, "employee", &path, "text/plain", "x").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(send(&instance, "itil", &path, "text/plain", "x").await.status(), StatusCode::CREATED);
}

/// 5: PATCH renames a file and DELETE removes it; both answer 204.
#[tokio::test]
async fn renaming_and_removing() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    let path = format!("/api/now/attachment/{}", id(&attach(&instance, &record, "old.txt", b"x").await));
    let renamed = instance.call_as("admin", Method::PATCH, &path, Some(json!({"file_name": "new.txt"}))).await;
    assert_eq!(renamed.status(), StatusCode::NO_CONTENT);
    let file = instance.get(&path).await;
    assert_eq!((&file["file_name"], &file["sys_mod_count"]), (&json!("new.txt"), &json!("1")));
    let nameless = instance.call_as("admin", Method::PATCH, &path, Some(json!({}))).await;
    assert_eq!(nameless.status(), StatusCode::BAD_REQUEST);
    let removed = instance.call_as("admin", Method::DELETE, &path, None).await;
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    assert_eq!(get(&instance, "admin", &path).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(get(&instance, "admin", &format!("{path}/file")).await.status(), StatusCode::NOT_FOUND);
}

/// 5: Attributes of a file are pairs that are made, read, changed and deleted, one by one or all.
#[tokio::test]
async fn attributes() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    let file = id(&attach(&instance, &record, "a.png", GIF).await);
    let all = format!("/api/now/attachment/{file}/attributes");
    assert_eq!(
        instance.post(&all, json!({"key": "alt", "value": "a dot"})).await,
        json!({"key": "alt", "value": "a dot"})
    );
    instance.post(&all, json!({"key": "zoom", "value": "2"})).await;
    let again = instance.call_as("admin", Method::POST, &all, Some(json!({"key": "alt", "value": "b"}))).await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST, "a key is there once");
    let one = format!("{all}/alt");
    let changed = instance.call_as("admin", Method::PUT, &one, Some(json!({"value": "one dot"}))).await;
    assert_eq!(changed.status(), StatusCode::OK);
    assert_eq!(instance.get(&one).await, json!({"key": "alt", "value": "one dot"}));
    assert_eq!(instance.get(&all).await.as_array().map(Vec::len), Some(2));
    for path in [&one, &all] {
        assert_eq!(instance.call_as("admin", Method::DELETE, path, None).await.status(), StatusCode::NO_CONTENT);
    }
    assert_eq!(instance.get(&all).await, json!([]));
    assert_eq!(get(&instance, "admin", &one).await.status(), StatusCode::NOT_FOUND);
}

/// 5: Deleting a record deletes its files and what is said of them.
#[tokio::test]
async fn files_go_with_the_record() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    let file = id(&attach(&instance, &record, "a.txt", b"x").await);
    instance.post(&format!("/api/now/attachment/{file}/attributes"), json!({"key": "k", "value": "v"})).await;
    instance.call_as("admin", Method::DELETE, &format!("/api/now/table/incident/{record}"), None).await;
    assert_eq!(get(&instance, "admin", &format!("/api/now/attachment/{file}")).await.status(), StatusCode::NOT_FOUND);
    let left = instance.get(&format!("/api/now/table/sys_attachment_attribute?attachment={file}")).await;
    assert_eq!(left, json!([]));
}

/// 5: Attaching does not touch the record, unless the switch attachment_bumps_parent says so.
#[tokio::test]
async fn the_record_is_not_touched() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    let path = format!("/api/now/table/incident/{record}");
    attach(&instance, &record, "a.txt", b"x").await;
    assert_eq!(instance.get(&path).await["sys_mod_count"], "0");
    instance.switch(json!({"attachment_bumps_parent": true})).await;
    attach(&instance, &record, "b.txt", b"x").await;
    assert_eq!(instance.get(&path).await["sys_mod_count"], "1");
}

/// 5: A file that is being scanned is pending and not given out; afterwards it is available.
#[tokio::test]
async fn files_are_scanned() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    instance.switch(json!({"attachment_scan_seconds": 1})).await;
    let file = attach(&instance, &record, "a.txt", b"x").await;
    assert_eq!(file["state"], "pending");
    let path = format!("/api/now/attachment/{}", id(&file));
    assert_eq!(get(&instance, "admin", &format!("{path}/file")).await.status(), StatusCode::FORBIDDEN);
    let deadline = Instant::now() + Duration::from_secs(20);
    while instance.get(&path).await["state"] != "available" {
        assert!(Instant::now() < deadline, "the scan never ends");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(get(&instance, "admin", &format!("{path}/file")).await.status(), StatusCode::OK);
}

/// 5: A file in which the scan found something is not_available.
#[tokio::test]
async fn infected_files_are_not_given_out() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    instance.switch(json!({"attachment_infected": true})).await;
    let file = attach(&instance, &record, "virus.txt", b"x").await;
    assert_eq!(file["state"], "not_available");
    let back = get(&instance, "admin", &format!("/api/now/attachment/{}/file", id(&file))).await;
    assert_eq!(back.status(), StatusCode::FORBIDDEN);
}

/// 5: A file that announces more than com.glide.attachment.max_size is refused before it is sent.
#[tokio::test]
async fn announced_too_large() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    let address = instance.url("");
    let host = address.strip_prefix("http://").expect("an address");
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\nContent-Type: text/plain\r\n\
         Content-Length: 99999999999\r\n\r\n",
        place("", "incident", &record, "f")
    );
    let mut connection = TcpStream::connect(host).expect("a connection");
    let asked = tokio::task::spawn_blocking(move || {
        connection.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
        connection.write_all(request.as_bytes()).expect("sent");
        let mut answer = vec![0; 4_096];
        let length = connection.read(&mut answer).expect("an answer without the body");
        answer.truncate(length);
        answer
    });
    let answer = asked.await.expect("an answer");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("1024 MB"), "{answer}");
}

/// 5: A file that turns out larger than the limit is refused on the way and leaves nothing.
#[tokio::test]
async fn too_large_on_the_way() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    instance.set_property("com.glide.attachment.max_size", "1").await;
    // Without end: only a reader that stops in time ever answers.
    let endless = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![7_u8; 65_536]));
    let path = place("", "incident", &record, "f");
    let request = instance.http.post(instance.url(&path)).basic_auth("admin", Some("admin"));
    let request = request.header(header::CONTENT_TYPE, "text/plain").body(reqwest::Body::wrap_stream(endless));
    // The connection may be closed while more is being sent.
    if let Ok(response) = request.send().await {
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    }
    assert_eq!(instance.get(&format!("/api/now/attachment?table_sys_id={record}")).await, json!([]));
}

/// 5: The property glide.attachment.extensions says which files may be attached.
#[tokio::test]
async fn extensions() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    instance.set_property("glide.attachment.extensions", "txt,.PDF").await;
    for (name, status) in [
        ("a.txt", StatusCode::CREATED),
        ("a.pdf", StatusCode::CREATED),
        ("a.exe", StatusCode::BAD_REQUEST),
        ("txt", StatusCode::BAD_REQUEST),
    ] {
        let response = send(&instance, "admin", &place("", "incident", &record, name), "text/plain", "x").await;
        assert_eq!(response.status(), status, "{name}");
    }
}

/// 5: A path in a file's name is only ever a name.
#[tokio::test]
async fn names_are_no_paths() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    assert_eq!(attach(&instance, &record, "../../etc/passwd", b"x").await["file_name"], "passwd");
    assert_eq!(attach(&instance, &record, "a\r\nSet-Cookie: b", b"x").await["file_name"], "aSet-Cookie: b");
    let response = send(&instance, "admin", &place("", "incident", &record, ".."), "text/plain", "x").await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

/// 5: Images inside a text are files under a table name that begins with ZZ_YY, with the same rights.
#[tokio::test]
async fn inline_images() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    let response = send(&instance, "employee", &place("", "ZZ_YYincident", &record, "i.gif"), "image/gif", GIF).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let file = result(response).await;
    assert_eq!(file["table_name"], "ZZ_YYincident");
    let path = format!("/api/now/attachment/{}", id(&file));
    assert_eq!(get(&instance, "abel.tuter", &path).await.status(), StatusCode::NOT_FOUND);
}

/// 5: creation_time sets when a file counts as created.
#[tokio::test]
async fn creation_time() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    let path = place("", "incident", &record, "f") + "&creation_time=2020-02-03%2004:05:06";
    let file = result(send(&instance, "admin", &path, "text/plain", "x").await).await;
    assert_eq!(file["sys_created_on"], "2020-02-03 04:05:06");
}

/// 5: A business rule on sys_attachment runs when a file is attached.
#[tokio::test]
async fn rules_see_new_files() {
    let instance = Instance::start().await;
    let rule = json!({"name": "Files", "collection": "sys_attachment", "when": "after", "action_insert": "true",
        "advanced": "true", "script": "gs.info('attached ' + current.file_name);"});
    instance.post("/api/now/table/sys_script", rule).await;
    let record = incident(&instance).await;
    attach(&instance, &record, "seen.txt", b"x").await;
    let log = instance.get("/api/now/table/syslog?sysparm_query=messageLIKEattached seen.txt").await;
    assert_eq!(log.as_array().map(Vec::len), Some(1));
}

/// 5: An empty file is a file.
#[tokio::test]
async fn empty_files() {
    let instance = Instance::start().await;
    let record = incident(&instance).await;
    let file = attach(&instance, &record, "empty.txt", b"").await;
    assert_eq!(file["size_bytes"], "0");
    let back = get(&instance, "admin", &format!("/api/now/attachment/{}/file", id(&file))).await;
    assert_eq!(back.bytes().await.expect("bytes").len(), 0);
}
