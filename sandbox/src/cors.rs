//! Which pages of other origins a browser lets call the instance: none, until an administrator says so.
//! The OAuth addresses ask the property `glide.oauth.cors.allowed.origin` (empty, a host or origin, or
//! `*`), the REST API the records of `sys_cors_rule`.

use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue, Method, header, request::Parts};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};
use url::Url;

use crate::instance::Instance;
use crate::user::User;

/// What a page may read of an answer besides its body.
const READABLE: [HeaderName; 3] = [header::LINK, header::LOCATION, HeaderName::from_static("x-total-count")];

pub(crate) fn for_oauth(instance: Arc<Instance>) -> CorsLayer {
    let allowed = move |origin: HeaderValue, _: &Parts| {
        let instance = instance.clone();
        async move {
            // A store that fails opens nothing.
            let allowed = instance.property("glide.oauth.cors.allowed.origin").await.ok().flatten().unwrap_or_default();
            origin.to_str().is_ok_and(|origin| fits(origin, &allowed))
        }
    };
    layer(AllowOrigin::async_predicate(allowed))
}

pub(crate) fn for_api(instance: Arc<Instance>) -> CorsLayer {
    let allowed = move |origin: HeaderValue, parts: &Parts| {
        let instance = instance.clone();
        // A preflight request names the method that is to follow.
        let asked = parts.headers.get(header::ACCESS_CONTROL_REQUEST_METHOD);
        let method = asked.and_then(|method| method.to_str().ok()).unwrap_or(parts.method.as_str()).to_owned();
        async move { origin.to_str().is_ok_and(|origin| !origin.is_empty()) && instance.a_rule_lets(&origin, &method).await }
    };
    layer(AllowOrigin::async_predicate(allowed))
}

fn layer(origins: AllowOrigin) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods(AllowMethods::list([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE]))
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(READABLE)
}

impl Instance {
    async fn a_rule_lets(&self, origin: &HeaderValue, method: &str) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        let rules = self.query("sys_cors_rule", "active=true", &User::system(), 1_000).await.unwrap_or_default();
        let lets =
            |methods: &str| methods.is_empty() || methods.split(',').any(|one| one.trim().eq_ignore_ascii_case(method));
        rules.iter().any(|rule| fits(origin, rule.get("domain")) && lets(rule.get("http_methods")))
    }
}

/// Whether an origin such as `https://app.example.com` is the allowed one, given whole or by its host.
fn fits(origin: &str, allowed: &str) -> bool {
    let host = || Url::parse(origin).is_ok_and(|url| url.host_str() == Some(allowed));
    !allowed.is_empty() && (allowed == "*" || allowed.trim_end_matches('/') == origin || host())
}
