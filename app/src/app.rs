//! Every address of the console and the page behind it.

use crate::pages::{
    api::ApiPage,
    audit::AuditPage,
    change::ChangePage,
    conflicts::{ConflictPage, ConflictsPage, alike::AlikePage},
    connect::{ConnectPage, ConnectStepPage},
    connection::ConnectionPage,
    connection::disconnect::DisconnectPage,
    connection::permissions::PermissionsPage,
    connection::servicenow::ServicenowSidePage,
    connection::tokens::TokensPage,
    connections::ConnectionsPage,
    design::DesignPage,
    drift::DriftPage,
    errors::{ErrorPage, ErrorsPage},
    failure::FailurePage,
    failures::FailuresPage,
    first_run::FirstRunPage,
    history::HistoryPage,
    mapping::MappingPage,
    not_found::NotFound,
    overview::OverviewPage,
    people::PeoplePage,
    people::own::OwnPage,
    people::password::PasswordPage,
    people::person::PersonPage,
    record::{RecordPage, RecordsPage, restore::RestorePage},
    retention::RetentionPage,
    run::RunPage,
    sign_in::SignInPage,
    ticket::TicketPage,
    ticket::delete::DeleteTicketPage,
    ticket::new::NewTicketPage,
    tickets::TicketsPage,
    tokens::TokensPage as ApiTokensPage,
};
use crate::ui::layout::Layout;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};

/// The whole console. Runs once more at the server's start, to list the routes: nothing here may act.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();

    // Async: a page is sent when it is whole, with its real status, and reads without scripts.
    view! {
        <Title formatter=|page: String| format!("{page} · Isthmus")/>
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
                <Route path=path!("/first-run") view=FirstRunPage ssr=SsrMode::Async/>
                <Route path=path!("/set-password") view=PasswordPage ssr=SsrMode::Async/>
                // The first that fits is taken: a word goes before what stands for any.
                <ParentRoute path=path!("") view=Layout ssr=SsrMode::Async>
                    <Route path=path!("/") view=OverviewPage ssr=SsrMode::Async/>
                    <Route path=path!("/tickets") view=TicketsPage ssr=SsrMode::Async/>
                    <Route path=path!("/tickets/new") view=NewTicketPage ssr=SsrMode::Async/>
                    <Route path=path!("/tickets/:id") view=TicketPage ssr=SsrMode::Async/>
                    <Route path=path!("/conflicts") view=ConflictsPage ssr=SsrMode::Async/>
                    <Route path=path!("/conflicts/alike") view=AlikePage ssr=SsrMode::Async/>
                    <Route path=path!("/conflicts/:id") view=ConflictPage ssr=SsrMode::Async/>
                    <Route path=path!("/tickets/:id/delete") view=DeleteTicketPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections") view=ConnectionsPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/new") view=ConnectPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id") view=ConnectionPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/connect/:step") view=ConnectStepPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/tokens") view=TokensPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/permissions") view=PermissionsPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/disconnect") view=DisconnectPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/mappings") view=MappingPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/mappings/:tab") view=MappingPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/servicenow") view=ServicenowSidePage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/drift") view=DriftPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/people") view=PeoplePage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/people/:id") view=PersonPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/me") view=OwnPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/tokens") view=ApiTokensPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/api") view=ApiPage ssr=SsrMode::Async/>
                    <Route path=path!("/design") view=DesignPage ssr=SsrMode::Async/>
                    <Route path=path!("/errors") view=ErrorsPage ssr=SsrMode::Async/>
                    <Route path=path!("/errors/:code") view=ErrorPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/audit") view=AuditPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/retention") view=RetentionPage ssr=SsrMode::Async/>
                    <Route path=path!("/drift/:id") view=RunPage ssr=SsrMode::Async/>
                    <Route path=path!("/failures") view=FailuresPage ssr=SsrMode::Async/>
                    <Route path=path!("/failures/:id") view=FailurePage ssr=SsrMode::Async/>
                    <Route path=path!("/links") view=RecordsPage ssr=SsrMode::Async/>
                    <Route path=path!("/links/:id") view=RecordPage ssr=SsrMode::Async/>
                    <Route path=path!("/links/:id/restore") view=RestorePage ssr=SsrMode::Async/>
                    <Route path=path!("/history") view=HistoryPage ssr=SsrMode::Async/>
                    <Route path=path!("/history/:id") view=ChangePage ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}
