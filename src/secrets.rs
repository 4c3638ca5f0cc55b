//! Secrets at rest: sealed with XChaCha20-Poly1305 under a key that lives outside of the database.
//!
//! A sealed text reads `v1.<base64 of nonce and cipher text>`; the place it belongs to (table, row,
//! column) is bound in, so that a sealed value copied to another row does not open there.

use crate::clock::Clock;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

const NONCE: usize = 24;

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error(
        "the key file {path} could not be used: {source}. Make it readable for this user, or name another with --key-file."
    )]
    File { path: PathBuf, source: std::io::Error },
    #[error(
        "the key file {path} does not hold 32 bytes in base64. Restore it from your backup; without it the stored tokens cannot be opened."
    )]
    Malformed { path: PathBuf },
    #[error("the key file {path} may be read by others on this machine. Run: chmod 600 {path}")]
    Exposed { path: PathBuf },
    #[error("a stored secret does not open with this key. The key file is not the one it was sealed with.")]
    WrongKey,
}

/// What is kept of a token where only its likeness must be told: SHA-256, as text.
pub fn fingerprint(token: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

/// The place of a connection's webhook secret.
pub fn webhook_place(connection: &str) -> String {
    format!("connections.webhook_secret/{connection}")
}

/// Seals and opens. Cheap to clone.
#[derive(Clone)]
pub struct Secrets {
    cipher: XChaCha20Poly1305,
}

impl Secrets {
    /// Reads the key file, or makes one (mode 0600) where there is none.
    pub fn open_or_create(path: &Path, clock: &dyn Clock) -> Result<Self, SecretError> {
        let failed = |source| SecretError::File { path: path.to_owned(), source };
        let mut key = [0; 32];
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode();
                if mode & 0o077 != 0 {
                    return Err(SecretError::Exposed { path: path.to_owned() });
                }
                let bytes = STANDARD.decode(text.trim()).ok().filter(|bytes| bytes.len() == key.len());
                let bytes = bytes.ok_or_else(|| SecretError::Malformed { path: path.to_owned() })?;
                key.copy_from_slice(&bytes);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                clock.fill(&mut key);
                let mut file =
                    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
                file.write_all(STANDARD.encode(key).as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
        Ok(Self::with_key(key))
    }

    pub fn with_key(key: [u8; 32]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&Key::from(key)) }
    }

    /// `place` names where the secret will be kept, such as `tokens.access/01H…`.
    pub fn seal(&self, place: &str, secret: &str, clock: &dyn Clock) -> Result<String, SecretError> {
        let mut nonce = [0; NONCE];
        clock.fill(&mut nonce);
        let payload = Payload { msg: secret.as_bytes(), aad: place.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| SecretError::WrongKey)?;
        Ok(format!("v1.{}", STANDARD.encode([nonce.as_slice(), &sealed].concat())))
    }

    pub fn open(&self, place: &str, sealed: &str) -> Result<SecretString, SecretError> {
        let bytes =
            sealed.strip_prefix("v1.").and_then(|text| STANDARD.decode(text).ok()).ok_or(SecretError::WrongKey)?;
        let (nonce, text) = bytes.split_first_chunk::<NONCE>().ok_or(SecretError::WrongKey)?;
        let payload = Payload { msg: text, aad: place.as_bytes() };
        let opened = self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| SecretError::WrongKey)?;
        String::from_utf8(opened).map(Into::into).map_err(|_| SecretError::WrongKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use secrecy::ExposeSecret;

    #[test]
    fn what_is_sealed_opens_only_in_its_place_and_under_its_key() {
        let secrets = Secrets::with_key([7; 32]);
        let sealed = secrets.seal("tokens.access/1", "s3cret", &SystemClock).expect("seals");
        assert!(!sealed.contains("s3cret"));
        assert_eq!(secrets.open("tokens.access/1", &sealed).expect("opens").expose_secret(), "s3cret");
        assert!(secrets.open("tokens.access/2", &sealed).is_err());
        assert!(Secrets::with_key([8; 32]).open("tokens.access/1", &sealed).is_err());
        assert!(secrets.open("tokens.access/1", "v1.AAAA").is_err(), "short input is an error, not a panic");
    }

    #[test]
    fn the_key_file_is_made_once_and_kept_private() {
        let folder = std::env::temp_dir().join(format!("isthmus-key-{}", SystemClock.id()));
        std::fs::create_dir(&folder).expect("a folder");
        let path = folder.join("key");
        let sealed =
            Secrets::open_or_create(&path, &SystemClock).expect("made").seal("a", "b", &SystemClock).expect("seals");
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert!(Secrets::open_or_create(&path, &SystemClock).expect("read").open("a", &sealed).is_ok());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("set");
        assert!(matches!(Secrets::open_or_create(&path, &SystemClock), Err(SecretError::Exposed { .. })));
        std::fs::remove_dir_all(&folder).expect("gone");
    }
}
