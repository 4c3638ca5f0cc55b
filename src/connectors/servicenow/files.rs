//! Files of a record, by the Attachment API (contract 5). They are streamed both ways, never whole in memory.

use super::ServiceNow;
use super::side::{PAGE, text};
use crate::clock;
use crate::connectors::{Content, Failure, File, NewFile};
use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

const API: [&str; 3] = ["api", "now", "attachment"];
/// Images inside a text hang on the record by such a table name, and are no files of it.
const INLINE: &str = "ZZ_YY";
/// A virus scan seldom takes longer.
const SCANNED_SOON_MS: i64 = 30_000;

impl ServiceNow {
    /// Oldest first. The record may be of a table that extends the connection's, so its id alone is asked for.
    pub(super) async fn list_files(&self, id: &str) -> Result<Vec<File>, Failure> {
        let query = format!("table_sys_id={id}^ORDERBYsys_created_on^ORDERBYsys_id");
        let limit = PAGE.to_string();
        let mut rows: Vec<Json> = Vec::new();
        for page in 0.. {
            let offset = (page * PAGE).to_string();
            let parameters =
                [("sysparm_query", query.as_str()), ("sysparm_limit", &limit), ("sysparm_offset", &offset)];
            let answer = self.instance.call(Method::GET, &API, &parameters, None).await?;
            rows.extend(answer.rows().iter().filter(|row| !text(row, "table_name").starts_with(INLINE)).cloned());
            if answer.is_last(PAGE, page) {
                break;
            }
        }
        self.as_files(&rows).await
    }

    pub(super) async fn open_file(&self, file: &str) -> Result<Content, Failure> {
        match self.instance.download(&[API[0], API[1], API[2], file, "file"]).await {
            Ok(Some(content)) => Ok(content),
            Ok(None) => Err(refused("ServiceNow answered 404: the file was deleted, or this account may not see it.")),
            Err(failure @ (Failure::Forbidden { .. } | Failure::Refused { .. })) => {
                Err(self.kept_back(file).await?.unwrap_or(failure))
            }
            Err(other) => Err(other),
        }
    }

    /// A file is not given out before its virus scan is over, nor if the scan found something.
    async fn kept_back(&self, file: &str) -> Result<Option<Failure>, Failure> {
        let answer = self.instance.call(Method::GET, &[API[0], API[1], API[2], file], &[], None).await?;
        let row = answer.record().unwrap_or_default();
        let name = text(&row, "file_name");
        Ok(match text(&row, "state").as_str() {
            "pending" => Some(Failure::Transient {
                why: format!("ServiceNow still scans the file {name} for viruses. It is read when that is over."),
                retry_after_ms: Some(SCANNED_SOON_MS),
            }),
            "not_available" => Some(refused(format!(
                "ServiceNow's virus scan keeps the file {name} back. See the record's attachment there (table sys_attachment, state not_available)."
            ))),
            _ => None,
        })
    }

    pub(super) async fn attach_file(&self, id: &str, file: &NewFile, content: Content) -> Result<File, Failure> {
        let query = [
            ("table_name", self.table.name.as_str()),
            ("table_sys_id", id),
            ("file_name", &file.name),
            ("creation_time", &clock::in_words(file.at)),
        ];
        // The type is mandatory, and goes as a header.
        let content_type = Some(file.content_type.as_str()).filter(|kind| !kind.trim().is_empty());
        let content_type = content_type.filter(|kind| HeaderValue::from_str(kind).is_ok());
        let broke = Arc::new(OnceLock::new());
        let bytes = checked(content, file, broke.clone());
        let path = [API[0], API[1], API[2], "file"];
        let content_type = content_type.unwrap_or("application/octet-stream");
        let sent = self.instance.upload(&path, &query, content_type, file.size, bytes).await;
        if let Some(failure) = broke.get() {
            // It broke off before its end, so ServiceNow cannot have kept it.
            return Err(failure.clone());
        }
        let row = sent?.record().ok_or_else(|| {
            refused(format!(
                "ServiceNow answered 404 to the file {}: the record of table {} was deleted, or this account may not see it.",
                file.name, self.table.name
            ))
        })?;
        let mut files = self.as_files(&[row]).await?;
        files.pop().ok_or_else(|| Failure::Unsure { why: "ServiceNow's answer to a file names none.".into() })
    }

    async fn as_files(&self, rows: &[Json]) -> Result<Vec<File>, Failure> {
        let authors: BTreeSet<String> = rows.iter().map(|row| text(row, "sys_created_by")).collect();
        let authors = self.people.names(&self.instance, authors).await?;
        Ok(rows
            .iter()
            .map(|row| {
                let hash = text(row, "hash").to_lowercase();
                let is_sha256 = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
                File {
                    id: text(row, "sys_id"),
                    name: text(row, "file_name"),
                    content_type: text(row, "content_type"),
                    size: text(row, "size_bytes").parse().unwrap_or_default(),
                    sha256: if is_sha256 { hash } else { String::new() },
                    author: authors.get(&text(row, "sys_created_by")).cloned().unwrap_or_default(),
                    at: clock::read_moment(&text(row, "sys_created_on")).unwrap_or_default(),
                }
            })
            .collect())
    }
}

fn refused(why: impl Into<String>) -> Failure {
    Failure::Refused { why: why.into() }
}

/// The bytes, as long as they are what was announced. The last part is held back until all are counted and hashed, so
/// that what is something else ends too early to be kept. What broke it is left in `broke`.
fn checked(
    content: Content,
    file: &NewFile,
    broke: Arc<OnceLock<Failure>>,
) -> impl Stream<Item = Result<Bytes, Failure>> + Send + 'static {
    struct Sending {
        content: Content,
        hash: Sha256,
        size: u64,
        held: Option<Bytes>,
    }
    let begun = Sending { content, hash: Sha256::new(), size: 0, held: None };
    let (name, size, sha256) = (file.name.clone(), file.size, file.sha256.to_lowercase());
    let other =
        move || refused(format!("The file {name} was not sent: its content is not the one that was announced."));
    stream::try_unfold(begun, move |mut sending| {
        let (broke, sha256, other) = (broke.clone(), sha256.clone(), other.clone());
        async move {
            let result = loop {
                match sending.content.next().await {
                    Some(Ok(part)) => {
                        sending.hash.update(&part);
                        sending.size += part.len() as u64;
                        if sending.size > size {
                            break Err(other());
                        }
                        if let Some(held) = sending.held.replace(part) {
                            break Ok(Some(held));
                        }
                    }
                    Some(Err(failure)) => break Err(failure),
                    None if sending.size != size => break Err(other()),
                    None => {
                        let hash = std::mem::take(&mut sending.hash).finalize();
                        let hash = format!("{:x}", Bytes::copy_from_slice(&hash));
                        // Asked once more after the end, there is nothing left to check.
                        break match sending.held.take() {
                            Some(held) if hash == sha256 => Ok(Some(held)),
                            Some(_) => Err(other()),
                            None => Ok(None),
                        };
                    }
                }
            };
            match result {
                Ok(part) => Ok(part.map(|part| (part, sending))),
                Err(failure) => {
                    let _ = broke.set(failure.clone());
                    Err(failure)
                }
            }
        }
    })
}
