//! The business rule that tells us of changes, and the signature it makes (contract 11).
//!
//! It runs asynchronously, so nobody who saves waits for us, and sends identifiers only: a change is a
//! hint, the record is read afterwards with the connection's own rights.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

/// The rule's sys_id: the same for a connection each time, so that installing again updates.
pub fn rule_id(connection: &str) -> String {
    let hash = Sha256::digest(format!("isthmus business rule {connection}"));
    let half: [u8; 16] = std::array::from_fn(|i| hash[i]);
    format!("{:032x}", u128::from_be_bytes(half))
}

/// HMAC-SHA256 over `timestamp.body`, keyed with the secret's text.
fn mac(secret: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

/// What the rule puts into `X-Isthmus-Signature`: Base64, as ServiceNow's `generateMac` answers.
pub fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    mac(secret, timestamp, body).map(|mac| STANDARD.encode(mac.finalize().into_bytes())).unwrap_or_default()
}

/// Constant-time check of a signature over the exact bytes that came.
pub fn is_signed(secret: &str, timestamp: &str, body: &[u8], signature: &str) -> bool {
    let Ok(given) = STANDARD.decode(signature) else {
        return false;
    };
    mac(secret, timestamp, body).is_some_and(|mac| mac.verify_slice(&given).is_ok())
}

/// The `sys_script` row to write.
pub fn row(connection: &str, name: &str, table: &str, endpoint: &str, secret: &str) -> Json {
    json!({
        "sys_id": rule_id(connection),
        "name": format!("Isthmus: tell {name}"),
        "collection": table,
        "when": "async",
        "order": "1000",
        "active": "true",
        "advanced": "true",
        "action_insert": "true",
        "action_update": "true",
        "action_delete": "false",
        "action_query": "false",
        "description": "Tells Isthmus that a record changed. Sends identifiers only, signed. Installed from its console.",
        "script": business_rule(table, endpoint, secret),
    })
}

/// The script itself: ES5, for ServiceNow's older engine as well.
pub fn business_rule(table: &str, endpoint: &str, secret: &str) -> String {
    let key = STANDARD.encode(secret);
    let table = Json::from(table);
    format!(
        r"(function executeRule(current, previous /*null when async*/) {{
    // Identifiers only, so that every byte of the body is ASCII and the signature is over exactly these bytes.
    var body = JSON.stringify({{
        event: current.getUniqueValue() + '@' + current.getValue('sys_updated_on') + '#' + current.getValue('sys_mod_count'),
        table: {table},
        sys_id: current.getUniqueValue()
    }});
    var timestamp = String(new Date().getTime());
    var request = new sn_ws.RESTMessageV2();
    request.setHttpMethod('POST');
    request.setEndpoint('{endpoint}');
    request.setHttpTimeout(10000);
    request.setRequestHeader('Content-Type', 'application/json');
    request.setRequestHeader('X-Isthmus-Timestamp', timestamp);
    request.setRequestHeader('X-Isthmus-Signature',
        new GlideCertificateEncryption().generateMac('{key}', 'HmacSHA256', timestamp + '.' + body));
    request.setRequestBody(body);
    var response = request.execute();
    if (response.haveError() || response.getStatusCode() >= 300) {{
        // Nothing is lost: Isthmus also polls.
        gs.warn('Isthmus did not take the news of ' + current.getUniqueValue() + ': ' + response.getStatusCode());
    }}
}})(current, previous);"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_bytes_only() {
        let made = signature("secret", "17", b"{}");
        assert!(is_signed("secret", "17", b"{}", &made));
        assert!(!is_signed("secret", "18", b"{}", &made));
        assert!(!is_signed("secret", "17", b"{} ", &made));
        assert!(!is_signed("other", "17", b"{}", &made));
        assert!(!is_signed("secret", "17", b"{}", "not base64"));
    }

    #[test]
    fn a_connections_rule_keeps_its_id() {
        assert_eq!(rule_id("a"), rule_id("a"));
        assert_ne!(rule_id("a"), rule_id("b"));
        assert_eq!(rule_id("a").len(), 32);
    }
}
