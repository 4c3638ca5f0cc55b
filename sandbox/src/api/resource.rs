//! What a REST path addresses, in the words in which administrators write rules about it: rate limits
//! (contract 10) and authentication scopes (contract 1.8).

use axum::http::Method;

pub(crate) struct Resource<'a> {
    method: &'a str,
    /// Such as `v1`; empty for the newest.
    version: &'a str,
    /// The path without `/api` and the version: `now`, `table`, `incident`.
    segments: Vec<&'a str>,
}

/// The APIs by the name that administrators choose from.
const TITLES: &[(&str, &str)] = &[
    ("now/table", "Table API"),
    ("now/attachment", "Attachment API"),
    ("now/stats", "Aggregate API"),
    ("now/import", "Import Set API"),
    ("now/batch", "Batch API"),
    ("now/account", "Account API"),
    ("now/contact", "Contact API"),
    ("sn_customerservice/case", "Case API"),
    ("sn_km_api/knowledge", "Knowledge Management REST API"),
];

impl<'a> Resource<'a> {
    pub fn of(method: &'a Method, path: &'a str) -> Self {
        let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).skip(1).collect();
        let versioned = segments.get(1).copied().filter(|segment| is_version(segment));
        if versioned.is_some() {
            segments.remove(1);
        }
        Self { method: method.as_str(), version: versioned.unwrap_or_default(), segments }
    }

    /// Such as `now/table`.
    fn api(&self) -> String {
        self.segments.iter().take(2).copied().collect::<Vec<_>>().join("/")
    }

    /// Such as `Table API`.
    pub fn title(&self) -> String {
        let api = self.api();
        TITLES.iter().find(|(key, _)| *key == api).map_or(api, |(_, title)| (*title).to_owned())
    }

    /// The third part of the path: of the Table API, the table.
    pub fn table(&self) -> &str {
        self.segments.get(2).copied().unwrap_or_default()
    }

    /// `now/table`, `Table API` or a path that the request's begins with.
    pub fn is_of(&self, api: &str) -> bool {
        let api = api.trim();
        if let Some(path) = api.strip_prefix("/api/") {
            let wanted = path.split('/').filter(|segment| !segment.is_empty() && !is_version(segment));
            return wanted.enumerate().all(|(at, segment)| self.segments.get(at) == Some(&segment));
        }
        !api.is_empty() && (self.api().eq_ignore_ascii_case(api) || self.title().eq_ignore_ascii_case(api))
    }

    /// Nothing said means any.
    pub fn has_method(&self, method: &str) -> bool {
        method.is_empty() || self.method.eq_ignore_ascii_case(method)
    }

    pub fn has_version(&self, version: &str) -> bool {
        match version {
            "" => true,
            "latest" => self.version.is_empty(),
            version => self.version.eq_ignore_ascii_case(version),
        }
    }

    /// A template such as `/now/table/{tableName}`, with or without its method before it.
    pub fn is_at(&self, template: &str) -> bool {
        let path = template.rsplit_once(' ').map_or(template, |(_, path)| path).trim_start_matches("/api");
        let parts: Vec<&str> =
            path.split('/').filter(|part| !part.is_empty() && !is_version(part) && *part != "{version}").collect();
        let same = |(part, segment): (&&str, &&str)| part.starts_with('{') || part == segment;
        parts.is_empty() || parts.len() == self.segments.len() && parts.iter().zip(&self.segments).all(same)
    }
}

fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_in_several_ways() {
        let path = Resource::of(&Method::GET, "/api/now/v2/table/incident/abc");
        assert_eq!((path.title().as_str(), path.table()), ("Table API", "incident"));
        assert!(path.is_of("now/table") && path.is_of("table api") && path.is_of("/api/now/table/incident"));
        assert!(!path.is_of("now/stats") && !path.is_of("") && !path.is_of("/api/now/table/problem"));
        assert!(path.is_at("/now/table/{tableName}/{sys_id}") && path.is_at("GET /now/v2/table/incident/{sys_id}"));
        assert!(!path.is_at("/now/table/{tableName}"));
        assert!(path.has_version("v2") && !path.has_version("v1") && !path.has_version("latest"));
    }
}
