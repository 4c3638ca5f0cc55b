//! Answers the console's questions: one line each.

use super::{Operations, OrTrouble as _};
use app::api::{Answer, Answered, Console};
use app::model::{
    Alike, AlikeQuestion, AuditFilter, AuditList, Authorized, BulkEdit, BulkEdited, ChangeList, ChangeStory, Check,
    Choices, ConflictFilter, ConflictList, ConflictRecord, ConnectDefaults, ConnectStep, ConnectionPage, ConnectionRow,
    DisconnectPage, DriftPage, DriftSettings, Endpoint, ErrorFamily, ErrorPage, FailureFilter, FailureList,
    FailurePage, HistoryFilter, Invited, KitCheck, MappingAsk, MappingChange, MappingPage, NewPerson, NewTicket,
    NewTicketChoices, NewToken, Overview, OwnPage, PeopleList, PermissionsPage, Person, PersonPage, Preview,
    RecordPage, RecordQuestion, RecordRow, RestorePage, RestoreQuestion, RetentionDays, Role, RunPage, ServicenowSide,
    TakeForm, TicketFilter, TicketForm, TicketList, TicketPage, TokensPage, WhatForm,
};
use std::collections::BTreeMap;

#[async_trait::async_trait]
impl Console for Operations {
    async fn me(&self) -> Answer<Option<Person>> {
        Ok(self.who_asks())
    }

    async fn keep_answer(&self, answered: Answered) -> Answer<()> {
        self.keep_for_next_page(answered).await
    }

    async fn first_run_open(&self, token: &str) -> Answer<bool> {
        self.is_first_run_open(token).await
    }

    async fn create_first_admin(&self, token: &str, name: &str, email: &str, password: &str) -> Answer<()> {
        self.first_admin(token, name, email, password).await
    }

    async fn sign_in(&self, email: &str, password: &str) -> Answer<()> {
        self.sign_in_with(email, password).await
    }

    async fn sign_out(&self) -> Answer<()> {
        self.leave().await
    }

    async fn people(&self) -> Answer<PeopleList> {
        self.list_people().await
    }

    async fn person(&self, id: &str) -> Answer<PersonPage> {
        self.open_person(id).await
    }

    async fn add_person(&self, form: NewPerson) -> Answer<String> {
        self.invite(form).await
    }

    async fn set_role(&self, id: &str, role: &str) -> Answer<()> {
        self.give_role(id, role).await
    }

    async fn close_account(&self, id: &str) -> Answer<()> {
        Operations::close_account(self, id).await
    }

    async fn reopen_account(&self, id: &str) -> Answer<()> {
        Operations::reopen_account(self, id).await
    }

    async fn make_password_link(&self, id: &str) -> Answer<()> {
        Operations::make_password_link(self, id).await
    }

    async fn password_link(&self, token: &str) -> Answer<Option<Invited>> {
        self.open_password_link(token).await
    }

    async fn set_password(&self, token: &str, password: &str) -> Answer<()> {
        self.set_password_by_link(token, password).await
    }

    async fn own_page(&self) -> Answer<OwnPage> {
        self.open_own_page().await
    }

    async fn change_password(&self, present: &str, password: &str) -> Answer<()> {
        self.change_own_password(present, password).await
    }

    async fn sign_out_everywhere(&self) -> Answer<()> {
        self.leave_everywhere().await
    }

    async fn set_zone(&self, zone: &str) -> Answer<()> {
        self.choose_zone(zone).await
    }

    async fn audit(&self, filter: AuditFilter) -> Answer<AuditList> {
        self.list_audit(filter).await
    }

    async fn tokens(&self) -> Answer<TokensPage> {
        self.list_tokens().await
    }

    async fn make_token(&self, form: NewToken) -> Answer<()> {
        Operations::make_token(self, form).await
    }

    async fn revoke_token(&self, id: &str) -> Answer<()> {
        Operations::revoke_token(self, id).await
    }

    async fn endpoints(&self) -> Answer<Vec<Endpoint>> {
        self.require(Role::Viewer, "tokens.read", "").await?;
        Ok(self.parts.api.clone())
    }

    async fn errors(&self) -> Answer<Vec<ErrorFamily>> {
        Ok(super::errors::families())
    }

    async fn error(&self, code: &str) -> Answer<ErrorPage> {
        super::errors::page(code)
    }

    async fn overview(&self) -> Answer<Overview> {
        self.see_overview().await
    }

    async fn connections(&self) -> Answer<Vec<ConnectionRow>> {
        self.list_connections().await
    }

    async fn connect_defaults(&self) -> Answer<ConnectDefaults> {
        self.require(Role::Admin, "connections.connect", "").await?;
        let redirect_url = self.parts.oauth.redirect_url().to_owned();
        // The demo's fields come filled in for the first connection only.
        let is_first = self.parts.store.connections().await.or_trouble()?.is_empty();
        let defaults = if is_first { self.parts.defaults.clone() } else { ConnectDefaults::default() };
        Ok(ConnectDefaults { redirect_url, ..defaults })
    }

    async fn connect(
        &self,
        id: &str,
        name: &str,
        address: &str,
        client_id: &str,
        client_secret: &str,
    ) -> Answer<String> {
        self.keep_instance(id, name, address, client_id, client_secret).await
    }

    async fn connect_step(&self, id: &str, step: i64, typed: &BTreeMap<String, String>) -> Answer<ConnectStep> {
        self.open_step(id, step, typed).await
    }

    async fn choose_capability(&self, id: &str, environment: &str, preset: &str) -> Answer<()> {
        self.keep_capability(id, environment, preset).await
    }

    async fn choose_what(&self, form: WhatForm) -> Answer<()> {
        self.keep_what(form).await
    }

    async fn start_from_preset(&self, id: &str, preset: &str) -> Answer<()> {
        self.choose_preset(id, preset).await
    }

    async fn take_rows(&self, form: TakeForm) -> Answer<()> {
        self.take_suggestions(form).await
    }

    async fn start_sync(&self, id: &str) -> Answer<()> {
        self.begin_sync(id).await
    }

    async fn run_live_test(&self, id: &str) -> Answer<()> {
        self.begin_live_test(id).await
    }

    async fn finish_connect(&self, id: &str) -> Answer<()> {
        self.end_connect(id).await
    }

    async fn disconnect_page(&self, id: &str) -> Answer<DisconnectPage> {
        self.see_disconnect(id).await
    }

    async fn disconnect(&self, id: &str, remove: bool) -> Answer<bool> {
        Operations::disconnect(self, id, remove).await
    }

    async fn authorized(&self, id: &str) -> Answer<Authorized> {
        self.who_authorized(id).await
    }

    async fn permissions(&self, id: &str) -> Answer<PermissionsPage> {
        self.see_permissions(id).await
    }

    async fn probe_permissions(&self, id: &str) -> Answer<()> {
        self.try_permissions(id).await
    }

    async fn connection(&self, id: &str) -> Answer<ConnectionPage> {
        self.open_connection(id).await
    }

    async fn test_connection(&self, id: &str) -> Answer<Vec<Check>> {
        self.test(id).await
    }

    async fn install_webhook(&self, id: &str) -> Answer<Option<String>> {
        self.install_kit(id).await
    }

    async fn rotate_webhook_secret(&self, id: &str) -> Answer<()> {
        self.rotate_secret(id).await
    }

    async fn end_former_secret(&self, id: &str) -> Answer<()> {
        self.end_former(id).await
    }

    async fn take_unsigned(&self, id: &str, allow: bool) -> Answer<()> {
        self.allow_unsigned(id, allow).await
    }

    async fn servicenow_side(&self, id: &str) -> Answer<ServicenowSide> {
        self.open_servicenow_side(id).await
    }

    async fn check_kit(&self, id: &str) -> Answer<KitCheck> {
        self.read_kit_back(id).await
    }

    async fn set_access_end(&self, id: &str, day: &str) -> Answer<()> {
        self.correct_access_end(id, day).await
    }

    async fn set_client(&self, id: &str, client_id: &str, client_secret: &str) -> Answer<()> {
        self.correct_client(id, client_id, client_secret).await
    }

    async fn pause_connection(&self, id: &str) -> Answer<()> {
        self.pause(id).await
    }

    async fn resume_connection(&self, id: &str) -> Answer<()> {
        self.resume(id).await
    }

    async fn confirm_instance(&self, id: &str) -> Answer<()> {
        self.confirm_same_instance(id).await
    }

    async fn mapping(&self, ask: MappingAsk) -> Answer<MappingPage> {
        self.see_mapping(ask).await
    }

    async fn change_mapping(&self, change: MappingChange) -> Answer<String> {
        Operations::change_mapping(self, change).await
    }

    async fn conflicts(&self, filter: ConflictFilter) -> Answer<ConflictList> {
        self.list_conflicts(filter).await
    }

    async fn conflict(&self, id: &str) -> Answer<ConflictRecord> {
        self.open_conflict(id).await
    }

    async fn choose_values(&self, choices: Choices) -> Answer<()> {
        self.choose(choices).await
    }

    async fn preview_choices(&self, choices: Choices) -> Answer<Preview> {
        self.foresee_choice(choices).await
    }

    async fn look_at_conflicts(&self, link: &str) -> Answer<Vec<String>> {
        self.look_at_conflicts_of(link).await
    }

    async fn alike(&self, question: AlikeQuestion) -> Answer<Alike> {
        self.see_alike(question).await
    }

    async fn choose_alike(&self, question: AlikeQuestion, count: i64) -> Answer<()> {
        Operations::choose_alike(self, question, count).await
    }

    async fn tickets(&self, filter: TicketFilter) -> Answer<TicketList> {
        self.list_tickets(filter).await
    }

    async fn ticket(&self, id: &str) -> Answer<TicketPage> {
        self.open_ticket(id).await
    }

    async fn edit_ticket(&self, form: TicketForm) -> Answer<()> {
        self.save_ticket(form).await
    }

    async fn edit_tickets(&self, edit: BulkEdit) -> Answer<BulkEdited> {
        self.save_tickets(edit).await
    }

    async fn new_ticket_choices(&self) -> Answer<NewTicketChoices> {
        self.see_new_ticket().await
    }

    async fn create_ticket(&self, form: NewTicket) -> Answer<String> {
        self.make_ticket(form).await
    }

    async fn send_ticket(&self, ticket: &str, connection: &str) -> Answer<()> {
        self.send_to_servicenow(ticket, connection).await
    }

    async fn pull_record(&self, connection: &str, record: &str) -> Answer<String> {
        self.pull(connection, record).await
    }

    async fn delete_ticket(&self, ticket: &str) -> Answer<()> {
        self.remove_ticket(ticket).await
    }

    async fn comment(&self, ticket: &str, body: &str, internal: bool) -> Answer<()> {
        self.add_comment(ticket, body, internal).await
    }

    async fn find_records(&self, number: &str) -> Answer<Vec<RecordRow>> {
        Operations::find_records(self, number).await
    }

    async fn record(&self, question: RecordQuestion) -> Answer<RecordPage> {
        self.open_record(question).await
    }

    async fn see_restore(&self, question: RestoreQuestion) -> Answer<RestorePage> {
        Operations::see_restore(self, question).await
    }

    async fn restore(&self, question: RestoreQuestion, seen: &str) -> Answer<()> {
        Operations::restore(self, question, seen).await
    }

    async fn history(&self, filter: HistoryFilter) -> Answer<ChangeList> {
        self.list_history(filter).await
    }

    async fn newer_history(&self, filter: HistoryFilter, than: &str) -> Answer<i64> {
        self.count_newer(filter, than).await
    }

    async fn change(&self, id: &str) -> Answer<ChangeStory> {
        self.open_change(id).await
    }

    async fn failures(&self, filter: FailureFilter) -> Answer<FailureList> {
        self.list_failures(filter).await
    }

    async fn failure(&self, id: &str) -> Answer<FailurePage> {
        self.open_failure(id).await
    }

    async fn retry_failure(&self, id: &str) -> Answer<()> {
        self.retry(id).await
    }

    async fn retry_failures(&self, connection: &str, cause: &str) -> Answer<()> {
        self.retry_cause(connection, cause).await
    }

    async fn discard_failure(&self, id: &str, reason: &str) -> Answer<()> {
        self.discard(id, reason).await
    }

    async fn drift(&self, connection: &str, page: i64) -> Answer<DriftPage> {
        self.see_drift(connection, page).await
    }

    async fn run(&self, id: &str, page: i64) -> Answer<RunPage> {
        self.see_run(id, page).await
    }

    async fn begin_run(&self, connection: &str, heals: bool) -> Answer<()> {
        self.begin_reconcile(connection, heals).await
    }

    async fn begin_backfill(&self, connection: &str, day: &str) -> Answer<()> {
        self.backfill(connection, day).await
    }

    async fn stop_run(&self, id: &str) -> Answer<()> {
        self.put_run_aside(id).await
    }

    async fn continue_run(&self, id: &str) -> Answer<()> {
        self.let_run_go_on(id).await
    }

    async fn cancel_run(&self, id: &str) -> Answer<()> {
        self.end_run(id).await
    }

    async fn save_drift(&self, form: DriftSettings) -> Answer<()> {
        self.keep_upkeep(form).await
    }

    async fn retention(&self) -> Answer<RetentionDays> {
        self.see_retention().await
    }

    async fn save_retention(&self, days: RetentionDays) -> Answer<()> {
        self.keep_retention(days).await
    }
}
