//! System OAuth > Application Registry: the list of OAuth clients, and registering one (contract 1.7).

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use url::Url;

use super::{Failure, SignedIn, layout, must_be_admin};
use crate::instance::Instance;
use crate::random;
use crate::records::Input;
use crate::user::User;

pub(super) async fn show(State(instance): State<Arc<Instance>>, SignedIn(user): SignedIn) -> Result<Response, Failure> {
    must_be_admin(&user)?;
    page(&instance, &user, "", &Registration::default()).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Registration {
    name: String,
    redirect_url: String,
    /// `oauth_jwt` for a client that signs assertions.
    kind: String,
}

impl Registration {
    fn problem(&self) -> Option<&'static str> {
        let mut urls = self.redirect_url.split_whitespace().peekable();
        if self.name.trim().is_empty() {
            Some("Give the client a name.")
        } else if urls.peek().is_none() {
            Some("Give at least one redirect URL.")
        } else if urls.any(|url| !Url::parse(url).is_ok_and(|url| url.has_host())) {
            Some("A redirect URL must be complete, such as https://example.com/callback.")
        } else {
            None
        }
    }
}

pub(super) async fn register(
    State(instance): State<Arc<Instance>>,
    SignedIn(user): SignedIn,
    Form(given): Form<Registration>,
) -> Result<Response, Failure> {
    must_be_admin(&user)?;
    if let Some(problem) = given.problem() {
        let page = page(&instance, &user, &layout::alert(problem), &given).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let (id, secret) = (random::sys_id(), random::secret());
    let kind = if given.kind == "oauth_jwt" { "oauth_jwt" } else { "oauth_entity" };
    let table = instance.table(kind).ok_or_else(|| Failure::internal(&"no oauth_entity table"))?;
    let urls: Vec<&str> = given.redirect_url.split_whitespace().collect();
    let input = Input::new([
        ("name", given.name.trim()),
        ("client_id", &id),
        ("client_secret", &secret),
        ("redirect_url", &urls.join(",")),
    ]);
    instance.insert(&user, table, input).await.map_err(|cause| Failure::internal(&cause))?;
    let made = format!(
        r#"<div class="card" role="status"><p>The client is registered.</p>
<p>Client ID: <code id="client_id">{id}</code></p><p>Client Secret: <code id="client_secret">{secret}</code></p></div>"#
    );
    page(&instance, &user, &made, &Registration::default()).await
}

async fn page(instance: &Instance, user: &User, notice: &str, given: &Registration) -> Result<Response, Failure> {
    let rows = instance.query("oauth_entity", "ORDERBYname", user, 500).await?;
    let shown: Vec<String> = rows
        .iter()
        .map(|client| {
            layout::row(&[
                format!(
                    r#"<a href="/oauth_entity.do?sys_id={}">{}</a>"#,
                    layout::escape(client.sys_id()),
                    layout::escape(client.get("name"))
                ),
                format!("<code>{}</code>", layout::escape(client.get("client_id"))),
                layout::escape(&client.get("redirect_url").replace(',', ", ")),
            ])
        })
        .collect();
    let listed = layout::table(&["Name", "Client ID", "Redirect URLs"].map(layout::plain_heading), &shown);
    let body = format!(
        r#"<h1>Application Registry</h1><p class="meta"><a href="/oauth_credential_list.do">Manage Tokens</a></p>{notice}{listed}
<h2>Register a client</h2><form method="post" action="/oauth_entity_list.do" class="card">{}{}
<p><label>Kind <select name="kind"><option value="oauth_entity">OAuth API endpoint for external clients</option>
<option value="oauth_jwt">OAuth JWT API endpoint for external clients</option></select></label></p>
<div class="actions"><button class="primary">Register</button></div></form>"#,
        layout::input("name", "Name", &given.name, "required"),
        layout::area("redirect_url", "Redirect URLs", &given.redirect_url, 3),
    );
    Ok(layout::page("Application Registry", Some(user), &body).into_response())
}
