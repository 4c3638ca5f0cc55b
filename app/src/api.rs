//! All that the console asks of the server: one trait, and one line per server function.
//! The server implements [`Console`] for the person of the request; nothing here knows how.

mod people;

pub use people::*;

use crate::error::Trouble;
use crate::model::{
    Alike, AlikeQuestion, AuditFilter, AuditList, Authorized, BulkEdit, BulkEdited, ChangeList, ChangeStory, Check,
    Choices, ConflictFilter, ConflictList, ConflictRecord, ConnectDefaults, ConnectStep, ConnectionPage, ConnectionRow,
    DisconnectPage, DriftPage, DriftSettings, Endpoint, ErrorFamily, ErrorPage, FailureFilter, FailureList,
    FailurePage, HistoryFilter, Invited, KitCheck, MappingAsk, MappingChange, MappingPage, NewPerson, NewTicket,
    NewTicketChoices, NewToken, Overview, OwnPage, PeopleList, PermissionsPage, Person, PersonPage, Preview,
    RecordPage, RecordQuestion, RecordRow, RestorePage, RestoreQuestion, RetentionDays, RunPage, ServicenowSide,
    TakeForm, TicketFilter, TicketForm, TicketList, TicketPage, TokensPage, WhatForm,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

pub type Answer<T> = Result<T, Trouble>;

/// The form that adds files to a ticket is no server function: the address tells under this name what went wrong.
pub const FILES_FORM: &str = "files";
/// The same for the form that takes a mapping in.
pub const MAPPING_FORM: &str = "mapping.json";

/// What the person of this request may ask for. One value a request; who asks is inside.
#[async_trait::async_trait]
pub trait Console: Send + Sync {
    /// Who is signed in, if anybody.
    async fn me(&self) -> Answer<Option<Person>>;
    /// For the next page that the person opens.
    async fn keep_answer(&self, answered: Answered) -> Answer<()>;
    /// Whether this one-time set-up link still opens the first-run page.
    async fn first_run_open(&self, token: &str) -> Answer<bool>;
    async fn create_first_admin(&self, token: &str, name: &str, email: &str, password: &str) -> Answer<()>;
    async fn sign_in(&self, email: &str, password: &str) -> Answer<()>;
    async fn sign_out(&self) -> Answer<()>;

    async fn people(&self) -> Answer<PeopleList>;
    async fn person(&self, id: &str) -> Answer<PersonPage>;
    /// Answers the person's id.
    async fn add_person(&self, form: NewPerson) -> Answer<String>;
    async fn set_role(&self, id: &str, role: &str) -> Answer<()>;
    async fn close_account(&self, id: &str) -> Answer<()>;
    async fn reopen_account(&self, id: &str) -> Answer<()>;
    /// The person's page shows it once.
    async fn make_password_link(&self, id: &str) -> Answer<()>;
    /// Who a link to set a password is for; nobody when it does not work.
    async fn password_link(&self, token: &str) -> Answer<Option<Invited>>;
    async fn set_password(&self, token: &str, password: &str) -> Answer<()>;
    async fn own_page(&self) -> Answer<OwnPage>;
    async fn change_password(&self, present: &str, password: &str) -> Answer<()>;
    async fn sign_out_everywhere(&self) -> Answer<()>;
    /// Empty for the browser's own.
    async fn set_zone(&self, zone: &str) -> Answer<()>;
    async fn audit(&self, filter: AuditFilter) -> Answer<AuditList>;
    async fn tokens(&self) -> Answer<TokensPage>;
    /// The page of tokens shows it once.
    async fn make_token(&self, form: NewToken) -> Answer<()>;
    async fn revoke_token(&self, id: &str) -> Answer<()>;
    /// What programs may ask for.
    async fn endpoints(&self) -> Answer<Vec<Endpoint>>;
    /// The error catalogue.
    async fn errors(&self) -> Answer<Vec<ErrorFamily>>;
    async fn error(&self, code: &str) -> Answer<ErrorPage>;

    async fn overview(&self) -> Answer<Overview>;

    async fn connections(&self) -> Answer<Vec<ConnectionRow>>;
    async fn connect_defaults(&self) -> Answer<ConnectDefaults>;
    /// Keeps a draft, or another start of one, and answers its id.
    async fn connect(
        &self,
        id: &str,
        name: &str,
        address: &str,
        client_id: &str,
        client_secret: &str,
    ) -> Answer<String>;
    /// One step of Connect; `typed` is what the address says of its form.
    async fn connect_step(&self, id: &str, step: i64, typed: &BTreeMap<String, String>) -> Answer<ConnectStep>;
    async fn choose_capability(&self, id: &str, environment: &str, preset: &str) -> Answer<()>;
    async fn choose_what(&self, form: WhatForm) -> Answer<()>;
    async fn start_from_preset(&self, id: &str, preset: &str) -> Answer<()>;
    /// Adds suggested rows to value maps.
    async fn take_rows(&self, form: TakeForm) -> Answer<()>;
    /// From now on changes flow.
    async fn start_sync(&self, id: &str) -> Answer<()>;
    /// Makes a record there, and follows it there and back.
    async fn run_live_test(&self, id: &str) -> Answer<()>;
    async fn finish_connect(&self, id: &str) -> Answer<()>;
    async fn disconnect_page(&self, id: &str) -> Answer<DisconnectPage>;
    /// Credentials go; with `remove` links and history too. Answers whether the connection is still there to be seen.
    async fn disconnect(&self, id: &str, remove: bool) -> Answer<bool>;
    async fn authorized(&self, id: &str) -> Answer<Authorized>;
    async fn permissions(&self, id: &str) -> Answer<PermissionsPage>;
    /// Tries every right that the connection needs, and keeps what was found.
    async fn probe_permissions(&self, id: &str) -> Answer<()>;
    async fn connection(&self, id: &str) -> Answer<ConnectionPage>;
    async fn test_connection(&self, id: &str) -> Answer<Vec<Check>>;
    /// Writes into ServiceNow what tells of changes, where the account may. Answers what was refused and may be missing.
    async fn install_webhook(&self, id: &str) -> Answer<Option<String>>;
    /// A new secret for webhooks; the present one stays valid for a while.
    async fn rotate_webhook_secret(&self, id: &str) -> Answer<()>;
    /// The secret before the present one counts no longer.
    async fn end_former_secret(&self, id: &str) -> Answer<()>;
    /// Whether webhooks count that carry no signature.
    async fn take_unsigned(&self, id: &str, allow: bool) -> Answer<()>;
    /// What is installed in ServiceNow: what there is to install, how far it has come, and the guide.
    async fn servicenow_side(&self, id: &str) -> Answer<ServicenowSide>;
    /// Reads back what is installed, with the connection's own rights.
    async fn check_kit(&self, id: &str) -> Answer<KitCheck>;
    /// When the refresh token really ends, as `2026-11-30`.
    async fn set_access_end(&self, id: &str, day: &str) -> Answer<()>;
    /// The OAuth client's id and secret, as they are in ServiceNow now.
    async fn set_client(&self, id: &str, client_id: &str, client_secret: &str) -> Answer<()>;
    async fn pause_connection(&self, id: &str) -> Answer<()>;
    async fn resume_connection(&self, id: &str) -> Answer<()>;
    /// A person says that instance and console are the same as before, whatever was seen.
    async fn confirm_instance(&self, id: &str) -> Answer<()>;

    /// A part of a connection's mapping: the draft, or what is in force where there is none.
    async fn mapping(&self, ask: MappingAsk) -> Answer<MappingPage>;
    /// Answers where to look next.
    async fn change_mapping(&self, change: MappingChange) -> Answer<String>;

    async fn conflicts(&self, filter: ConflictFilter) -> Answer<ConflictList>;
    /// The record that this conflict is about, with all its conflicts.
    async fn conflict(&self, id: &str) -> Answer<ConflictRecord>;
    async fn choose_values(&self, choices: Choices) -> Answer<()>;
    /// What a choice would write where, found on both sides as they stand now.
    async fn preview_choices(&self, choices: Choices) -> Answer<Preview>;
    /// The person looks at a record's conflicts. Answers who else does.
    async fn look_at_conflicts(&self, link: &str) -> Answer<Vec<String>>;
    /// The conflicts that one answer could be given to.
    async fn alike(&self, question: AlikeQuestion) -> Answer<Alike>;
    /// Gives it to just so many.
    async fn choose_alike(&self, question: AlikeQuestion, count: i64) -> Answer<()>;

    async fn tickets(&self, filter: TicketFilter) -> Answer<TicketList>;
    async fn ticket(&self, id: &str) -> Answer<TicketPage>;
    async fn edit_ticket(&self, form: TicketForm) -> Answer<()>;
    /// The same fields of many; each is an edit of its own.
    async fn edit_tickets(&self, edit: BulkEdit) -> Answer<BulkEdited>;
    async fn new_ticket_choices(&self) -> Answer<NewTicketChoices>;
    /// Answers its id.
    async fn create_ticket(&self, form: NewTicket) -> Answer<String>;
    /// To ServiceNow, by this connection.
    async fn send_ticket(&self, ticket: &str, connection: &str) -> Answer<()>;
    /// From ServiceNow, by its number or sys_id. Answers the number.
    async fn pull_record(&self, connection: &str, record: &str) -> Answer<String>;
    /// For good; what is left is its number, and who deleted it when.
    async fn delete_ticket(&self, ticket: &str) -> Answer<()>;
    async fn comment(&self, ticket: &str, body: &str, internal: bool) -> Answer<()>;

    /// Pairs with a record that people call so, on either side.
    async fn find_records(&self, number: &str) -> Answer<Vec<RecordRow>>;
    /// A pair, as last known, read just now, or as it stood.
    async fn record(&self, question: RecordQuestion) -> Answer<RecordPage>;
    /// What bringing values of the past back would write.
    async fn see_restore(&self, question: RestoreQuestion) -> Answer<RestorePage>;
    /// Brings them back; `seen` is of the page that said what would be written.
    async fn restore(&self, question: RestoreQuestion, seen: &str) -> Answer<()>;

    async fn history(&self, filter: HistoryFilter) -> Answer<ChangeList>;
    /// How many lines that the filter asks for are newer than this one.
    async fn newer_history(&self, filter: HistoryFilter, than: &str) -> Answer<i64>;
    async fn change(&self, id: &str) -> Answer<ChangeStory>;

    /// Dead letters: by cause, or those of one cause.
    async fn failures(&self, filter: FailureFilter) -> Answer<FailureList>;
    async fn failure(&self, id: &str) -> Answer<FailurePage>;
    async fn retry_failure(&self, id: &str) -> Answer<()>;
    /// All that have the same cause.
    async fn retry_failures(&self, connection: &str, cause: &str) -> Answer<()>;
    /// Gives the write up, for just this value.
    async fn discard_failure(&self, id: &str, reason: &str) -> Answer<()>;

    /// A connection's reconcile runs, and when they begin by themselves.
    async fn drift(&self, connection: &str, page: i64) -> Answer<DriftPage>;
    /// One run with what it found.
    async fn run(&self, id: &str, page: i64) -> Answer<RunPage>;
    async fn begin_run(&self, connection: &str, heals: bool) -> Answer<()>;
    /// Pulls records without a link that were made or updated since a day, as `2026-11-30`.
    async fn begin_backfill(&self, connection: &str, day: &str) -> Answer<()>;
    /// Until a person lets it go on.
    async fn stop_run(&self, id: &str) -> Answer<()>;
    /// Past the breaker, if that has stopped it.
    async fn continue_run(&self, id: &str) -> Answer<()>;
    async fn cancel_run(&self, id: &str) -> Answer<()>;
    async fn save_drift(&self, form: DriftSettings) -> Answer<()>;

    async fn retention(&self) -> Answer<RetentionDays>;
    async fn save_retention(&self, days: RetentionDays) -> Answer<()>;
}

pub(crate) fn console() -> Answer<std::sync::Arc<dyn Console>> {
    use_context().ok_or_else(|| {
        Trouble::new(
            "CONSOLE-CONTEXT",
            "The server did not answer.",
            "The request reached no console.",
            "Report this as a fault.",
        )
    })
}

/// Gives the HTTP answer the status of its trouble; Leptos alone would answer 500 to a wrong password.
/// A form sent without JavaScript keeps its redirect back to the form, which carries the trouble.
pub(crate) fn told<T>(answer: Answer<T>) -> Answer<T> {
    if let Err(trouble) = &answer
        && let Some(response) = use_context::<leptos_axum::ResponseOptions>()
        && !is_plain_form()
        && let Ok(status) = http::StatusCode::from_u16(trouble.status())
    {
        response.set_status(status);
    }
    answer
}

/// What the form that led to this page was answered. The server keeps it for just that page.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The server function's path.
    pub form: String,
    /// As JSON.
    pub answer: String,
}

/// What this form was answered just now, for its page to tell.
pub fn answered<F>() -> Option<F::Output>
where
    F: ServerFn,
    F::Output: DeserializeOwned,
{
    let answered = use_context::<Answered>().filter(|answered| answered.form == F::PATH)?;
    serde_json::from_str(&answered.answer).ok()
}

/// Keeps the answer for the page that comes next.
async fn kept<F>(answer: Answer<F::Output>) -> Answer<F::Output>
where
    F: ServerFn,
    F::Output: Serialize,
{
    if let Ok(value) = &answer
        && let Ok(answer) = serde_json::to_string(value)
    {
        console()?.keep_answer(Answered { form: F::PATH.to_owned(), answer }).await?;
    }
    told(answer)
}

/// Whether a browser sent a form without JavaScript.
fn is_plain_form() -> bool {
    use_context::<http::request::Parts>().is_some_and(|request| {
        let accepted = request.headers.get(http::header::ACCEPT).and_then(|value| value.to_str().ok());
        request.method == http::Method::POST && accepted.is_some_and(|value| value.contains("text/html"))
    })
}

/// After a form: where the browser goes next, with and without JavaScript.
fn go_to(path: &str) {
    leptos_axum::redirect(path);
}

/// The address of a form's page that tells what the form's last attempt met, where no script can.
fn with_trouble<F: ServerFn>(page: &str, trouble: Trouble) -> String {
    // Only the path and what follows it are taken; where the console is does not matter.
    let told = ServerFnUrlError::new(F::PATH, trouble).to_url(&format!("http://localhost{page}"));
    told.map_or_else(|_| page.to_owned(), |url| format!("{}?{}", url.path(), url.query().unwrap_or_default()))
}

/// Whether the path is one of our own: `//host` and `/\host` would leave the console, and a header
/// takes visible ASCII only.
fn is_own_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[server(name = AskMe, prefix = "/fn", endpoint = "me")]
pub async fn me() -> Answer<Option<Person>> {
    told(console()?.me().await)
}

#[server(name = AskFirstRunOpen, prefix = "/fn", endpoint = "first-run-open")]
pub async fn first_run_open(token: String) -> Answer<bool> {
    told(console()?.first_run_open(&token).await)
}

#[server(name = CreateFirstAdmin, prefix = "/fn", endpoint = "create-first-admin")]
pub async fn create_first_admin(token: String, name: String, email: String, password: String) -> Answer<()> {
    told(console()?.create_first_admin(&token, &name, &email, &password).await)?;
    go_to("/");
    Ok(())
}

#[server(name = SignIn, prefix = "/fn", endpoint = "sign-in")]
pub async fn sign_in(email: String, password: String, next: String) -> Answer<()> {
    told(console()?.sign_in(&email, &password).await)?;
    go_to(if is_own_path(&next) { &next } else { "/" });
    Ok(())
}

#[server(name = SignOut, prefix = "/fn", endpoint = "sign-out")]
pub async fn sign_out() -> Answer<()> {
    told(console()?.sign_out().await)?;
    go_to("/sign-in");
    Ok(())
}

#[server(name = AskOverview, prefix = "/fn", endpoint = "overview")]
pub async fn overview() -> Answer<Overview> {
    told(console()?.overview().await)
}

#[server(name = AskConnections, prefix = "/fn", endpoint = "connections")]
pub async fn connections() -> Answer<Vec<ConnectionRow>> {
    told(console()?.connections().await)
}

#[server(name = AskConnectDefaults, prefix = "/fn", endpoint = "connect-defaults")]
pub async fn connect_defaults() -> Answer<ConnectDefaults> {
    told(console()?.connect_defaults().await)
}

#[server(name = Connect, prefix = "/fn", endpoint = "connect")]
pub async fn connect(
    name: String,
    address: String,
    client_id: String,
    client_secret: Option<String>,
    id: Option<String>,
) -> Answer<()> {
    let (id, secret) = (id.unwrap_or_default(), client_secret.unwrap_or_default());
    match console()?.connect(&id, &name, &address, &client_id, &secret).await {
        Ok(id) => go_to(&crate::model::step_address(&id, 2)),
        Err(trouble) if is_plain_form() => {
            let new = "/settings/connections/new".to_owned();
            let page = if id.is_empty() { new } else { crate::model::step_address(&id, 1) };
            // Never the secret: addresses are kept by browsers.
            let typed = [("form[name]", &*name), ("form[address]", &address), ("form[client_id]", &client_id)];
            go_to(&with_trouble::<Connect>(&crate::address::with_pairs(&page, &typed), trouble));
        }
        Err(trouble) => return told(Err(trouble)),
    }
    Ok(())
}

#[server(name = AskConnectStep, prefix = "/fn", endpoint = "connect-step")]
pub async fn connect_step(
    id: String,
    step: i64,
    #[server(default)] typed: BTreeMap<String, String>,
) -> Answer<ConnectStep> {
    told(console()?.connect_step(&id, step, &typed).await)
}

#[server(name = ChooseCapability, prefix = "/fn", endpoint = "choose-capability")]
pub async fn choose_capability(id: String, environment: String, preset: String) -> Answer<()> {
    told(console()?.choose_capability(&id, &environment, &preset).await)?;
    go_to(&crate::model::step_address(&id, 3));
    Ok(())
}

#[server(name = ChooseWhat, prefix = "/fn", endpoint = "choose-what")]
pub async fn choose_what(form: WhatForm) -> Answer<()> {
    let connection = form.connection.clone();
    told(console()?.choose_what(form).await)?;
    go_to(&crate::model::step_address(&connection, 5));
    Ok(())
}

#[server(name = StartFromPreset, prefix = "/fn", endpoint = "start-from-preset")]
pub async fn start_from_preset(id: String, preset: String) -> Answer<()> {
    told(console()?.start_from_preset(&id, &preset).await)
}

#[server(name = TakeRows, prefix = "/fn", endpoint = "take-rows")]
pub async fn take_rows(form: TakeForm) -> Answer<()> {
    told(console()?.take_rows(form).await)
}

#[server(name = StartSync, prefix = "/fn", endpoint = "start-sync")]
pub async fn start_sync(id: String) -> Answer<()> {
    told(console()?.start_sync(&id).await)?;
    go_to(&crate::model::step_address(&id, 6));
    Ok(())
}

#[server(name = RunLiveTest, prefix = "/fn", endpoint = "run-live-test")]
pub async fn run_live_test(id: String) -> Answer<()> {
    told(console()?.run_live_test(&id).await)
}

#[server(name = FinishConnect, prefix = "/fn", endpoint = "finish-connect")]
pub async fn finish_connect(id: String) -> Answer<()> {
    told(console()?.finish_connect(&id).await)?;
    go_to(&format!("/settings/connections/{id}"));
    Ok(())
}

#[server(name = AskDisconnect, prefix = "/fn", endpoint = "disconnect-page")]
pub async fn disconnect_page(id: String) -> Answer<DisconnectPage> {
    told(console()?.disconnect_page(&id).await)
}

#[server(name = Disconnect, prefix = "/fn", endpoint = "disconnect")]
pub async fn disconnect(id: String, keep: String) -> Answer<()> {
    let is_there = told(console()?.disconnect(&id, keep == "nothing").await)?;
    let page = if is_there { format!("/settings/connections/{id}") } else { "/settings/connections".to_owned() };
    go_to(&page);
    Ok(())
}

#[server(name = AskAuthorized, prefix = "/fn", endpoint = "authorized")]
pub async fn authorized(id: String) -> Answer<Authorized> {
    told(console()?.authorized(&id).await)
}

#[server(name = AskPermissions, prefix = "/fn", endpoint = "permissions")]
pub async fn permissions(id: String) -> Answer<PermissionsPage> {
    told(console()?.permissions(&id).await)
}

#[server(name = ProbePermissions, prefix = "/fn", endpoint = "probe-permissions")]
pub async fn probe_permissions(id: String) -> Answer<()> {
    told(console()?.probe_permissions(&id).await)
}

#[server(name = AskConnection, prefix = "/fn", endpoint = "connection")]
pub async fn connection(id: String) -> Answer<ConnectionPage> {
    told(console()?.connection(&id).await)
}

#[server(name = TestConnection, prefix = "/fn", endpoint = "test-connection")]
pub async fn test_connection(id: String) -> Answer<Vec<Check>> {
    told(console()?.test_connection(&id).await)
}

#[server(name = InstallWebhook, prefix = "/fn", endpoint = "install-webhook")]
pub async fn install_webhook(id: String) -> Answer<Option<String>> {
    kept::<InstallWebhook>(console()?.install_webhook(&id).await).await
}

#[server(name = RotateWebhookSecret, prefix = "/fn", endpoint = "rotate-webhook-secret")]
pub async fn rotate_webhook_secret(id: String) -> Answer<()> {
    kept::<RotateWebhookSecret>(console()?.rotate_webhook_secret(&id).await).await
}

#[server(name = EndFormerSecret, prefix = "/fn", endpoint = "end-former-secret")]
pub async fn end_former_secret(id: String) -> Answer<()> {
    told(console()?.end_former_secret(&id).await)
}

#[server(name = TakeUnsigned, prefix = "/fn", endpoint = "take-unsigned")]
pub async fn take_unsigned(id: String, allow: Option<String>) -> Answer<()> {
    // A check box sends its name only when it is ticked.
    told(console()?.take_unsigned(&id, allow.is_some()).await)
}

#[server(name = AskServicenowSide, prefix = "/fn", endpoint = "servicenow-side")]
pub async fn servicenow_side(id: String) -> Answer<ServicenowSide> {
    told(console()?.servicenow_side(&id).await)
}

#[server(name = CheckKit, prefix = "/fn", endpoint = "check-kit")]
pub async fn check_kit(id: String) -> Answer<KitCheck> {
    told(console()?.check_kit(&id).await)
}

#[server(name = SetAccessEnd, prefix = "/fn", endpoint = "set-access-end")]
pub async fn set_access_end(id: String, day: String) -> Answer<()> {
    told(console()?.set_access_end(&id, &day).await)
}

#[server(name = SetClient, prefix = "/fn", endpoint = "set-client")]
pub async fn set_client(id: String, client_id: String, client_secret: String) -> Answer<()> {
    told(console()?.set_client(&id, &client_id, &client_secret).await)
}

#[server(name = PauseConnection, prefix = "/fn", endpoint = "pause-connection")]
pub async fn pause_connection(id: String) -> Answer<()> {
    told(console()?.pause_connection(&id).await)
}

#[server(name = ResumeConnection, prefix = "/fn", endpoint = "resume-connection")]
pub async fn resume_connection(id: String) -> Answer<()> {
    told(console()?.resume_connection(&id).await)
}

#[server(name = ConfirmInstance, prefix = "/fn", endpoint = "confirm-instance")]
pub async fn confirm_instance(id: String) -> Answer<()> {
    told(console()?.confirm_instance(&id).await)
}

#[server(name = AskMapping, prefix = "/fn", endpoint = "mapping")]
pub async fn mapping(ask: MappingAsk) -> Answer<MappingPage> {
    told(console()?.mapping(ask).await)
}

#[server(name = ChangeMapping, prefix = "/fn", endpoint = "change-mapping")]
pub async fn change_mapping(form: MappingChange) -> Answer<()> {
    let again = form.address();
    match console()?.change_mapping(form.clone()).await {
        // The page itself shows an arrow that was turned.
        Ok(_) if form.what == "turn" && !is_plain_form() => {}
        Ok(next) => go_to(&next),
        // The form is opened anew with what was typed, and says what is wrong with it.
        Err(trouble) if !again.is_empty() && (is_plain_form() || trouble.code == "EDIT-STALE") => go_to(&again),
        Err(trouble) => return told(Err(trouble)),
    }
    Ok(())
}

#[server(name = AskConflicts, prefix = "/fn", endpoint = "conflicts")]
pub async fn conflicts(filter: ConflictFilter) -> Answer<ConflictList> {
    told(console()?.conflicts(filter).await)
}

#[server(name = AskConflict, prefix = "/fn", endpoint = "conflict")]
pub async fn conflict(id: String) -> Answer<ConflictRecord> {
    told(console()?.conflict(&id).await)
}

#[server(name = ChooseValues, prefix = "/fn", endpoint = "choose-values")]
pub async fn choose_values(choices: Choices) -> Answer<()> {
    told(console()?.choose_values(choices).await)
}

#[server(name = PreviewChoices, prefix = "/fn", endpoint = "preview-choices")]
pub async fn preview_choices(choices: Choices) -> Answer<Preview> {
    told(console()?.preview_choices(choices).await)
}

#[server(name = AskAlike, prefix = "/fn", endpoint = "alike")]
pub async fn alike(question: AlikeQuestion) -> Answer<Alike> {
    told(console()?.alike(question).await)
}

#[server(name = ChooseAlike, prefix = "/fn", endpoint = "choose-alike")]
pub async fn choose_alike(question: AlikeQuestion, count: i64) -> Answer<()> {
    told(console()?.choose_alike(question.clone(), count).await)?;
    // Where the answer can be made the rule.
    let AlikeQuestion { connection, field, take } = &question;
    let done = count.to_string();
    let asked = [("connection", connection.as_str()), ("field", field), ("take", take), ("done", &done)];
    go_to(&crate::address::with_query("/conflicts/alike", &asked));
    Ok(())
}

#[server(name = AskTickets, prefix = "/fn", endpoint = "tickets")]
pub async fn tickets(filter: TicketFilter) -> Answer<TicketList> {
    told(console()?.tickets(filter).await)
}

#[server(name = AskTicket, prefix = "/fn", endpoint = "ticket")]
pub async fn ticket(id: String) -> Answer<TicketPage> {
    told(console()?.ticket(&id).await)
}

#[server(name = EditTicket, prefix = "/fn", endpoint = "edit-ticket")]
pub async fn edit_ticket(form: TicketForm) -> Answer<()> {
    kept::<EditTicket>(console()?.edit_ticket(form).await).await
}

#[server(name = EditTickets, prefix = "/fn", endpoint = "edit-tickets")]
pub async fn edit_tickets(edit: BulkEdit) -> Answer<BulkEdited> {
    kept::<EditTickets>(console()?.edit_tickets(edit).await).await
}

#[server(name = AskNewTicketChoices, prefix = "/fn", endpoint = "new-ticket-choices")]
pub async fn new_ticket_choices() -> Answer<NewTicketChoices> {
    told(console()?.new_ticket_choices().await)
}

#[server(name = CreateTicket, prefix = "/fn", endpoint = "create-ticket")]
pub async fn create_ticket(form: NewTicket) -> Answer<()> {
    let id = told(console()?.create_ticket(form).await)?;
    go_to(&format!("/tickets/{id}"));
    Ok(())
}

#[server(name = SendTicket, prefix = "/fn", endpoint = "send-ticket")]
pub async fn send_ticket(ticket: String, connection: String) -> Answer<()> {
    told(console()?.send_ticket(&ticket, &connection).await)
}

#[server(name = PullRecord, prefix = "/fn", endpoint = "pull-record")]
pub async fn pull_record(connection: String, record: String) -> Answer<()> {
    let number = told(console()?.pull_record(&connection, &record).await)?;
    go_to(&crate::address::with_query("/tickets", &[("search", &number)]));
    Ok(())
}

#[server(name = DeleteTicket, prefix = "/fn", endpoint = "delete-ticket")]
pub async fn delete_ticket(ticket: String) -> Answer<()> {
    told(console()?.delete_ticket(&ticket).await)?;
    go_to("/tickets");
    Ok(())
}

#[server(name = AddComment, prefix = "/fn", endpoint = "comment")]
pub async fn comment(ticket: String, body: String, internal: Option<String>) -> Answer<()> {
    // A check box sends its name only when it is ticked.
    told(console()?.comment(&ticket, &body, internal.is_some()).await)
}

#[server(name = FindRecords, prefix = "/fn", endpoint = "find-records")]
pub async fn find_records(number: String) -> Answer<Vec<RecordRow>> {
    told(console()?.find_records(&number).await)
}

#[server(name = AskRecord, prefix = "/fn", endpoint = "record")]
pub async fn record(question: RecordQuestion) -> Answer<RecordPage> {
    told(console()?.record(question).await)
}

#[server(name = SeeRestore, prefix = "/fn", endpoint = "see-restore")]
pub async fn see_restore(question: RestoreQuestion) -> Answer<RestorePage> {
    told(console()?.see_restore(question).await)
}

#[server(name = Restore, prefix = "/fn", endpoint = "restore")]
pub async fn restore(question: RestoreQuestion, seen: String) -> Answer<()> {
    let link = question.link.clone();
    told(console()?.restore(question, &seen).await)?;
    go_to(&format!("/links/{link}"));
    Ok(())
}

#[server(name = AskHistory, prefix = "/fn", endpoint = "history")]
pub async fn history(filter: HistoryFilter) -> Answer<ChangeList> {
    told(console()?.history(filter).await)
}

#[server(name = AskNewerHistory, prefix = "/fn", endpoint = "newer-history")]
pub async fn newer_history(filter: HistoryFilter, than: String) -> Answer<i64> {
    told(console()?.newer_history(filter, &than).await)
}

#[server(name = AskChange, prefix = "/fn", endpoint = "change")]
pub async fn change(id: String) -> Answer<ChangeStory> {
    told(console()?.change(&id).await)
}

#[server(name = AskFailures, prefix = "/fn", endpoint = "failures")]
pub async fn failures(filter: FailureFilter) -> Answer<FailureList> {
    told(console()?.failures(filter).await)
}

#[server(name = AskFailure, prefix = "/fn", endpoint = "failure")]
pub async fn failure(id: String) -> Answer<FailurePage> {
    told(console()?.failure(&id).await)
}

#[server(name = RetryFailure, prefix = "/fn", endpoint = "retry-failure")]
pub async fn retry_failure(id: String) -> Answer<()> {
    told(console()?.retry_failure(&id).await)
}

#[server(name = RetryFailures, prefix = "/fn", endpoint = "retry-failures")]
pub async fn retry_failures(connection: String, cause: String) -> Answer<()> {
    told(console()?.retry_failures(&connection, &cause).await)
}

#[server(name = DiscardFailure, prefix = "/fn", endpoint = "discard-failure")]
pub async fn discard_failure(id: String, reason: String) -> Answer<()> {
    told(console()?.discard_failure(&id, &reason).await)
}

#[server(name = AskDrift, prefix = "/fn", endpoint = "drift")]
pub async fn drift(id: String, page: i64) -> Answer<DriftPage> {
    told(console()?.drift(&id, page).await)
}

#[server(name = AskRun, prefix = "/fn", endpoint = "run")]
pub async fn run(id: String, page: i64) -> Answer<RunPage> {
    told(console()?.run(&id, page).await)
}

#[server(name = BeginRun, prefix = "/fn", endpoint = "begin-run")]
pub async fn begin_run(connection: String, how: String) -> Answer<()> {
    told(console()?.begin_run(&connection, how == "healing").await)
}

#[server(name = BeginBackfill, prefix = "/fn", endpoint = "begin-backfill")]
pub async fn begin_backfill(connection: String, day: String) -> Answer<()> {
    told(console()?.begin_backfill(&connection, &day).await)
}

#[server(name = StopRun, prefix = "/fn", endpoint = "stop-run")]
pub async fn stop_run(id: String) -> Answer<()> {
    told(console()?.stop_run(&id).await)
}

#[server(name = ContinueRun, prefix = "/fn", endpoint = "continue-run")]
pub async fn continue_run(id: String) -> Answer<()> {
    told(console()?.continue_run(&id).await)
}

#[server(name = CancelRun, prefix = "/fn", endpoint = "cancel-run")]
pub async fn cancel_run(id: String) -> Answer<()> {
    told(console()?.cancel_run(&id).await)
}

#[server(name = SaveDrift, prefix = "/fn", endpoint = "save-drift")]
pub async fn save_drift(form: DriftSettings) -> Answer<()> {
    told(console()?.save_drift(form).await)
}

#[server(name = AskRetention, prefix = "/fn", endpoint = "retention")]
pub async fn retention() -> Answer<RetentionDays> {
    told(console()?.retention().await)
}

#[server(name = SaveRetention, prefix = "/fn", endpoint = "save-retention")]
pub async fn save_retention(days: RetentionDays) -> Answer<()> {
    told(console()?.save_retention(days).await)
}
