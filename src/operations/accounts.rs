//! The accounts of others: who has one, with which role, and whether it is open.

use super::people::{email, name};
use super::show::{when, when_any};
use super::{Operations, OrTrouble, not_found};
use crate::auth;
use crate::secrets::fingerprint;
use crate::store::PersonRow as Row;
use app::api::Answer;
use app::error::Trouble;
use app::model::{NewPerson, PeopleList, PersonPage, PersonRow, Role, Standing};

/// A link to set a password works so long.
const LINK_LASTS: i64 = 72 * 60 * 60 * 1000;

impl Operations {
    pub async fn list_people(&self) -> Answer<PeopleList> {
        let me = self.require(Role::Viewer, "people.read", "").await?;
        let rows = self.parts.store.people().await.or_trouble()?;
        Ok(PeopleList {
            rows: rows.into_iter().map(|row| shown(row, &me.id)).collect(),
            may_change: me.role >= Role::Admin,
        })
    }

    pub async fn open_person(&self, id: &str) -> Answer<PersonPage> {
        let me = self.require(Role::Viewer, "people.read", id).await?;
        let row = self.person_of(id).await?;
        let may_change = me.role >= Role::Admin;
        let store = &self.parts.store;
        let admins = store.people().await.or_trouble()?.into_iter().filter(is_working_admin);
        let link = self.shown_once(&link_place(id)).await?;
        let link_ends = store.password_link_end(id).await.or_trouble()?;
        Ok(PersonPage {
            since: when(row.created_at),
            closed: when_any(row.closed_at),
            is_last_admin: is_working_admin(&row) && admins.count() == 1,
            link_ends: when_any(link_ends).filter(|_| may_change && link_ends > self.parts.clock.now()),
            link,
            may_change,
            tokens: if may_change { self.token_rows(id).await? } else { Vec::new() },
            row: shown(row, &me.id),
        })
    }

    pub(super) async fn person_of(&self, id: &str) -> Answer<Row> {
        self.parts.store.person(id).await.or_trouble()?.ok_or_else(|| not_found("person"))
    }

    /// Answers the new person's id. The link to set a password is for the administrator to pass on: we send no mail.
    pub async fn invite(&self, form: NewPerson) -> Answer<String> {
        self.require(Role::Admin, "people.add", "").await?;
        let clock = self.parts.clock.as_ref();
        let row = Row {
            id: clock.id(),
            name: name(&form.name)?,
            email: email(&form.email)?,
            role: auth::role_word(role(&form.role)?).to_owned(),
            created_at: clock.now(),
            ..Row::default()
        };
        let mut tx = self.begin().await?;
        if let Err(error) = tx.add_person(&row).await {
            if !error.is_duplicate() {
                return Err(error).or_trouble();
            }
            return Err(Trouble::new(
                "PERSON-EMAIL-TAKEN",
                "The person was not added.",
                "Somebody has an account with this e-mail, open or closed.",
                "Open that account: a closed one can be opened again.",
            )
            .about("email"));
        }
        let link = self.new_link_in(&mut tx, &row.id).await?;
        self.audit(&mut tx, "people.add", &row.id, &format!("{} as {}", row.email, row.role), false).await?;
        self.commit(tx).await?;
        self.show_once(&link_place(&row.id), &link).await?;
        self.parts.news.tell("people");
        Ok(row.id)
    }

    pub async fn give_role(&self, id: &str, to: &str) -> Answer<()> {
        self.require(Role::Admin, "people.set_role", id).await?;
        let to = role(to)?;
        let row = self.person_of(id).await?;
        let word = auth::role_word(to);
        if row.role == word {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        if !tx.is_other_admin(id).await.or_trouble()? && is_working_admin(&row) {
            tx.undo().await.or_trouble()?;
            return self.refuse_last_admin("people.set_role", id).await;
        }
        tx.set_role(id, word).await.or_trouble()?;
        self.audit(&mut tx, "people.set_role", id, &format!("from {} to {word}", row.role), false).await?;
        self.commit(tx).await?;
        self.parts.news.tell("people");
        Ok(())
    }

    /// The sessions end at once, and so do the tokens while it is closed. What the person did stays.
    pub async fn close_account(&self, id: &str) -> Answer<()> {
        self.require(Role::Admin, "people.close", id).await?;
        let row = self.person_of(id).await?;
        if row.closed_at > 0 {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        if !tx.is_other_admin(id).await.or_trouble()? && is_working_admin(&row) {
            tx.undo().await.or_trouble()?;
            return self.refuse_last_admin("people.close", id).await;
        }
        tx.close_person(id, self.parts.clock.now()).await.or_trouble()?;
        self.audit(&mut tx, "people.close", id, &row.email, false).await?;
        self.commit(tx).await?;
        self.parts.news.tell("people");
        Ok(())
    }

    pub async fn reopen_account(&self, id: &str) -> Answer<()> {
        self.require(Role::Admin, "people.reopen", id).await?;
        let row = self.person_of(id).await?;
        if row.closed_at == 0 {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        tx.reopen_person(id).await.or_trouble()?;
        self.audit(&mut tx, "people.reopen", id, &row.email, false).await?;
        self.commit(tx).await?;
        self.parts.news.tell("people");
        Ok(())
    }

    /// For somebody who has forgotten the password, or lost the first link. The old password works until then.
    pub async fn make_password_link(&self, id: &str) -> Answer<()> {
        self.require(Role::Admin, "people.password_link", id).await?;
        let row = self.person_of(id).await?;
        if row.closed_at > 0 {
            return Err(Trouble::new(
                "PERSON-CLOSED",
                "No link was made.",
                "The account is closed, so a password would open nothing.",
                "Open the account again, then make the link.",
            ));
        }
        let mut tx = self.begin().await?;
        let link = self.new_link_in(&mut tx, id).await?;
        self.audit(&mut tx, "people.password_link", id, &row.email, false).await?;
        self.commit(tx).await?;
        self.show_once(&link_place(id), &link).await
    }

    async fn new_link_in(&self, tx: &mut crate::store::Tx, id: &str) -> Answer<String> {
        let clock = self.parts.clock.as_ref();
        let token = clock.secret();
        tx.put_password_link(id, &fingerprint(&token), clock.now() + LINK_LASTS).await.or_trouble()?;
        Ok(format!("{}/set-password?token={token}", self.parts.public_url))
    }

    async fn refuse_last_admin(&self, action: &str, id: &str) -> Answer<()> {
        self.refuse(action, id, "the last administrator").await?;
        Err(Trouble::new(
            "PERSON-LAST-ADMIN",
            "Nothing was changed.",
            "This is the last administrator who can sign in. Without one, nobody could change connections, mappings or people.",
            "Make somebody else an administrator first, and let them set their password.",
        ))
    }
}

fn link_place(person: &str) -> String {
    format!("password_links/{person}")
}

fn is_working_admin(row: &Row) -> bool {
    auth::role(&row.role) == Role::Admin && row.closed_at == 0 && !row.password_hash.is_empty()
}

pub(super) fn role(word: &str) -> Answer<Role> {
    [Role::Viewer, Role::Operator, Role::Admin].into_iter().find(|role| auth::role_word(*role) == word).ok_or_else(
        || {
            let why = format!("\"{word}\" is not one of viewer, operator, admin.");
            Trouble::new("FORM-ROLE", "There is no such role.", &why, "Choose one from the list.").about("role")
        },
    )
}

fn shown(row: Row, me: &str) -> PersonRow {
    let standing = match (row.closed_at, row.password_hash.is_empty()) {
        (1.., _) => Standing::Closed,
        (_, true) => Standing::Invited,
        _ => Standing::Open,
    };
    PersonRow {
        is_me: row.id == me,
        role: auth::role(&row.role),
        standing,
        last_sign_in: when_any(row.signed_in_at),
        id: row.id,
        name: row.name,
        email: row.email,
    }
}
