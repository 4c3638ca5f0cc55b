//! System Update Sets > Retrieved Update Sets (contract 11.4): import from XML, preview, commit.

use std::sync::Arc;

use axum::Form;
use axum::extract::{FromRequestParts, Multipart, Query, State};
use axum::http::{StatusCode, request::Parts};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Failure, SignedIn, layout, must_be_admin};
use crate::api::basic;
use crate::instance::Instance;
use crate::record::Record;
use crate::update_sets::UpdateSetError;
use crate::user::User;

/// An administrator: of the browser's session, or a program with name and password.
pub(super) struct Administrator(User);

impl FromRequestParts<Arc<Instance>> for Administrator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, instance: &Arc<Instance>) -> Result<Self, Response> {
        let user = match basic(&parts.headers) {
            Some((name, password)) => {
                let found = instance.user_by_password(&name, &password).await;
                let wrong = || Failure::new(StatusCode::UNAUTHORIZED, "The user name or password is wrong.");
                found.map_err(|cause| Failure::from(cause).into_response())?.ok_or_else(|| wrong().into_response())?
            }
            None => <SignedIn as FromRequestParts<Arc<Instance>>>::from_request_parts(parts, instance).await?.0,
        };
        must_be_admin(&user).map_err(IntoResponse::into_response)?;
        Ok(Self(user))
    }
}

impl From<UpdateSetError> for Failure {
    fn from(cause: UpdateSetError) -> Self {
        let status = match &cause {
            UpdateSetError::NotASet(_) => StatusCode::UNPROCESSABLE_ENTITY,
            UpdateSetError::Missing => StatusCode::NOT_FOUND,
            UpdateSetError::State(..) | UpdateSetError::Unresolved => StatusCode::CONFLICT,
            UpdateSetError::Refused(cause) => return Self::internal(cause),
        };
        Self::new(status, format!("{cause}."))
    }
}

pub(super) async fn list(
    State(instance): State<Arc<Instance>>,
    Administrator(user): Administrator,
) -> Result<Response, Failure> {
    let rows = instance.query("sys_remote_update_set", "ORDERBYDESCsys_created_on", &user, 500).await?;
    let shown: Vec<String> = rows
        .iter()
        .map(|set| {
            let text = |column: &str| layout::escape(set.get(column));
            let name = format!(r#"<a href="{}">{}</a>"#, layout::escape(&address(set.sys_id())), text("name"));
            layout::row(&[name, text("state"), text("application_name"), text("commit_date")])
        })
        .collect();
    let headings = ["Name", "State", "Application", "Committed"].map(layout::plain_heading);
    let body = format!(
        r#"<h1>Retrieved Update Sets</h1><p class="meta"><a href="/upload.do?sysparm_target=sys_remote_update_set">Import Update Set from XML</a></p>{}"#,
        layout::table(&headings, &shown)
    );
    Ok(layout::page("Retrieved Update Sets", Some(&user), &body).into_response())
}

pub(super) async fn upload_form(Administrator(user): Administrator) -> Response {
    let body = r#"<h1>Import XML</h1><form method="post" action="/sys_upload.do" enctype="multipart/form-data" class="card">
<div class="field"><label for="attachFile">Update set (XML)</label><input id="attachFile" name="attachFile" type="file" accept=".xml,text/xml,application/xml" required></div>
<div class="actions"><button class="primary">Upload</button></div></form>"#;
    layout::page("Import XML", Some(&user), body).into_response()
}

/// The first file of the form is the set; what other fields say does not matter.
pub(super) async fn upload(
    State(instance): State<Arc<Instance>>,
    Administrator(user): Administrator,
    mut form: Multipart,
) -> Result<Redirect, Failure> {
    let broken = |cause: axum::extract::multipart::MultipartError| Failure::new(cause.status(), cause.body_text());
    while let Some(field) = form.next_field().await.map_err(broken)? {
        if field.file_name().is_some() {
            let file = field.bytes().await.map_err(broken)?;
            let set = instance.load_update_set(&user, &file).await?;
            return Ok(Redirect::to(&address(&set)));
        }
    }
    Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "The form has no file."))
}

fn address(sys_id: &str) -> String {
    format!("/sys_remote_update_set.do?sys_id={sys_id}")
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    sys_id: String,
}

pub(super) async fn show(
    State(instance): State<Arc<Instance>>,
    Administrator(user): Administrator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let set = instance.update_set(&wanted.sys_id).await?;
    let problems = instance.problems_of(&set).await?;
    let open = problems.iter().any(|problem| problem.get("type") == "error" && problem.get("status").is_empty());
    let state = set.get("state");
    let mut buttons = String::new();
    if state != "committed" {
        buttons +=
            &button(&set, "preview", "", if state == "loaded" { "Preview Update Set" } else { "Run Preview Again" });
    }
    if state == "previewed" && !open {
        buttons += &button(&set, "commit", "", "Commit Update Set");
    }
    let facts = [
        "state",
        "application_name",
        "application_scope",
        "inserted",
        "updated",
        "deleted",
        "collisions",
        "commit_date",
    ];
    let facts: Vec<String> =
        facts.iter().map(|fact| layout::row(&[layout::escape(fact), layout::escape(set.get(fact))])).collect();
    let body = format!(
        r#"<p class="meta"><a href="/sys_remote_update_set_list.do">Retrieved Update Sets</a></p><h1>{}</h1><div class="actions">{buttons}</div>{}<h2>Problems</h2>{}<h2>Customer Updates</h2>{}"#,
        layout::escape(set.get("name")),
        layout::table(&["", ""].map(layout::plain_heading), &facts),
        problem_table(&set, &problems),
        update_table(&instance.updates_of(&set).await?),
    );
    Ok(layout::page("Retrieved Update Set", Some(&user), &body).into_response())
}

fn problem_table(set: &Record, problems: &[Record]) -> String {
    let row = |problem: &Record| {
        let text = |column: &str| layout::escape(problem.get(column));
        let id = problem.sys_id();
        let choice = if problem.get("status").is_empty() && set.get("state") == "previewed" {
            button(set, "accept", id, "Accept remote update") + &button(set, "skip", id, "Skip remote update")
        } else {
            text("status")
        };
        layout::row(&[text("type"), text("description"), choice])
    };
    let rows: Vec<String> = problems.iter().map(row).collect();
    layout::table(&["Type", "Description", "Status"].map(layout::plain_heading), &rows)
}

fn update_table(updates: &[Record]) -> String {
    let row = |update: &Record| {
        let text = |column: &str| layout::escape(update.get(column));
        layout::row(&[text("type"), text("target_name"), text("action"), text("name")])
    };
    let rows: Vec<String> = updates.iter().map(row).collect();
    layout::table(&["Type", "Target name", "Action", "Name"].map(layout::plain_heading), &rows)
}

fn button(set: &Record, action: &str, problem: &str, label: &str) -> String {
    format!(
        r#"<form method="post" action="/sys_remote_update_set.do">{}{}{}<button class="quiet">{label}</button></form>"#,
        layout::hidden("sys_id", set.sys_id()),
        layout::hidden("action", action),
        layout::hidden("problem", problem),
    )
}

#[derive(Deserialize)]
pub(super) struct Pressed {
    sys_id: String,
    action: String,
    #[serde(default)]
    problem: String,
}

pub(super) async fn press(
    State(instance): State<Arc<Instance>>,
    Administrator(user): Administrator,
    Form(pressed): Form<Pressed>,
) -> Result<Redirect, Failure> {
    match pressed.action.as_str() {
        "preview" => instance.preview_update_set(&user, &pressed.sys_id).await?,
        "commit" => instance.commit_update_set(&user, &pressed.sys_id).await?,
        "accept" => instance.resolve_problem(&user, &pressed.problem, false).await?,
        "skip" => instance.resolve_problem(&user, &pressed.problem, true).await?,
        _ => return Err(Failure::new(StatusCode::BAD_REQUEST, "There is no such action.")),
    }
    Ok(Redirect::to(&address(&pressed.sys_id)))
}
