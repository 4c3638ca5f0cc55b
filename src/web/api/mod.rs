//! `/api/v1`: what the pages ask for, for programs with a token. The description is made of the routes themselves.

mod answer;
mod audit;
mod conflicts;
mod connections;
mod door;
mod failures;
mod history;
mod runs;
mod tickets;

pub use door::Pace;

use super::{FORM_LIMIT, Web};
use app::model::Endpoint;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::routing::get;
use axum::{Json, Router};
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const BASE: &str = "/api/v1";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Isthmus",
        description = "Keeps ServiceNow records and another platform's tickets the same on both sides. Every request carries an API \
                       token, made in the console under Settings > API tokens, as `Authorization: Bearer TOKEN`. Lists come page \
                       by page: pass `next` of one page as `after` for the following one."
    ),
    tags(
        (name = "Connections", description = "One ServiceNow instance and table each, joined to one platform space"),
        (name = "Tickets", description = "Desk's tickets, with their links to ServiceNow"),
        (name = "Conflicts", description = "Fields about which two people disagree"),
        (name = "Failures", description = "Writes that wait for a person"),
        (name = "History", description = "What moved, and why"),
        (name = "Reconcile runs", description = "Scans for drift"),
        (name = "Audit", description = "Who changed what, and what was refused"),
    ),
    components(schemas(answer::Problem)),
    modifiers(&Bearer),
    security(("token" = []))
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

fn operations() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(connections::list))
        .routes(routes!(connections::one))
        .routes(routes!(connections::test))
        .routes(routes!(connections::pause))
        .routes(routes!(connections::resume))
        .routes(routes!(runs::list, runs::begin))
        .routes(routes!(runs::one))
        .routes(routes!(runs::stop))
        .routes(routes!(runs::go_on))
        .routes(routes!(tickets::list, tickets::create))
        .routes(routes!(tickets::one, tickets::edit))
        .routes(routes!(tickets::comment))
        .routes(routes!(conflicts::list))
        .routes(routes!(conflicts::one))
        .routes(routes!(conflicts::choose))
        .routes(routes!(failures::list))
        .routes(routes!(failures::one))
        .routes(routes!(failures::retry))
        .routes(routes!(failures::discard))
        .routes(routes!(history::list))
        .routes(routes!(history::one))
        .routes(routes!(audit::list))
}

pub fn description() -> utoipa::openapi::OpenApi {
    OpenApiRouter::with_openapi(Description::openapi()).nest(BASE, operations()).into_openapi()
}

/// What there is, for people.
pub fn endpoints() -> Vec<Endpoint> {
    let described = description();
    let listed = described.paths.paths.into_iter().flat_map(|(path, item)| {
        let methods = [("GET", item.get), ("POST", item.post), ("PATCH", item.patch)];
        methods.into_iter().filter_map(move |(method, operation)| {
            let operation = operation?;
            Some(Endpoint {
                method: method.to_owned(),
                path: path.clone(),
                what: operation.summary.unwrap_or_default(),
                area: operation.tags.and_then(|tags| tags.into_iter().next()).unwrap_or_default(),
            })
        })
    });
    listed.collect()
}

pub(super) fn router(web: &Web) -> Router {
    let guarded = Router::from(operations())
        .fallback(answer::no_such_address)
        .method_not_allowed_fallback(answer::no_such_method)
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .layer(axum::middleware::from_fn_with_state(web.clone(), door::find_out_whose_program_asks));
    let description = description();
    Router::new()
        .nest(BASE, guarded)
        .route(&format!("{BASE}/openapi.json"), get(async move || Json(description)))
        .layer(CompressionLayer::new())
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
}
