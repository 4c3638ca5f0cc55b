//! ServiceNow as one side of a link.

use super::client::Instance;
use super::{incident, rule};
use crate::clock::{self, SharedClock};
use crate::connectors::{Applied, Connector, Content, Failure, File, Gone, Journal, NewEntry, NewFile, Seen, Urgency};
use async_trait::async_trait;
use merge::{Entry, Fields, Record, Stream, Value};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::Mutex;

const TABLE: &str = "incident";
/// References as plain values, raw times in UTC: never display values, which depend on the user (contract 12.13).
const RAW: [(&str, &str); 2] = [("sysparm_display_value", "false"), ("sysparm_exclude_reference_link", "true")];
const PAGE: usize = 200;
/// ServiceNow ends a request after 60 s (contract 10). Until then a write whose answer was lost may still happen.
const SETTLES_MS: i64 = 65_000;
/// Who has which e-mail seldom changes.
const REMEMBER_USERS_MS: i64 = 10 * 60 * 1000;

/// People of the instance, remembered for a while.
#[derive(Default)]
struct People {
    /// user_name to the name people read.
    names: BTreeMap<String, String>,
    /// E-mail to sys_id, and when that was read.
    ids: BTreeMap<String, (String, i64)>,
}

#[derive(Clone)]
pub struct ServiceNow {
    instance: Instance,
    /// The fields that the rules speak of; nothing else is read or written.
    fields: Arc<BTreeSet<String>>,
    people: Arc<Mutex<People>>,
    clock: SharedClock,
}

impl ServiceNow {
    pub fn new(instance: Instance, fields: BTreeSet<String>, clock: SharedClock) -> Self {
        Self { instance, fields: Arc::new(fields), people: Arc::default(), clock }
    }

    /// The same side, for requests that are as urgent as this.
    #[must_use]
    pub fn with_urgency(&self, urgency: Urgency) -> Self {
        Self { instance: self.instance.with_urgency(urgency), ..self.clone() }
    }

    /// The `user_name` that this account acts as.
    pub async fn who_am_i(&self) -> Result<String, Failure> {
        let query = [
            ("sysparm_query", "user_name=javascript:gs.getUserName()"),
            ("sysparm_fields", "user_name"),
            ("sysparm_limit", "1"),
        ];
        let answer = self.instance.list("sys_user", &query).await?;
        Ok(text(answer.rows().first().unwrap_or(&Json::Null), "user_name"))
    }

    /// Whether the journal table shows its rows to this account: with too few rights it answers 200 with none (contract 4).
    pub async fn can_read_journals(&self) -> Result<bool, Failure> {
        let query = [("sysparm_query", "name=incident"), ("sysparm_fields", "sys_id"), ("sysparm_limit", "1")];
        Ok(!self.instance.list("sys_journal_field", &query).await?.rows().is_empty())
    }

    /// Writes the business rule, anew or over the one that is there.
    pub async fn install_rule(
        &self,
        connection: &str,
        name: &str,
        endpoint: &str,
        secret: &str,
    ) -> Result<(), Failure> {
        let row = rule::row(connection, name, endpoint, secret);
        let id = rule::rule_id(connection);
        let there = self.instance.read("sys_script", &id, &[("sysparm_fields", "sys_id")]).await?;
        if there.is_some() {
            self.instance.patch("sys_script", &id, &[], &row).await?;
        } else {
            self.instance.insert("sys_script", &row).await?;
        }
        Ok(())
    }

    /// The sys_id of the active user with this e-mail; `None` for nobody, and for more than one.
    async fn user_id(&self, email: &str) -> Result<Option<String>, Failure> {
        let now = self.clock.now();
        if let Some((id, read_at)) = self.people.lock().await.ids.get(email)
            && now - read_at < REMEMBER_USERS_MS
        {
            return Ok(Some(id.clone()));
        }
        // `^` would begin a new condition; no e-mail has it.
        let query = format!("email={}^active=true", email.replace('^', ""));
        let parameters =
            [("sysparm_query", query.as_str()), ("sysparm_fields", "sys_id"), ("sysparm_limit", "2"), RAW[0], RAW[1]];
        let answer = self.instance.list("sys_user", &parameters).await?;
        let [row] = answer.rows() else { return Ok(None) };
        let id = text(row, "sys_id");
        self.people.lock().await.ids.insert(email.to_owned(), (id.clone(), now));
        Ok(Some(id))
    }

    /// The names behind `sys_created_by`, which holds user names (contract 3.1).
    async fn names(&self, user_names: BTreeSet<String>) -> Result<BTreeMap<String, String>, Failure> {
        let unknown: Vec<String> = {
            let people = self.people.lock().await;
            user_names.iter().filter(|name| !people.names.contains_key(*name)).cloned().collect()
        };
        if !unknown.is_empty() {
            let query = format!("user_nameIN{}", unknown.join(","));
            let parameters = [("sysparm_query", query.as_str()), ("sysparm_fields", "user_name,name"), RAW[0], RAW[1]];
            let answer = self.instance.list("sys_user", &parameters).await?;
            let mut people = self.people.lock().await;
            people.names.extend(answer.rows().iter().map(|row| (text(row, "user_name"), text(row, "name"))));
        }
        let people = self.people.lock().await;
        Ok(user_names
            .into_iter()
            .map(|user_name| {
                let name = people.names.get(&user_name).filter(|name| !name.is_empty()).unwrap_or(&user_name).clone();
                (user_name, name)
            })
            .collect())
    }

    /// All journal rows of a record, oldest first.
    async fn journal_rows(&self, id: &str) -> Result<Vec<Json>, Failure> {
        let query = format!("element_id={id}^elementINcomments,work_notes^ORDERBYsys_created_on^ORDERBYsys_id");
        let limit = PAGE.to_string();
        let mut rows = Vec::new();
        for page in 0.. {
            // Journal rows are never changed, so an offset does not slide here.
            let offset = (page * PAGE).to_string();
            let parameters = [
                ("sysparm_query", query.as_str()),
                ("sysparm_fields", "sys_id,element,value,sys_created_on,sys_created_by"),
                ("sysparm_limit", &limit),
                ("sysparm_offset", &offset),
                RAW[0],
                RAW[1],
            ];
            let answer = self.instance.list("sys_journal_field", &parameters).await?;
            rows.extend_from_slice(answer.rows());
            // A short page is not the end: ACLs hide rows after the limit was applied (contract 12.4).
            let read = (page + 1) * PAGE;
            if answer.total.map_or(answer.rows().is_empty(), |total| read >= total) {
                break;
            }
        }
        Ok(rows)
    }
}

#[async_trait]
impl Connector for ServiceNow {
    async fn fetch(&self, id: &str) -> Result<Option<Record>, Failure> {
        let columns = incident::columns(&self.fields);
        let row = self.instance.read(TABLE, id, &parameters(&columns)).await?;
        Ok(row.map(|row| incident::read_record(&row, &self.fields)))
    }

    async fn entries(&self, id: &str) -> Result<Vec<Entry>, Failure> {
        let rows = self.journal_rows(id).await?;
        let authors = self.names(rows.iter().map(|row| text(row, "sys_created_by")).collect()).await?;
        Ok(rows
            .iter()
            .map(|row| Entry {
                id: text(row, "sys_id"),
                stream: if text(row, "element") == "work_notes" { Stream::Internal } else { Stream::Public },
                author: authors.get(&text(row, "sys_created_by")).cloned().unwrap_or_default(),
                at: clock::read_moment(&text(row, "sys_created_on")).unwrap_or_default(),
                body: text(row, "value"),
            })
            .collect())
    }

    async fn create(&self, _key: &str, _fields: &Fields) -> Result<Applied, Failure> {
        Err(Failure::Refused {
            why: "Records are created in ServiceNow and come to Desk from there, never the other way.".into(),
        })
    }

    /// There is no conditional update (contract 2.8): `expected` cannot be asked for here.
    async fn write(&self, id: &str, fields: &Fields, _expected: &str) -> Result<Applied, Failure> {
        let mut body = Map::new();
        let mut notes = Vec::new();
        let mut left_out = BTreeSet::new();
        for (field, value) in fields {
            match value {
                Value::User(user) => {
                    if let Some(found) = self.user_id(&user.email).await? {
                        body.insert(field.clone(), found.into());
                    } else {
                        left_out.insert(field.clone());
                        notes.push(format!(
                            "{field} was left as it is: ServiceNow has no single active user with the e-mail {}. \
                             Add the user there, or choose another.",
                            user.email
                        ));
                    }
                }
                other => incident::write_field(field, other, &mut body),
            }
        }
        let columns = incident::columns(&self.fields);
        let row = if body.is_empty() {
            self.instance.read(TABLE, id, &parameters(&columns)).await?
        } else {
            self.instance.patch(TABLE, id, &parameters(&columns), &Json::Object(body)).await?
        };
        let row = row.ok_or_else(|| Failure::Refused {
            why: "ServiceNow answered 404: the incident was deleted, or this account may no longer see it.".into(),
        })?;
        let record = incident::read_record(&row, &self.fields);
        for (field, sent) in fields {
            // Contract 12.9: a write can be dropped with 200. A field that is not shown cannot be compared.
            if let Some(stored) = record.fields.get(field)
                && !stored.means(sent)
                && !matches!(sent, Value::User(_))
            {
                notes.push(format!(
                    "ServiceNow kept another value for {field} than the one sent: a rule there, a read-only field, or a text too long."
                ));
            }
        }
        Ok(Applied { record, notes, left_out })
    }

    async fn append(&self, id: &str, entry: &NewEntry) -> Result<(), Failure> {
        let element = match entry.stream {
            Stream::Public => "comments",
            Stream::Internal => "work_notes",
        };
        let mut body = Map::new();
        body.insert(element.to_owned(), journal_text(entry).into());
        let parameters = [("sysparm_fields", "sys_id")];
        let done = self.instance.patch(TABLE, id, &parameters, &Json::Object(body)).await?;
        done.map(|_| ()).ok_or_else(|| Failure::Refused {
            why: "ServiceNow answered 404: the incident was deleted, or this account may no longer see it.".into(),
        })
    }

    /// A journal write answers no id (contract 4), so the entry is known by its text.
    async fn find_entry(
        &self,
        id: &str,
        entry: &NewEntry,
        taken: &BTreeSet<String>,
    ) -> Result<Option<String>, Failure> {
        let rows = self.journal_rows(id).await?;
        Ok(rows
            .iter()
            .find(|row| !taken.contains(&text(row, "sys_id")) && is_journal_of(&text(row, "value"), entry))
            .map(|row| text(row, "sys_id")))
    }

    fn is_same(&self, shown: &Entry, sent: &NewEntry) -> bool {
        is_journal_of(&shown.body, sent)
    }

    async fn gone(&self, _id: &str) -> Result<Gone, Failure> {
        Ok(Gone::Unknown { why: "ServiceNow answers 404 for deleted and for hidden records alike.".into() })
    }

    async fn journal(&self) -> Result<Journal, Failure> {
        Ok(if self.can_read_journals().await? { Journal::Entries } else { Journal::Closed })
    }

    async fn delete(&self, _id: &str) -> Result<(), Failure> {
        Err(Failure::Refused { why: "Incidents are not deleted from here.".into() })
    }

    async fn files(&self, _id: &str) -> Result<Vec<File>, Failure> {
        Ok(Vec::new())
    }

    async fn read_file(&self, _id: &str, _file: &str) -> Result<Content, Failure> {
        Err(Failure::Refused { why: "Files of incidents are not read.".into() })
    }

    async fn attach(&self, _id: &str, _file: &NewFile, _content: Content) -> Result<File, Failure> {
        Err(Failure::Refused { why: "Files are not sent to incidents.".into() })
    }

    async fn changed(&self, since: i64, after: Option<&Seen>) -> Result<Vec<Seen>, Failure> {
        let query = match after {
            None => format!("sys_updated_on>={}", clock::in_words(since)),
            Some(last) => {
                let at = clock::in_words(last.updated_at);
                format!("sys_updated_on>{at}^NQsys_updated_on={at}^sys_id>{}", last.id)
            }
        };
        let query = format!("{query}^ORDERBYsys_updated_on^ORDERBYsys_id");
        let limit = PAGE.to_string();
        let parameters = [
            ("sysparm_query", query.as_str()),
            ("sysparm_fields", "sys_id,sys_updated_on,sys_mod_count"),
            ("sysparm_limit", &limit),
            ("sysparm_no_count", "true"),
            RAW[0],
            RAW[1],
        ];
        let answer = self.instance.list(TABLE, &parameters).await?;
        Ok(answer
            .rows()
            .iter()
            .filter_map(|row| {
                let updated_at = clock::read_moment(&text(row, "sys_updated_on"))?;
                Some(Seen { id: text(row, "sys_id"), version: incident::version(row), updated_at })
            })
            .collect())
    }

    fn settles_ms(&self) -> i64 {
        SETTLES_MS
    }
}

fn parameters(columns: &str) -> [(&str, &str); 3] {
    [("sysparm_fields", columns), RAW[0], RAW[1]]
}

/// The text that carries author and time, and by which the entry is found again. A link's entries are sent
/// one after the other, so an equal text that is not paired yet can only be the one in question.
fn journal_text(entry: &NewEntry) -> String {
    let moment = format!("{} UTC", clock::in_words(entry.at));
    merge::attributed(&entry.author, &moment, &entry.from, &entry.body)
}

/// Whether a journal row's text is what was sent for this entry.
fn is_journal_of(text: &str, entry: &NewEntry) -> bool {
    Value::text(text) == Value::text(&journal_text(entry))
}

fn text(row: &Json, column: &str) -> String {
    row.get(column).and_then(Json::as_str).unwrap_or_default().to_owned()
}
