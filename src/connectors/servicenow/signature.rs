//! The signature that what we install in ServiceNow puts on its webhooks (contract 11.3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA256 over `timestamp.body`, keyed with the secret's text.
fn mac(secret: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

/// What the script include puts into `X-Isthmus-Signature`: Base64, as ServiceNow's `generateMac` answers.
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
}
