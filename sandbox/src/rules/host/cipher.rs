//! Base64, digests and signatures (contract 11.3): functions over text alone.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Answer, arguments};
use crate::random;

pub(super) fn answer(call: &str, text: &str) -> Option<Answer> {
    Some(match call {
        "guid" => Ok(random::sys_id().into()),
        "base64" => arguments(text).map(|(text,): (String,)| BASE64_STANDARD.encode(text).into()),
        "unbase64" => arguments(text).map(|(text,): (String,)| unbase64(&text)),
        "mac" => {
            arguments(text).and_then(|(key, algorithm, data): (String, String, String)| mac(&key, &algorithm, &data))
        }
        "sha256" => arguments(text).map(|(text, hex): (String, bool)| {
            let digest = Sha256::digest(text);
            if hex { random::hex(digest).into() } else { BASE64_STANDARD.encode(digest).into() }
        }),
        _ => return None,
    })
}

/// The key is Base64 of the secret's bytes, the result is Base64, the text counts as UTF-8.
fn mac(key: &str, algorithm: &str, data: &str) -> Answer {
    if !algorithm.eq_ignore_ascii_case("HmacSHA256") {
        return Err(format!("java.security.NoSuchAlgorithmException: Algorithm {algorithm} not available"));
    }
    let key = BASE64_STANDARD.decode(key.trim()).map_err(|_| "The MAC key must be Base64 encoded".to_owned())?;
    let mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|cause| cause.to_string())?;
    Ok(BASE64_STANDARD.encode(mac.chain_update(data.as_bytes()).finalize().into_bytes()).into())
}

fn unbase64(text: &str) -> Value {
    let decoded = BASE64_STANDARD.decode(text.trim()).ok();
    decoded.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).into()
}
