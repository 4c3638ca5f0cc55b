//! The tokens that a user has given out, with their clients and ends, and a way to take each back. An
//! administrator sees everybody's (System OAuth > Manage Tokens).

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Failure, SignedIn, layout};
use crate::api::Displays;
use crate::clock;
use crate::instance::Instance;
use crate::user::User;

const MOST: i64 = 500;

pub(super) async fn show(State(instance): State<Arc<Instance>>, SignedIn(user): SignedIn) -> Result<Response, Failure> {
    let table = instance.table("oauth_credential").ok_or_else(|| Failure::internal(&"no table of tokens"))?;
    let whose = if user.has("admin") { String::new() } else { format!("user={}^", user.sys_id) };
    let tokens =
        instance.query("oauth_credential", &format!("{whose}ORDERBYDESCexpires"), &User::system(), MOST).await?;
    let mut displays = Displays::new(&instance);
    let mut rows = Vec::new();
    for token in &tokens {
        let mut cells = Vec::new();
        for column in ["user", "peer", "type", "oauth_scope"] {
            cells.push(layout::escape(&displays.of(table, token, column).await?));
        }
        let ended = clock::parse(token.get("expires")).is_none_or(|ends| ends <= instance.clock.steady());
        cells.push(layout::escape(token.get("expires")) + if ended { " (ended)" } else { "" });
        cells.push(format!(
            r#"<form method="post" action="/oauth_credential_list.do">{}<button class="quiet danger">Revoke</button></form>"#,
            layout::hidden("sys_id", token.sys_id())
        ));
        rows.push(layout::row(&cells));
    }
    let listed = if rows.is_empty() {
        r#"<p class="empty">No client has a token.</p>"#.to_owned()
    } else {
        let headings = ["User", "Client", "Type", "Scope", "Expires (UTC)", ""];
        let headings = headings.map(|label| format!(r#"<th scope="col">{label}</th>"#)).concat();
        format!(
            r#"<div class="card scroll"><table><thead><tr>{headings}</tr></thead><tbody>{}</tbody></table></div>"#,
            rows.concat()
        )
    };
    let body = format!(
        r#"<h1>Manage Tokens</h1><p class="meta">What clients may do in a user's name. The tokens themselves are not shown.</p>{listed}"#
    );
    Ok(layout::page("Manage Tokens", Some(&user), &body).into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct Revocation {
    sys_id: String,
}

pub(super) async fn revoke(
    State(instance): State<Arc<Instance>>,
    SignedIn(user): SignedIn,
    Form(Revocation { sys_id }): Form<Revocation>,
) -> Result<Redirect, Failure> {
    let table = instance.table("oauth_credential").ok_or_else(|| Failure::internal(&"no table of tokens"))?;
    let found = instance.store.get(table, &sys_id).await?;
    let own = found.filter(|token| user.has("admin") || token.get("user") == user.sys_id);
    let token = own.ok_or_else(|| Failure::new(StatusCode::NOT_FOUND, "There is no such token of yours."))?;
    let mut write = instance.store.write().await;
    write.delete(table, token.sys_id());
    write.commit().await?;
    Ok(Redirect::to("/oauth_credential_list.do"))
}
