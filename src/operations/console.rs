//! Answers the console's questions: one line each.

use super::{Operations, OrTrouble as _};
use app::api::{Answer, Console};
use app::model::{
    BulkEdit, BulkEdited, ChangeList, ChangeStory, Check, Choice, ConflictFilter, ConflictList, ConflictRow,
    ConnectDefaults, ConnectionPage, ConnectionRow, DriftPage, DriftSettings, FailureFilter, FailureList, FailurePage,
    HistoryFilter, KitCheck, NewTicket, NewTicketChoices, Overview, Person, RetentionDays, Role, RulesForm, RulesPage,
    RunPage, ServicenowSide, SettingsForm, SetupSteps, TicketFilter, TicketForm, TicketList, TicketPage,
};

#[async_trait::async_trait]
impl Console for Operations {
    async fn me(&self) -> Answer<Option<Person>> {
        Ok(self.who_asks())
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
        name: &str,
        address: &str,
        client_id: &str,
        client_secret: &str,
        environment: &str,
    ) -> Answer<String> {
        self.connect_draft(name, address, client_id, client_secret, environment).await
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

    async fn setup_steps(&self, id: &str) -> Answer<SetupSteps> {
        self.follow_setup(id).await
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

    async fn save_settings(&self, form: SettingsForm) -> Answer<()> {
        self.publish_settings(form).await
    }

    async fn rules(&self, form: RulesForm) -> Answer<RulesPage> {
        self.see_rules(form).await
    }

    async fn publish_rules(&self, form: RulesForm) -> Answer<String> {
        Operations::publish_rules(self, form).await
    }

    async fn conflicts(&self, filter: ConflictFilter) -> Answer<ConflictList> {
        self.list_conflicts(filter).await
    }

    async fn conflict(&self, id: &str) -> Answer<ConflictRow> {
        self.open_conflict(id).await
    }

    async fn choose_value(&self, choice: Choice) -> Answer<()> {
        self.choose(choice).await
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

    async fn history(&self, filter: HistoryFilter) -> Answer<ChangeList> {
        self.list_history(filter).await
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
