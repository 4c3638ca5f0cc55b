//! What was asked of a side and what it answered, for whoever looks at an attempt later: bounded, and without secrets.
//! Nothing is written down unless somebody listens.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::sync::{Arc, Mutex, PoisonError};

/// Characters of a text that are kept.
const TEXT: usize = 2_000;
/// Exchanges of one piece of work that are kept.
const EXCHANGES: usize = 20;
/// Stands for what nobody may read.
const MASK: &str = "•••";
/// Parts of names whose values are masked.
const SECRETS: [&str; 6] = ["password", "secret", "token", "authorization", "passphrase", "private_key"];

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    pub method: String,
    /// Path and query, without the host.
    pub address: String,
    pub request: String,
    /// 0 when no answer came.
    pub status: u16,
    pub took_ms: i64,
    pub response: String,
}

tokio::task_local! {
    static OVERHEARD: Arc<Mutex<Vec<Exchange>>>;
}

/// Does a piece of work, of which [`heard`] tells while it lasts.
pub async fn overhear<T>(work: impl Future<Output = T>) -> T {
    OVERHEARD.scope(Arc::default(), work).await
}

/// Whether somebody listens: what nobody hears need not be said.
pub fn is_overheard() -> bool {
    OVERHEARD.try_with(|_| ()).is_ok()
}

/// What was asked and answered so far.
pub fn heard() -> Vec<Exchange> {
    OVERHEARD.try_with(|heard| heard.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
}

pub fn note(exchange: impl FnOnce() -> Exchange) {
    let _ = OVERHEARD.try_with(|heard| {
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.len() < EXCHANGES {
            heard.push(exchange());
        }
    });
}

/// JSON as it may be shown.
pub fn shown(body: &Json) -> String {
    if body.is_null() { String::new() } else { cut(&masked(body).to_string()) }
}

/// A body that came as text: as JSON if it is some.
pub fn shown_text(text: &str) -> String {
    serde_json::from_str(text).map_or_else(|_| cut(text), |body| shown(&body))
}

fn masked(body: &Json) -> Json {
    match body {
        Json::Object(object) => object
            .iter()
            .map(|(name, value)| {
                let lower = name.to_lowercase();
                let is_secret = SECRETS.iter().any(|secret| lower.contains(secret));
                (name.clone(), if is_secret { MASK.into() } else { masked(value) })
            })
            .collect(),
        Json::Array(array) => array.iter().map(masked).collect(),
        other => other.clone(),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        Some((at, _)) => format!("{}… ({} characters in all)", &text[..at], text.chars().count()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn exchange() -> Exchange {
        let empty = String::new;
        Exchange {
            method: "GET".into(),
            address: empty(),
            request: empty(),
            status: 200,
            took_ms: 1,
            response: empty(),
        }
    }

    #[tokio::test]
    async fn only_who_listens_hears_and_not_without_end() {
        note(|| unreachable!("nobody listens"));
        assert!(heard().is_empty());
        let heard = overhear(async {
            for _ in 0..100 {
                note(exchange);
            }
            heard()
        })
        .await;
        assert_eq!(heard.len(), EXCHANGES);
        assert!(super::heard().is_empty());
    }

    proptest! {
        #[test]
        fn no_secret_is_shown_however_deep_it_lies(depth in 0_usize..4, name in "[a-z_]{0,4}", secret in "[A-Z]{8}") {
            for word in SECRETS {
                let mut body = json!({format!("{name}{word}{name}"): {"value": secret}, "title": "shown"});
                for _ in 0..depth {
                    body = json!({"result": [body]});
                }
                let shown = shown(&body);
                prop_assert!(!shown.contains(&secret) && shown.contains("shown") && shown.contains(MASK), "{}", shown);
                prop_assert_eq!(shown_text(&body.to_string()), shown);
            }
        }

        #[test]
        fn what_is_long_is_cut_between_characters(text in "[aä€]{1990,2010}") {
            prop_assert!(shown_text(&text).chars().count() < TEXT + 40);
        }
    }
}
