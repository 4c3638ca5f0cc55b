//! The administrator's page of switches: each with what it means, its default and its value.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value};

use super::{Failure, SignedIn, layout, must_be_admin};
use crate::instance::Instance;
use crate::switches::{Description, Switches, values};
use crate::user::User;

pub(super) async fn show(State(instance): State<Arc<Instance>>, SignedIn(user): SignedIn) -> Result<Response, Failure> {
    must_be_admin(&user)?;
    Ok(page(&instance, &user, "").into_response())
}

/// The values of one area, or everything back to its default.
pub(super) async fn turn(
    State(instance): State<Arc<Instance>>,
    SignedIn(user): SignedIn,
    Form(given): Form<BTreeMap<String, String>>,
) -> Result<Response, Failure> {
    must_be_admin(&user)?;
    let close_codes = instance.switches().close_codes;
    if given.get("action").is_some_and(|action| action == "reset") {
        instance.switch(|switches| *switches = Switches::default());
        instance.offer_close_codes(close_codes).await.map_err(|cause| Failure::internal(&cause))?;
        return Ok(Redirect::to("/sandbox").into_response());
    }
    let at_first = values(&Switches::default());
    let described = Switches::described();
    let named: Map<String, Value> = described
        .iter()
        .filter_map(|switch| {
            let text = given.get(switch.name)?;
            Some((switch.name.to_owned(), value(switch, text, at_first.get(switch.name)?)))
        })
        .collect();
    Ok(match instance.turn(named) {
        Ok(()) => {
            instance.offer_close_codes(close_codes).await.map_err(|cause| Failure::internal(&cause))?;
            Redirect::to("/sandbox").into_response()
        }
        Err(cause) => {
            let problem = format!("The switches were left as they are: {cause}.");
            (StatusCode::UNPROCESSABLE_ENTITY, page(&instance, &user, &problem)).into_response()
        }
    })
}

/// What was typed or chosen: nothing is the default, JSON is JSON, and the rest is text.
fn value(switch: &Description, text: &str, at_first: &Value) -> Value {
    let text = text.trim();
    if let Some(offered) = switch.offered.iter().find(|offered| shown(offered) == text) {
        return offered.clone();
    }
    if text.is_empty() {
        return at_first.clone();
    }
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn page(instance: &Instance, user: &User, problem: &str) -> impl IntoResponse + use<> {
    let (now, at_first) = (values(&instance.switches()), values(&Switches::default()));
    let described = Switches::described();
    let mut areas: Vec<&str> = described.iter().map(|switch| switch.area).collect();
    areas.dedup();
    let changed = described.iter().filter(|switch| now.get(switch.name) != at_first.get(switch.name)).count();
    let mut body = format!(
        r#"<h1>Switches</h1>{}<p class="meta">How this instance behaves, and what goes wrong in it. {changed} of {} differ from
their defaults. Programs use <code>/sandbox/switches</code>.</p>
<form method="post" action="/sandbox"><button name="action" value="reset">Reset all</button></form>{}"#,
        layout::alert(problem),
        described.len(),
        served(instance),
    );
    for area in areas {
        let rows: Vec<String> = described
            .iter()
            .filter(|switch| switch.area == area)
            .map(|switch| row(switch, now.get(switch.name), at_first.get(switch.name)))
            .collect();
        // Writing to a string cannot fail.
        let _ = write!(
            body,
            r#"<h2>{0}</h2><form method="post" action="/sandbox" class="card scroll"><table><thead><tr>
<th scope="col">Switch</th><th scope="col">Value</th><th scope="col">Default</th><th scope="col">Meaning</th></tr></thead>
<tbody>{1}</tbody></table><div class="actions"><button class="primary" name="action" value="save">Save {2}</button></div></form>"#,
            layout::escape(area),
            rows.concat(),
            layout::escape(&area.to_lowercase()),
        );
    }
    layout::page("Switches", Some(user), &body)
}

fn row(switch: &Description, now: Option<&Value>, at_first: Option<&Value>) -> String {
    let name = switch.name;
    let text = layout::escape(&now.map(shown).unwrap_or_default());
    let control = if switch.offered.is_empty() {
        format!(r#"<input id="{name}" name="{name}" value="{text}">"#)
    } else {
        let options: Vec<String> = switch
            .offered
            .iter()
            .map(|offered| layout::option(&shown(offered), &shown(offered), &now.map(shown).unwrap_or_default()))
            .collect();
        let options = options.concat();
        format!(r#"<select id="{name}" name="{name}">{options}</select>"#)
    };
    let mark = if now == at_first { "" } else { " <strong>changed</strong>" };
    layout::row(&[
        format!(r#"<label for="{name}"><code>{name}</code></label>{mark}"#),
        control,
        layout::escape(&at_first.map(shown).unwrap_or_default()),
        format!(
            "{} <span class=\"meta\">({})</span>",
            layout::escape(&switch.meaning),
            layout::escape(&switch.section)
        ),
    ])
}

/// How many faults were served.
fn served(instance: &Instance) -> String {
    let counts = instance.served.counts();
    if counts.is_empty() {
        return r#"<p class="empty">No fault has been served.</p>"#.to_owned();
    }
    let counts: Vec<String> =
        counts.iter().map(|(kind, count)| format!("{} {count}", kind.replace('_', " "))).collect();
    format!(r#"<p role="status">Faults served since the start: {}.</p>"#, layout::escape(&counts.join(", ")))
}
