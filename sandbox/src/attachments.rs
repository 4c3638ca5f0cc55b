//! Files on records (contract 5): rows of `sys_attachment` whose content lies beside them. A file has the
//! rights of the record that it is on: who may read that may read the file, who may write that may attach,
//! rename and remove.

mod content;

use std::sync::Arc;
use std::time::Duration;

use crate::acl::Operation as Access;
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::record::Record;
use crate::records::{Input, Refusal};
use crate::store;
use crate::user::User;

pub(crate) use content::{Content, PART, Unkept, Upload, keep_small};

pub(crate) const TABLE: &str = "sys_attachment";

/// Images inside a text belong to the record by a name that lists of its files leave out (contract 5).
const INLINE: &str = "ZZ_YY";

/// What somebody wants to attach, and to what.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub table_name: String,
    pub table_sys_id: String,
    pub file_name: String,
    pub content_type: String,
    pub encryption_context: String,
    pub creation_time: String,
}

/// Why a file is not taken or not given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Rejection {
    #[error("Missing mandatory parameter: {0}")]
    Missing(&'static str),
    #[error("The file is larger than the allowed {0} MB")]
    TooLarge(u64),
    #[error("File type is not allowed: {0}")]
    Extension(String),
    #[error("The file could not be read to its end: {0}")]
    Broken(String),
    #[error("The state of the attachment is {0}")]
    NotAvailable(String),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<sqlx::Error> for Rejection {
    fn from(cause: sqlx::Error) -> Self {
        Self::Refused(cause.into())
    }
}

impl Instance {
    /// The record that a file is on, if the user may read it.
    async fn holder(&self, user: &User, attachment: &Record) -> store::Result<Option<(&Table, Record)>> {
        let name = attachment.get("table_name");
        let table = self.table(name.strip_prefix(INLINE).unwrap_or(name));
        // No file on a file: the question of rights would have no end.
        let Some(table) = table.filter(|table| table.name != TABLE) else {
            return Ok(None);
        };
        let Some(record) = self.store.get(table, attachment.get("table_sys_id")).await? else {
            return Ok(None);
        };
        let table = self.class(table, &record);
        Ok(self.may_read(user, table, &record).await?.then_some((table, record)))
    }

    /// Whether the record that the file is on lets the user. A file whose record is gone, or is of a table
    /// that is not here, is the administrator's.
    pub async fn may_with_file(&self, user: &User, access: Access, attachment: &Record) -> store::Result<bool> {
        if user.is_trusted() || (user.has("admin") && access != Access::Create) {
            return Ok(true);
        }
        // Boxed, because the question goes on to another record.
        let Some((table, record)) = Box::pin(self.holder(user, attachment)).await? else {
            return Ok(false);
        };
        if access == Access::Read {
            return Ok(true);
        }
        let role = self.property("glide.attachment.role").await?.unwrap_or_default();
        let attaches = role.is_empty() || role.split(',').any(|role| role.trim() == "public" || user.has(role.trim()));
        Ok(attaches && Box::pin(self.may(user, Access::Write, table, &record)).await?)
    }

    pub async fn file(&self, user: &User, sys_id: &str) -> Result<Record, Refusal> {
        let table = self.table(TABLE).ok_or(Refusal::NotFound)?;
        let found = self.store.get(table, sys_id).await?.ok_or(Refusal::NotFound)?;
        if self.may_read(user, table, &found).await? { Ok(found) } else { Err(Refusal::NotFound) }
    }

    /// A file that may be given out: one that is being scanned, or in which the scan found something, may not.
    pub async fn file_to_open(&self, user: &User, sys_id: &str) -> Result<Record, Rejection> {
        let file = self.file(user, sys_id).await?;
        match file.get("state") {
            state @ ("pending" | "not_available") => Err(Rejection::NotAvailable(state.to_owned())),
            _ => Ok(file),
        }
    }

    /// The files on a record, oldest first, without the images inside its texts.
    pub async fn files_on(&self, table: &Table, sys_id: &str) -> store::Result<Vec<Record>> {
        let Some(files) = self.table(TABLE) else {
            return Ok(Vec::new());
        };
        let query = format!("table_name={}^table_sys_id={sys_id}^ORDERBYsys_created_on", table.name);
        self.query(&files.name, &query, &User::system(), 1_000).await
    }

    /// Asks everything that can be asked before the first byte arrives, so that what would be refused in the
    /// end is not read at all. `length` is what the client announced.
    pub async fn begin_upload(
        self: &Arc<Self>,
        user: &User,
        mut wanted: Wanted,
        length: Option<u64>,
    ) -> Result<Upload, Rejection> {
        wanted.file_name = plain_name(&wanted.file_name);
        for (name, value) in [
            ("table_name", &wanted.table_name),
            ("table_sys_id", &wanted.table_sys_id),
            ("file_name", &wanted.file_name),
            ("Content-Type", &wanted.content_type),
        ] {
            if value.trim().is_empty() {
                return Err(Rejection::Missing(name));
            }
        }
        let target = [("table_name", &wanted.table_name), ("table_sys_id", &wanted.table_sys_id)];
        let target: Record = target.into_iter().collect();
        // Hidden and missing look the same; a record that may be read and not written says so.
        self.holder(user, &target).await?.ok_or(Refusal::NotFound)?;
        let files = self.table(TABLE).ok_or(Refusal::NotFound)?;
        if !self.may(user, Access::Create, files, &target).await? {
            return Err(Refusal::Denied("Insert").into());
        }
        let allowed = self.property("glide.attachment.extensions").await?.unwrap_or_default();
        let extension = wanted.file_name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let fits = |known: &str| known.trim().trim_start_matches('.').eq_ignore_ascii_case(extension);
        if !allowed.trim().is_empty() && !allowed.split(',').any(fits) {
            return Err(Rejection::Extension(wanted.file_name));
        }
        let megabytes = self.property("com.glide.attachment.max_size").await?.and_then(|size| size.trim().parse().ok());
        let megabytes: u64 = megabytes.unwrap_or(1_024);
        if length.is_some_and(|length| length > megabytes.saturating_mul(1 << 20)) {
            return Err(Rejection::TooLarge(megabytes));
        }
        Ok(Upload::new(self.clone(), user.clone(), wanted, megabytes))
    }

    /// The row of a file whose content is there.
    async fn keep_file(self: &Arc<Self>, user: &User, wanted: Wanted, content: Content) -> Result<Record, Refusal> {
        let table = self.table(TABLE).ok_or(Refusal::NotFound)?;
        let scanned = self.switches().attachment_scan_seconds == 0;
        let (width, height) = content.image.map_or_else(Default::default, |(w, h)| (w.to_string(), h.to_string()));
        let input = Input::new([
            ("sys_id", content.attachment.as_str()),
            ("file_name", &wanted.file_name),
            ("content_type", &wanted.content_type),
            ("table_name", &wanted.table_name),
            ("table_sys_id", &wanted.table_sys_id),
            ("size_bytes", &content.size.to_string()),
            ("size_compressed", &content.compressed.to_string()),
            ("compressed", "true"),
            ("chunk_size_bytes", &PART.to_string()),
            ("hash", &content.hash),
            ("state", if scanned { self.scan_result() } else { "pending" }),
            ("image_width", &width),
            ("image_height", &height),
            ("encryption_context", &wanted.encryption_context),
        ]);
        let mut kept = self.insert(user, table, input).await?;
        if let Some(time) = crate::clock::parse(&wanted.creation_time) {
            let mut dated = kept.clone();
            dated.set("sys_created_on", crate::clock::text(time));
            let mut write = self.store.write().await;
            write.update(table, &kept, &dated);
            write.commit().await?;
            kept = dated;
        }
        if self.switches().attachment_bumps_parent {
            self.touch(user, &kept).await?;
        }
        if !scanned {
            self.scan(kept.sys_id().to_owned());
        }
        Ok(kept)
    }

    /// The record that a file was put on counts as updated, where the instance does so (contract 5).
    async fn touch(&self, user: &User, attachment: &Record) -> Result<(), Refusal> {
        let mut write = self.store.write().await;
        if let Some((table, before)) = self.holder(user, attachment).await? {
            let mut after = before.clone();
            after.set("sys_updated_on", self.clock.stamp());
            after.set("sys_updated_by", &user.user_name);
            after.set("sys_mod_count", (before.number("sys_mod_count") + 1).to_string());
            write.update(table, &before, &after);
        }
        Ok(write.commit().await?)
    }

    /// The virus scanner, which takes as long as its switch says.
    fn scan(self: &Arc<Self>, sys_id: String) {
        let instance = self.clone();
        self.background.spawn(async move {
            tokio::time::sleep(Duration::from_secs(instance.switches().attachment_scan_seconds)).await;
            if let Err(cause) = instance.release(&sys_id).await {
                tracing::warn!(%cause, "a file was not released after its scan");
            }
        });
    }

    async fn release(&self, sys_id: &str) -> store::Result<()> {
        let Some(table) = self.table(TABLE) else { return Ok(()) };
        let mut write = self.store.write().await;
        if let Some(before) = self.store.get(table, sys_id).await? {
            let mut after = before.clone();
            after.set("state", self.scan_result());
            write.update(table, &before, &after);
        }
        write.commit().await
    }

    fn scan_result(&self) -> &'static str {
        if self.switches().attachment_infected { "not_available" } else { "available" }
    }
}

/// The last part of whatever path a client sends; a name is only ever a name here.
pub(crate) fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control()).collect();
    if plain.chars().all(|c| c == '.' || c.is_whitespace()) { String::new() } else { plain.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::plain_name;

    #[test]
    fn names_are_no_paths() {
        for (given, kept) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Temp\\report.pdf", "report.pdf"),
            ("a\r\nb.txt", "ab.txt"),
            ("..", ""),
            ("/", ""),
            (" Größe.txt", "Größe.txt"),
        ] {
            assert_eq!(plain_name(given), kept);
        }
    }
}
