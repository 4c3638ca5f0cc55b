//! Random names: sys_ids, tokens, client ids. The sandbox's one source of random numbers.

use std::fmt::Write as _;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use sha2::{Digest, Sha256};

/// A new record's sys_id: 32 hexadecimal digits.
pub(crate) fn sys_id() -> String {
    hex(bytes::<16>())
}

/// A sys_id that is the same everywhere, from a name.
pub(crate) fn fixed_id(name: &str) -> String {
    hex(&Sha256::digest(name)[..16])
}

/// A new client's secret.
pub(crate) fn secret() -> String {
    hex(bytes::<20>())
}

/// What an answer is called in the instance's logs.
pub(crate) fn transaction_id() -> String {
    hex(bytes::<6>())
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

/// The n-th number, from 0 up to 1, of the sequence that a seed stands for: the same on every machine
/// (splitmix64).
pub(crate) fn draw(seed: u64, n: u64) -> f64 {
    let mut z = seed.wrapping_add(n.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let upper = u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or_default();
    f64::from(upper) / (f64::from(u32::MAX) + 1.0)
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
