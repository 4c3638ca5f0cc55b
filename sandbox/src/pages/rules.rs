//! The administrator's list of business rules, where each can be turned off and on.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Failure, SignedIn, layout, must_be_admin};
use crate::instance::Instance;
use crate::record::Record;
use crate::records::Input;

pub(super) async fn show(State(instance): State<Arc<Instance>>, SignedIn(user): SignedIn) -> Result<Response, Failure> {
    must_be_admin(&user)?;
    let rows = instance.query("sys_script", "ORDERBYname", &user, 500).await?;
    let shown: Vec<String> = rows.iter().map(line).collect();
    let table = if rows.is_empty() {
        r#"<p class="empty">There are no business rules. One can be made with a POST to /api/now/table/sys_script.</p>"#
            .to_owned()
    } else {
        layout::table(&["Name", "Table", "When", "On", "State", "Change"], &shown)
    };
    Ok(layout::page("Business rules", Some(&user), &format!("<h1>Business rules</h1>{table}")).into_response())
}

fn line(rule: &Record) -> String {
    let active = rule.is_true("active");
    let (state, next, label) =
        if active { ("Active", "false", "Deactivate") } else { ("Inactive", "true", "Activate") };
    let operations = ["insert", "update", "delete"];
    let on: Vec<&str> = operations.into_iter().filter(|name| rule.is_true(&format!("action_{name}"))).collect();
    let change = format!(
        r#"<form method="post" action="/sys_script_list.do">{}{}<button class="quiet">{label}</button></form>"#,
        layout::hidden("sys_id", rule.sys_id()),
        layout::hidden("active", next),
    );
    let text = |column: &str| layout::escape(rule.get(column));
    layout::row(&[text("name"), text("collection"), text("when"), on.join(", "), state.to_owned(), change])
}

#[derive(Debug, Deserialize)]
pub(super) struct Toggle {
    sys_id: String,
    active: String,
}

pub(super) async fn toggle(
    State(instance): State<Arc<Instance>>,
    SignedIn(user): SignedIn,
    Form(toggle): Form<Toggle>,
) -> Result<Redirect, Failure> {
    must_be_admin(&user)?;
    let table = instance.table("sys_script").ok_or_else(|| Failure::internal(&"no sys_script table"))?;
    let input = Input::new([("active", toggle.active)]);
    instance.update(&user, table, &toggle.sys_id, input).await.map_err(|cause| Failure::internal(&cause))?;
    Ok(Redirect::to("/sys_script_list.do"))
}
