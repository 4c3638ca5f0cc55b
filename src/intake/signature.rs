//! Who called: the signature over the exact bytes that came, with either of the secrets that are valid.
//!
//! Ours is over `timestamp.body` and has an end. S3's `X-ServiceNow-Signature` is over the body alone; its guide names a
//! function that ServiceNow does not have, so HMAC-SHA256 counts in Base64 and in hex, with `sha256=` before it or without.

use super::known::Caller;
use crate::connectors::servicenow::is_signed;
use crate::store::TurnedAway;
use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const OURS: &str = "x-isthmus-signature";
const TIMESTAMP: &str = "x-isthmus-timestamp";
const GUIDES: &str = "x-servicenow-signature";
/// How far ServiceNow's clock may be from ours.
pub(super) const WINDOW_MS: i64 = 5 * 60 * 1000;

/// A signature that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signed {
    /// Half of the signature: as good as all of it to know it again.
    pub mark: u128,
    /// The number of the secret.
    pub serial: i64,
    /// Whether the format is ours, so that the event in the body is the sender's word.
    pub is_ours: bool,
}

/// `None` for a call without a signature, where the connection takes it. One that has a signature must fit.
pub(super) fn verify(
    caller: &Caller,
    headers: &HeaderMap,
    body: &[u8],
    now: i64,
) -> Result<Option<Signed>, TurnedAway> {
    if headers.contains_key(OURS) || headers.contains_key(TIMESTAMP) {
        return ours(caller, headers, body, now).map(Some);
    }
    if headers.contains_key(GUIDES) {
        return guides(caller, headers, body, now).map(Some);
    }
    if caller.hooks.unsigned == 1 { Ok(None) } else { Err(TurnedAway::Unsigned) }
}

fn ours(caller: &Caller, headers: &HeaderMap, body: &[u8], now: i64) -> Result<Signed, TurnedAway> {
    let (signature, timestamp) = text(headers, OURS).zip(text(headers, TIMESTAMP)).ok_or(TurnedAway::WrongSignature)?;
    let mark = STANDARD.decode(signature).ok().and_then(|given| mark(&given)).ok_or(TurnedAway::WrongSignature)?;
    let serial = caller.signed_with(now, |secret| is_signed(secret, timestamp, body, signature));
    let serial = serial.ok_or(TurnedAway::WrongSignature)?;
    let sent_at: i64 = timestamp.parse().map_err(|_| TurnedAway::OutOfTime)?;
    if sent_at.saturating_sub(now).saturating_abs() > WINDOW_MS {
        return Err(TurnedAway::OutOfTime);
    }
    Ok(Signed { mark, serial, is_ours: true })
}

fn guides(caller: &Caller, headers: &HeaderMap, body: &[u8], now: i64) -> Result<Signed, TurnedAway> {
    let given = text(headers, GUIDES).and_then(decode).ok_or(TurnedAway::WrongSignature)?;
    let mark = mark(&given).ok_or(TurnedAway::WrongSignature)?;
    let serial = caller.signed_with(now, |secret| {
        Hmac::<Sha256>::new_from_slice(secret.as_bytes())
            .is_ok_and(|mac| mac.chain_update(body).verify_slice(&given).is_ok())
    });
    Ok(Signed { mark, serial: serial.ok_or(TurnedAway::WrongSignature)?, is_ours: false })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

fn decode(signature: &str) -> Option<Vec<u8>> {
    let bare = signature.strip_prefix("sha256=").unwrap_or(signature);
    hex(bare).or_else(|| STANDARD.decode(bare).ok())
}

/// 64 digits. Base64 of as many bytes is shorter, so neither is taken for the other.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    digits
        .filter(|digits| digits.len() == 64)
        .map(|digits| digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn mark(signature: &[u8]) -> Option<u128> {
    signature.first_chunk::<16>().map(|half| u128::from_be_bytes(*half))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write as _;

    proptest! {
        #[test]
        fn a_signature_is_read_however_it_is_written(bytes in any::<[u8; 32]>()) {
            let lower = bytes.iter().fold(String::new(), |mut text, byte| { let _ = write!(text, "{byte:02x}"); text });
            for text in [STANDARD.encode(bytes), lower.to_uppercase(), lower] {
                prop_assert_eq!(decode(&text), Some(bytes.to_vec()));
                prop_assert_eq!(decode(&format!("sha256={text}")), Some(bytes.to_vec()));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,100}") {
            decode(&text);
        }
    }
}
