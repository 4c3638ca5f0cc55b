//! What a new instance holds: its metadata as rows, settings, people, groups and records of many
//! kinds, from the files in `demo/`.
//! Everything is the same on every machine, sys_ids and times included.

mod files;
mod filters;
mod imports;
mod load;
mod metadata;
mod names;
mod people;
mod policies;
mod scripts;
mod security;
mod stories;

use std::sync::Arc;

use names::Names;
use people::People;

use crate::attachments::Unkept;
use crate::dictionary::Table;
use crate::instance::Instance;
use crate::random::fixed_id;
use crate::record::Record;
use crate::records::{Input, Refusal};
use crate::store::Write;
use crate::user::User;
use crate::{OauthClient, Settings};

/// When the instance was made.
const BORN: &str = "2026-01-05 08:00:00";

/// Why there is no demo data.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("the demo data is not understood: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    File(#[from] Unkept),
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

pub(crate) async fn furnish(instance: &Arc<Instance>, settings: &Settings) -> Result<(), Unusable> {
    rows(instance).await?;
    if settings.is_plain() {
        instance.store.keep().await?;
    }
    load::furnish(instance, i64::try_from(settings.records).unwrap_or(i64::MAX)).await?;
    for client in &settings.oauth_clients {
        register(instance, client).await?;
    }
    Ok(())
}

/// What every instance begins with. Nothing here may depend on its address, its clock or its settings.
async fn rows(instance: &Instance) -> Result<(), Unusable> {
    let mut write = instance.store.write().await;
    metadata::describe(instance, &mut write).await?;
    if let Some(users) = instance.table("sys_user")
        && instance.store.get(users, people::ADMIN).await?.is_none()
    {
        properties(instance, &mut write);
        filters::furnish(instance, &mut write);
        scripts::furnish(instance, &mut write);
        imports::furnish(instance, &mut write);
        let people = People::read()?;
        let chapters = stories::read()?;
        let names = Names::new(instance, &people, &chapters);
        people.furnish(instance, &mut write, &names);
        stories::furnish(instance, &mut write, &chapters, &names)?;
        files::furnish(instance, &mut write).await?;
    }
    Ok(write.commit().await?)
}

/// A row made by `system` when the instance was made; given values win over defaults.
fn row(table: &Table, sys_id: &str, values: &[(&str, &str)]) -> Record {
    let defaults = table.columns.values().filter(|column| !column.default.is_empty());
    let defaults = defaults.map(|column| (column.name.as_str(), column.default.as_str()));
    let by = [("sys_created_by", "system"), ("sys_updated_by", "system"), ("sys_mod_count", "0")];
    let on = [("sys_created_on", BORN), ("sys_updated_on", BORN)];
    defaults.chain(by).chain(on).chain(values.iter().copied()).chain([("sys_id", sys_id)]).collect()
}

/// Adds a row if the table is there.
fn add(instance: &Instance, write: &mut Write, table: &str, sys_id: &str, values: &[(&str, &str)]) {
    if let Some(table) = instance.table(table) {
        write.insert(table, &row(table, sys_id, values));
    }
}

const PROPERTIES: &[(&str, &str, &str, &str)] = &[
    ("instance_name", "string", "practice", "Name of this instance"),
    ("instance_id", "string", "5ab1e0c3d24f4b0a9e7c61d08f3b2a17", "What tells this instance from all others"),
    ("glide.sys.default.tz", "string", "America/Los_Angeles", "Time zone of everybody whose profile names none"),
    (
        "glide.oauth.inbound.client.credential.grant_type.enabled",
        "boolean",
        "false",
        "Allow the client credentials grant",
    ),
    ("glide.oauth.inbound.ropc.grant_type.disabled", "boolean", "false", "Refuse the password grant"),
    ("glide.oauth.cors.allowed.origin", "string", "", "Origin whose pages may call the OAuth addresses; * for all"),
    ("com.glide.attachment.max_size", "integer", "1024", "The largest file that may be attached, in MB"),
    ("glide.attachment.extensions", "string", "", "Extensions of files that may be attached; all if empty"),
    ("glide.attachment.role", "string", "public", "Roles that may attach files"),
    ("glide.rest.batch.max.inputSize", "integer", "5", "The largest body of an item of a batch, in MB; 10 at most"),
    ("glide.rest.batch.max.outputSize", "integer", "10", "The largest answer to an item of a batch, in MB"),
    ("glide.sys.audit_inserts", "boolean", "false", "Audit the fields of new records too"),
    (
        "glide.ui.audit_deleted_tables",
        "string",
        "sys_user,sys_user_group,sys_user_role,sys_user_has_role,sys_user_grmember,sys_attachment",
        "System tables whose deleted records are kept in sys_audit_delete",
    ),
    (
        "glide.knowman.versioning.enabled",
        "boolean",
        "true",
        "Keep earlier versions of a knowledge article as rows of their own",
    ),
    ("glide.security.checkacl.before.setvalue", "boolean", "false", "Check all column rules before anything is set"),
    ("glide.sm.default_mode", "string", "allow", "What a table without an access rule is: allow or deny"),
    ("glide.sys.date_format", "string", "yyyy-MM-dd", "How dates are shown to users without a format of their own"),
    ("glide.sys.time_format", "string", "HH:mm:ss", "How times are shown to users without a format of their own"),
    ("glide.ui.autoclose.time", "integer", "0", "Days after which a resolved incident is closed; never if 0"),
    ("com.snc.incident.autoclose.basedon.resolved_at", "boolean", "true", "Count these days from the resolution"),
    ("glide.invalid_query.returns_no_rows", "boolean", "false", "Find nothing with a query that has an invalid part"),
    ("glide.rest.choice.allow_non_existing_value", "boolean", "false", "Let REST store values that are no choice"),
];

fn properties(instance: &Instance, write: &mut Write) {
    for (name, kind, value, description) in PROPERTIES {
        let values = [("name", *name), ("type", kind), ("value", value), ("description", description)];
        add(instance, write, "sys_properties", &fixed_id(&format!("property {name}")), &values);
    }
}

async fn register(instance: &Arc<Instance>, client: &OauthClient) -> Result<(), Unusable> {
    let Some(table) = instance.table("oauth_entity") else {
        return Ok(());
    };
    if instance.store.find(table, "client_id", &client.client_id).await?.is_some() {
        return Ok(());
    }
    let input = Input::new([
        ("name", client.name.as_str()),
        ("client_id", &client.client_id),
        ("client_secret", &client.client_secret),
        ("redirect_url", &client.redirect_urls.join(",")),
    ]);
    instance.insert(&User::system(), table, input).await?;
    Ok(())
}
