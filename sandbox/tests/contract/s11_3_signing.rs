//! Contract 11.3: the signature that a script makes is the one that a receiver computes.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::support::scripts::{Posted, Receiver};
use crate::support::{Instance, JOE};

const SECRET: &str = "s3cret-ü";

/// A rule as an integration would ship it: it builds the body once, signs it and sends it.
const SIGNED: &str = r"(function executeRule(current, previous /*null when async*/) {
    if (gs.getUserName() === 'itil') return;
    var body = JSON.stringify({
        number: current.number.toString(), text: current.getValue('short_description'),
        caller: current.caller_id.getDisplayValue(), email: current.caller_id.email + '',
        comment: current.comments.getJournalEntry(1)
    });
    var key = GlideStringUtil.base64Encode(gs.getProperty('x_isthmus.secret'));
    var request = new sn_ws.RESTMessageV2();
    request.setEndpoint(gs.getProperty('x_isthmus.url'));
    request.setHttpMethod('POST');
    request.setRequestHeader('Content-Type', 'application/json');
    request.setRequestHeader('X-Signature', new GlideCertificateEncryption().generateMac(key, 'HmacSHA256', body));
    request.setRequestBody(body);
    request.execute();
})(current, previous);";

async fn signing() -> (Instance, Receiver) {
    let (instance, receiver) = (Instance::start().await, Receiver::start().await);
    instance.set_property("x_isthmus.secret", SECRET).await;
    instance.set_property("x_isthmus.url", &receiver.address).await;
    instance.rule("async", "incident", SIGNED, json!({})).await;
    (instance, receiver)
}

fn is_signed(posted: &Posted) -> bool {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key").chain_update(&posted.body);
    posted.header("x-signature") == BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

/// 11.3: `generateMac` takes the secret in Base64 and gives the HMAC over the exact UTF-8 bytes of the body, in Base64.
#[tokio::test]
async fn signatures_cover_the_bytes_that_are_sent() {
    let (instance, mut receiver) = signing().await;
    let body = json!({"short_description": "Zürich → naïve 🐘 \"quoted\"\n", "caller_id": JOE});
    let made = instance.post("/api/now/table/incident", body).await;
    let posted = receiver.next().await;
    assert!(is_signed(&posted));
    let said = posted.json();
    assert_eq!((&said["number"], &said["text"]), (&made["number"], &made["short_description"]));
    assert_eq!((&said["caller"], &said["email"]), (&json!("Joe Employee"), &json!("employee@example.com")));
}

/// 11.3: A comment of ten thousand characters travels whole and is signed whole.
#[tokio::test]
async fn long_comments_are_signed() {
    let (instance, mut receiver) = signing().await;
    let comment = "äß🐘x".repeat(2_500);
    instance.post("/api/now/table/incident", json!({"comments": comment})).await;
    let posted = receiver.next().await;
    assert!(is_signed(&posted));
    assert!(posted.json()["comment"].as_str().is_some_and(|text| text.contains(&comment)));
}

/// 11.3: A single changed character of the body makes the signature wrong.
#[tokio::test]
async fn changed_bodies_are_not_signed() {
    let (instance, mut receiver) = signing().await;
    instance.post("/api/now/table/incident", json!({"short_description": "one"})).await;
    let mut posted = receiver.next().await;
    posted.body = posted.body.replace("one", "two");
    assert!(!is_signed(&posted));
}

/// 11.3: A key that is not Base64 and an algorithm that is not there are errors that a script can catch.
#[tokio::test]
async fn wrong_keys_are_errors() {
    let instance = Instance::start().await;
    let script = "return [['not base64!', 'HmacSHA256'], ['a2V5', 'HmacNone']].map(function (given) {
        try { return new GlideCertificateEncryption().generateMac(given[0], given[1], 'x'); } catch (e) { return 'error'; } });";
    assert_eq!(instance.evaluate(script).await, json!(["error", "error"]));
}

/// 11.3: `gs.base64Encode` and the digests give what other systems give for the same text.
#[tokio::test]
async fn encodings_agree_with_others() {
    let instance = Instance::start().await;
    let script = "return [gs.base64Encode('grüezi'), gs.base64Decode('Z3LDvGV6aQ=='), new GlideDigest().getSHA256Base64(''), new CertificateEncryption().generateMac('a2V5', 'HmacSHA256', 'data')];";
    let mac = Hmac::<Sha256>::new_from_slice(b"key").expect("a key").chain_update("data").finalize().into_bytes();
    let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    assert_eq!(instance.evaluate(script).await, json!(["Z3LDvGV6aQ==", "grüezi", empty, BASE64_STANDARD.encode(mac)]));
}
