//! The `sysparm_` parameters of a call and its plain `name=value` filters (contract 2.2).

use axum::http::HeaderMap;
use url::form_urlencoded;

use super::ApiError;
use super::media::acceptable;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    Values,
    Labels,
    Both,
}

#[derive(Debug, Clone)]
pub(super) struct Options {
    pub query: Option<String>,
    pub filters: Vec<(String, String)>,
    pub show: Show,
    pub links: bool,
    pub fields: Option<Vec<String>>,
    pub view: Option<String>,
    pub limit: i64,
    pub offset: i64,
    pub count: bool,
    pub pages: bool,
    pub input_labels: bool,
    /// All parameters as they came, for the page links.
    pub given: Vec<(String, String)>,
}

const LARGEST_PAGE: i64 = 10_000;

impl Options {
    pub fn read(raw: Option<&str>, headers: &HeaderMap) -> Result<Self, ApiError> {
        acceptable(headers)?;
        let given: Vec<(String, String)> =
            form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).into_owned().collect();
        let parameter = |name: &str| given.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let is_true = |name| parameter(name) == Some("true");
        let number = |name| parameter(name).and_then(|text| text.trim().parse::<i64>().ok());
        let filters = given.iter().filter(|(key, _)| !key.starts_with("sysparm_") && !key.is_empty());
        Ok(Self {
            query: parameter("sysparm_query").map(str::to_owned),
            filters: filters.cloned().collect(),
            show: match parameter("sysparm_display_value") {
                Some("true") => Show::Labels,
                Some("all") => Show::Both,
                _ => Show::Values,
            },
            links: !is_true("sysparm_exclude_reference_link"),
            fields: parameter("sysparm_fields").filter(|text| !text.trim().is_empty()).map(|text| {
                text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
            }),
            view: parameter("sysparm_view").filter(|name| !name.is_empty()).map(str::to_owned),
            limit: number("sysparm_limit").filter(|&limit| limit >= 0).unwrap_or(LARGEST_PAGE),
            offset: number("sysparm_offset").unwrap_or(0).max(0),
            count: !is_true("sysparm_no_count"),
            pages: !is_true("sysparm_suppress_pagination_header"),
            input_labels: is_true("sysparm_input_display_value"),
            given,
        })
    }

    /// The same for whole records.
    pub fn complete(&self) -> Self {
        Self { fields: None, ..self.clone() }
    }

    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn is_true(&self, name: &str) -> bool {
        self.given.iter().any(|(key, value)| key == name && value == "true")
    }
}
