//! Addresses with a query: what a page reads from its own, and what its links say.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::location::Url;

/// The path with those pairs that have a value, so that addresses stay short enough to read and share.
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let told: Vec<_> = pairs.iter().filter(|(_, value)| !value.is_empty()).copied().collect();
    with_pairs(path, &told)
}

/// The path with all of these pairs: an input that was emptied says so.
pub fn with_pairs(path: &str, pairs: &[(&str, &str)]) -> String {
    pairs.iter().fold(path.to_owned(), |address, (name, value)| with_pair(&address, name, value))
}

/// The address with one more pair.
pub fn with_pair(address: &str, name: &str, value: &str) -> String {
    let mark = if address.contains('?') { '&' } else { '?' };
    format!("{address}{mark}{}={}", Url::escape(name), Url::escape(value))
}

/// One value of the page's address, empty when it is not there.
pub fn query(name: &str) -> String {
    use_query_map().read_untracked().get(name).unwrap_or_default()
}

/// The part of the page's path that has this name.
pub fn param(name: &str) -> String {
    use_params_map().read_untracked().get(name).unwrap_or_default()
}

/// The page number of the address, from 1.
pub fn query_page() -> i64 {
    query("page").parse().unwrap_or(1).max(1)
}

/// A page number as an address says it: the first needs no saying.
pub fn page_value(page: i64) -> String {
    if page > 1 { page.to_string() } else { String::new() }
}
