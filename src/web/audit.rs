//! The audit as a file, streamed: it may be longer than memory is large.

use crate::operations::{AuditRecord, Operations};
use app::model::AuditFilter;
use axum::Extension;
use axum::body::Body;
use axum::extract::Query;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use futures::{StreamExt, stream};

/// Rows that are read at once.
const ROWS: i64 = 1000;
const HEAD: &str = "at,who,person,token,action,what,about,subject,detail,refused\r\n";

/// The page's question, as its address says it.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    person: String,
    action: String,
    subject: String,
    from: String,
    to: String,
    refused: String,
}

pub async fn table(operations: Extension<Operations>, asked: Query<Asked>) -> Response {
    file(operations, asked, "isthmus-audit.csv", "text/csv; charset=utf-8", HEAD, |entry| {
        let refused = entry.refused.to_string();
        let AuditRecord { at, who, person, token, action, what, about, subject, detail, .. } = entry;
        let cells = [at, who, person, token, action, what, about, subject, detail, &refused];
        cells.map(|cell| quoted(cell)).join(",") + "\r\n"
    })
    .await
}

pub async fn lines(operations: Extension<Operations>, asked: Query<Asked>) -> Response {
    file(operations, asked, "isthmus-audit.jsonl", "application/x-ndjson", "", |entry| {
        serde_json::to_string(entry).unwrap_or_default() + "\n"
    })
    .await
}

async fn file(
    Extension(operations): Extension<Operations>,
    Query(asked): Query<Asked>,
    name: &'static str,
    kind: &'static str,
    head: &'static str,
    write: fn(&AuditRecord) -> String,
) -> Response {
    let Asked { person, action, subject, from, to, refused } = asked;
    let refused = !refused.is_empty();
    let filter = AuditFilter { person, action, subject, from, to, refused, behind: String::new() };
    let (first, behind) = match operations.export_audit(&filter, "", ROWS).await {
        Ok(first) => first,
        Err(trouble) if trouble.is_signed_out() => {
            return Redirect::to("/sign-in?next=/settings/audit").into_response();
        }
        Err(trouble) => {
            let status = StatusCode::from_u16(trouble.status()).unwrap_or(StatusCode::BAD_REQUEST);
            return (status, format!("{trouble}\n")).into_response();
        }
    };
    let written = move |lines: &[AuditRecord]| lines.iter().map(write).collect::<String>();
    let begin = head.to_owned() + &written(&first);
    let rest = stream::try_unfold(behind, move |behind| {
        let (operations, filter) = (operations.clone(), filter.clone());
        async move {
            if behind.is_empty() {
                return Ok(None);
            }
            let read = operations.export_audit(&filter, &behind, ROWS).await;
            let (lines, next) = read.map_err(|trouble| trouble.to_string())?;
            Ok((!lines.is_empty()).then(|| (written(&lines), next)))
        }
    });
    let saved = format!("attachment; filename=\"{name}\"");
    let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, saved)];
    let whole = stream::iter([Ok::<_, String>(begin)]).chain(rest);
    (headers, Body::from_stream(whole)).into_response()
}

/// A cell as RFC 4180 wants it. A spreadsheet must not take what somebody typed for a formula.
fn quoted(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_holds_anything_and_is_no_formula() {
        assert_eq!(quoted("say \"no\",\nand go"), "\"say \"\"no\"\",\nand go\"");
        assert_eq!(quoted("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
    }
}
