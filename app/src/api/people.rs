//! People, their tokens, the audit and the error catalogue, as the console asks for them.

use super::Answer;
use super::{console, go_to, kept, told};
use crate::model::{
    AuditFilter, AuditList, Endpoint, ErrorFamily, ErrorPage, Invited, NewPerson, NewToken, OwnPage, PeopleList,
    PersonPage, TokensPage,
};
use leptos::prelude::*;

#[server(name = AskPeople, prefix = "/fn", endpoint = "people")]
pub async fn people() -> Answer<PeopleList> {
    told(console()?.people().await)
}

#[server(name = AskPerson, prefix = "/fn", endpoint = "person")]
pub async fn person(id: String) -> Answer<PersonPage> {
    told(console()?.person(&id).await)
}

#[server(name = AddPerson, prefix = "/fn", endpoint = "add-person")]
pub async fn add_person(form: NewPerson) -> Answer<()> {
    let id = told(console()?.add_person(form).await)?;
    go_to(&format!("/settings/people/{id}"));
    Ok(())
}

#[server(name = SetRole, prefix = "/fn", endpoint = "set-role")]
pub async fn set_role(id: String, role: String) -> Answer<()> {
    told(console()?.set_role(&id, &role).await)
}

#[server(name = CloseAccount, prefix = "/fn", endpoint = "close-account")]
pub async fn close_account(id: String) -> Answer<()> {
    told(console()?.close_account(&id).await)
}

#[server(name = ReopenAccount, prefix = "/fn", endpoint = "reopen-account")]
pub async fn reopen_account(id: String) -> Answer<()> {
    told(console()?.reopen_account(&id).await)
}

#[server(name = MakePasswordLink, prefix = "/fn", endpoint = "make-password-link")]
pub async fn make_password_link(id: String) -> Answer<()> {
    told(console()?.make_password_link(&id).await)
}

#[server(name = AskPasswordLink, prefix = "/fn", endpoint = "password-link")]
pub async fn password_link(token: String) -> Answer<Option<Invited>> {
    told(console()?.password_link(&token).await)
}

#[server(name = SetPassword, prefix = "/fn", endpoint = "set-password")]
pub async fn set_password(token: String, password: String) -> Answer<()> {
    told(console()?.set_password(&token, &password).await)?;
    go_to("/");
    Ok(())
}

#[server(name = AskOwnPage, prefix = "/fn", endpoint = "own-page")]
pub async fn own_page() -> Answer<OwnPage> {
    told(console()?.own_page().await)
}

#[server(name = ChangePassword, prefix = "/fn", endpoint = "change-password")]
pub async fn change_password(present: String, password: String) -> Answer<()> {
    kept::<ChangePassword>(console()?.change_password(&present, &password).await).await
}

#[server(name = SignOutEverywhere, prefix = "/fn", endpoint = "sign-out-everywhere")]
pub async fn sign_out_everywhere() -> Answer<()> {
    told(console()?.sign_out_everywhere().await)?;
    go_to("/sign-in");
    Ok(())
}

#[server(name = SetZone, prefix = "/fn", endpoint = "set-zone")]
pub async fn set_zone(zone: String) -> Answer<()> {
    told(console()?.set_zone(&zone).await)
}

#[server(name = AskAudit, prefix = "/fn", endpoint = "audit")]
pub async fn audit(filter: AuditFilter) -> Answer<AuditList> {
    told(console()?.audit(filter).await)
}

#[server(name = AskTokens, prefix = "/fn", endpoint = "tokens")]
pub async fn tokens() -> Answer<TokensPage> {
    told(console()?.tokens().await)
}

#[server(name = MakeToken, prefix = "/fn", endpoint = "make-token")]
pub async fn make_token(form: NewToken) -> Answer<()> {
    told(console()?.make_token(form).await)
}

#[server(name = RevokeToken, prefix = "/fn", endpoint = "revoke-token")]
pub async fn revoke_token(id: String) -> Answer<()> {
    told(console()?.revoke_token(&id).await)
}

#[server(name = AskEndpoints, prefix = "/fn", endpoint = "endpoints")]
pub async fn endpoints() -> Answer<Vec<Endpoint>> {
    told(console()?.endpoints().await)
}

#[server(name = AskErrors, prefix = "/fn", endpoint = "errors")]
pub async fn errors() -> Answer<Vec<ErrorFamily>> {
    told(console()?.errors().await)
}

#[server(name = AskError, prefix = "/fn", endpoint = "error")]
pub async fn error(code: String) -> Answer<ErrorPage> {
    told(console()?.error(&code).await)
}
