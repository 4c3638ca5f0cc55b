//! Random names: sys_ids, tokens, client ids. The sandbox's one source of random numbers.

use std::fmt::Write as _;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};

/// A new record's sys_id: 32 hexadecimal digits.
pub(crate) fn sys_id() -> String {
    hex(bytes::<16>())
}

/// A new client's secret.
pub(crate) fn secret() -> String {
    hex(bytes::<20>())
}

pub(crate) fn salt() -> String {
    hex(bytes::<8>())
}

/// An opaque token, as long as ServiceNow's are.
pub(crate) fn token() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes::<64>())
}

// Nothing here is ordered by these values, so tests repeat without turning them.
#[allow(clippy::disallowed_methods)]
fn bytes<const N: usize>() -> [u8; N] {
    rand::random()
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
