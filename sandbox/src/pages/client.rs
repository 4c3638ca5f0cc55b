//! The form of one OAuth client: what an administrator sees and changes of it (contract 1.7), the keys
//! that its assertions are checked with, and deleting it.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Failure, SignedIn, layout, must_be_admin};
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::record::Record;
use crate::records::Input;
use crate::user::User;

#[derive(Debug, Deserialize)]
pub(super) struct Which {
    sys_id: String,
}

pub(super) async fn show(
    State(instance): State<Arc<Instance>>,
    SignedIn(user): SignedIn,
    Query(Which { sys_id }): Query<Which>,
) -> Result<Response, Failure> {
    must_be_admin(&user)?;
    let (table, client) = found(&instance, &sys_id).await?;
    page(&instance, &user, table, &client, "").await
}

/// The client with the columns of its own table: a JWT endpoint has more of them.
async fn found<'a>(instance: &'a Instance, sys_id: &str) -> Result<(&'a Table, Record), Failure> {
    let missing = || Failure::new(StatusCode::NOT_FOUND, "There is no such client.");
    let table = instance.table("oauth_entity").ok_or_else(missing)?;
    let client = instance.store.get(table, sys_id).await?.ok_or_else(missing)?;
    let table = instance.class(table, &client);
    let client = instance.store.get(table, sys_id).await?.ok_or_else(missing)?;
    Ok((table, client))
}

/// Columns that the form sends as they are.
const TEXTS: &[(&str, &str)] = &[
    ("name", "Name"),
    ("access_token_lifespan", "Access token lifespan (s)"),
    ("refresh_token_lifespan", "Refresh token lifespan (s)"),
];
const BOXES: &[(&str, &str)] = &[
    ("active", "Active"),
    ("public_client", "This is a public client"),
    ("enforce_token_restriction", "Allow access only to APIs in selected scope"),
];

pub(super) async fn save(
    State(instance): State<Arc<Instance>>,
    SignedIn(user): SignedIn,
    Form(given): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    must_be_admin(&user)?;
    let field = |name: &str| given.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
    let (table, client) = found(&instance, field("sys_id")).await?;
    if field("action") == "delete" {
        instance.delete(&user, table, client.sys_id()).await.map_err(|cause| Failure::internal(&cause))?;
        return Ok(Redirect::to("/oauth_entity_list.do").into_response());
    }
    let urls: Vec<&str> = field("redirect_url").split_whitespace().collect();
    let mut application_user = String::new();
    if let (Some(users), name) = (instance.table("sys_user"), field("user"))
        && !name.is_empty()
    {
        let Some(found) = instance.store.find(users, "user_name", name).await? else {
            let page = page(&instance, &user, table, &client, &format!("There is no user {name}.")).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        };
        found.sys_id().clone_into(&mut application_user);
    }
    let mut values: Vec<(&str, String)> = TEXTS.iter().map(|(name, _)| (*name, field(name).to_owned())).collect();
    values.extend(BOXES.iter().map(|(name, _)| (*name, (field(name) == "true").to_string())));
    values.extend([("redirect_url", urls.join(",")), ("token_format", field("token_format").to_owned())]);
    values.push(("user", application_user));
    if !field("client_secret").is_empty() {
        values.push(("client_secret", field("client_secret").to_owned()));
    }
    if table.name == "oauth_jwt" {
        values.push(("user_field", field("user_field").to_owned()));
    }
    instance.update(&user, table, client.sys_id(), Input::new(values)).await.map_err(|c| Failure::internal(&c))?;
    let scopes: Vec<&str> = given.iter().filter(|(key, _)| key == "scope").map(|(_, id)| id.as_str()).collect();
    set_scopes(&instance, &user, &client, &scopes).await?;
    add_key(&instance, &user, &client, field("key"), field("kid")).await?;
    Ok(Redirect::to(&format!("/oauth_entity.do?sys_id={}", client.sys_id())).into_response())
}

async fn rows(instance: &Instance, table: &str, query: &str) -> Result<Vec<Record>, Failure> {
    Ok(instance.query(table, query, &User::system(), 500).await?)
}

async fn mapped(instance: &Instance, client: &Record) -> Result<Vec<Record>, Failure> {
    rows(instance, "oauth_entity_auth_scope_mapping", &format!("oauth_entity={}", client.sys_id())).await
}

async fn set_scopes(instance: &Arc<Instance>, user: &User, client: &Record, wanted: &[&str]) -> Result<(), Failure> {
    let Some(table) = instance.table("oauth_entity_auth_scope_mapping") else { return Ok(()) };
    let there = mapped(instance, client).await?;
    for row in there.iter().filter(|row| !wanted.contains(&row.get("auth_scope"))) {
        instance.delete(user, table, row.sys_id()).await.map_err(|cause| Failure::internal(&cause))?;
    }
    for scope in wanted.iter().filter(|scope| !there.iter().any(|row| row.get("auth_scope") == **scope)) {
        let input = Input::new([("oauth_entity", client.sys_id()), ("auth_scope", *scope)]);
        instance.insert(user, table, input).await.map_err(|cause| Failure::internal(&cause))?;
    }
    Ok(())
}

/// A pasted PEM becomes a certificate that the client's verifier map names; anything else is a shared key.
async fn add_key(instance: &Arc<Instance>, user: &User, client: &Record, key: &str, kid: &str) -> Result<(), Failure> {
    let (Some(maps), Some(certificates)) = (instance.table("jwt_verifier_map"), instance.table("sys_certificate"))
    else {
        return Ok(());
    };
    if key.is_empty() {
        return Ok(());
    }
    let mut values = vec![("name", client.get("name")), ("oauth_jwt", client.sys_id()), ("kid", kid)];
    let certificate;
    if key.starts_with("-----BEGIN") {
        let input = Input::new([("name", client.get("name")), ("pem_certificate", key)]);
        let made = instance.insert(user, certificates, input).await;
        certificate = made.map_err(|cause| Failure::internal(&cause))?;
        values.push(("sys_certificate", certificate.sys_id()));
    } else {
        values.push(("shared_key", key));
    }
    instance.insert(user, maps, Input::new(values)).await.map_err(|cause| Failure::internal(&cause))?;
    Ok(())
}

fn tick(name: &str, value: &str, label: &str, ticked: bool) -> String {
    let mark = if ticked { " checked" } else { "" };
    let (value, label) = (layout::escape(value), layout::escape(label));
    format!(r#"<p><label><input type="checkbox" name="{name}" value="{value}"{mark}> {label}</label></p>"#)
}

async fn page(
    instance: &Instance,
    user: &User,
    table: &Table,
    client: &Record,
    problem: &str,
) -> Result<Response, Failure> {
    let mut fields = String::new();
    for (name, label) in TEXTS {
        fields += &layout::input(name, label, client.get(name), "");
    }
    fields += &layout::input("client_id", "Client ID", client.get("client_id"), "readonly");
    fields += &layout::input("client_secret", "Client Secret", client.get("client_secret"), r#"autocomplete="off""#);
    fields += &layout::area("redirect_url", "Redirect URLs", &client.get("redirect_url").replace(',', "\n"), 3);
    let users = instance.table("sys_user").ok_or_else(|| Failure::internal(&"no table of users"))?;
    let acts_as = instance.store.get(users, client.get("user")).await?.unwrap_or_default();
    fields += &layout::input("user", "OAuth Application User (user name)", acts_as.get("user_name"), "");
    fields += &BOXES.iter().map(|(name, label)| tick(name, "true", label, client.is_true(name))).collect::<String>();
    let option = |value: &str, label: &str| {
        let mark = if client.get("token_format") == value { " selected" } else { "" };
        format!(r#"<option value="{value}"{mark}>{label}</option>"#)
    };
    // Writing to a string cannot fail.
    let _ = write!(
        fields,
        r#"<p><label>Token format <select name="token_format">{}{}</select></label></p>"#,
        option("opaque", "Opaque"),
        option("jwt", "JWT"),
    );
    let scopes = rows(instance, "sys_auth_scope", "ORDERBYname").await?;
    let has = mapped(instance, client).await?;
    if !scopes.is_empty() {
        fields += "<h2>Auth scopes</h2>";
    }
    for scope in &scopes {
        let ticked = has.iter().any(|row| row.get("auth_scope") == scope.sys_id());
        fields += &tick("scope", scope.sys_id(), scope.get("name"), ticked);
    }
    if table.name == "oauth_jwt" {
        fields += &keys(instance, client).await?;
    }
    let body = format!(
        r#"<h1>{}</h1>{}<p class="meta">{} <a href="/oauth_entity_list.do">Application Registry</a></p>
<form method="post" action="/oauth_entity.do" class="card">{}{fields}
<div class="actions"><button class="primary" name="action" value="save">Update</button>
<button class="danger" name="action" value="delete">Delete</button></div></form>"#,
        layout::escape(client.get("name")),
        layout::alert(problem),
        layout::escape(&table.label),
        layout::hidden("sys_id", client.sys_id()),
    );
    Ok(layout::page("Application Registry", Some(user), &body).into_response())
}

/// The keys that there are, and a place to paste another.
async fn keys(instance: &Instance, client: &Record) -> Result<String, Failure> {
    let there = rows(instance, "jwt_verifier_map", &format!("oauth_jwt={}", client.sys_id())).await?;
    let mut listed = String::new();
    for key in &there {
        let kind = if key.get("shared_key").is_empty() { "certificate" } else { "shared key" };
        let _ = write!(listed, "<li><code>{}</code> {kind}</li>", layout::escape(key.get("kid")));
    }
    Ok(format!(
        "<h2>JWT verifier maps</h2><ul>{listed}</ul>{}{}{}",
        layout::input("user_field", "User Field", client.get("user_field"), ""),
        layout::area("key", "Public key or certificate (PEM), or a shared key, to add", "", 4),
        layout::input("kid", "Kid of this key; made up if left out", "", ""),
    ))
}
