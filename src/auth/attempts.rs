//! How often somebody may try to sign in. Counted in the store, so that all processes count together.

use crate::secrets::fingerprint;
use crate::store::{Result, Tx};
use std::net::IpAddr;

/// How long attempts are remembered.
pub const REMEMBERED: i64 = 15 * 60 * 1000;
/// Attempts for one account from one address, where a person mistypes.
pub const FROM_ONE_PLACE: i64 = 10;
/// Attempts for one account from anywhere, and from one address for any: enough for an office behind one address.
pub const IN_ALL: i64 = 100;

/// Somebody tries to sign in. Each attempt counts before the password is looked at: many at once gain nothing.
pub struct Attempt {
    /// What is counted, and how far. Always in this order, so that attempts at the same time wait for each other in turn.
    counted: [(String, i64); 3],
}

/// How an attempt was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Within,
    /// The first that was too many, and the others after it; when counting begins anew.
    TooMany {
        is_first: bool,
        ends_at: i64,
    },
}

impl Attempt {
    pub fn of(email: &str, peer: Option<IpAddr>) -> Self {
        // What was typed may be a password: only its fingerprint is kept.
        let account = fingerprint(email.trim().to_lowercase());
        let address = place(peer);
        Self {
            counted: [
                (format!("account {account}"), IN_ALL),
                (format!("address {address}"), IN_ALL),
                (format!("both {account} {address}"), FROM_ONE_PLACE),
            ],
        }
    }

    pub async fn count(&self, tx: &mut Tx, now: i64) -> Result<Counted> {
        tx.delete_ended_attempts(now).await?;
        let mut counted = Counted::Within;
        for (what, most) in &self.counted {
            let (tried, ends_at) = tx.count_attempt(what, now, now + REMEMBERED).await?;
            if tried > *most {
                counted = Counted::TooMany { is_first: tried == most + 1, ends_at };
            }
        }
        Ok(counted)
    }

    /// It was the person: nothing was guessed.
    pub async fn take_back(&self, tx: &mut Tx) -> Result<()> {
        for (what, _) in &self.counted {
            tx.take_back_attempt(what).await?;
        }
        Ok(())
    }
}

/// Of an IPv6 address its network: whoever has one address there has all of them.
fn place(peer: Option<IpAddr>) -> String {
    match peer.map(|peer| peer.to_canonical()) {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stands_for_its_network_and_an_old_one_for_itself() {
        let of = |text: &str| place(Some(text.parse().expect("an address")));
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }
}
