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
use leptos_router::{Lazy, LazyRoute, SsrMode, path};

/// The console comes to the browser in parts: what every page needs, and the part that the opened page is in. More parts
/// make each smaller, and more of what several share a file of its own.
macro_rules! part {
    ($part:ident, $preload:ident, $pages:ident { $($route:ident: $page:ident),* $(,)? }) => {
        enum $pages {
            $($route),*
        }

        #[lazy]
        fn $part(page: $pages) -> AnyView {
            match page {
                $($pages::$route => $page().into_any()),*
            }
        }

        $(
            struct $route;

            impl LazyRoute for $route {
                fn data() -> Self {
                    Self
                }

                async fn view(_this: Self) -> AnyView {
                    $part($pages::$route).await
                }

                async fn preload() {
                    #[cfg(feature = "hydrate")]
                    $preload().await;
                }
            }
        )*
    };
}

part!(overview, __preload_overview, OfOverview { Overview: OverviewPage });

part!(
    watch,
    __preload_watch,
    Watch {
        Conflicts: ConflictsPage,
        Conflict: ConflictPage,
        Alike: AlikePage,
        Failures: FailuresPage,
        Failure: FailurePage,
    }
);

part!(
    records,
    __preload_records,
    OfRecords {
        History: HistoryPage,
        Change: ChangePage,
        Records: RecordsPage,
        Record: RecordPage,
        Restore: RestorePage,
    }
);

part!(
    desk,
    __preload_desk,
    Desk { Tickets: TicketsPage, Ticket: TicketPage, NewTicket: NewTicketPage, DeleteTicket: DeleteTicketPage }
);

part!(
    connections,
    __preload_connections,
    OfConnections {
        Connections: ConnectionsPage,
        Connection: ConnectionPage,
        Tokens: TokensPage,
        Permissions: PermissionsPage,
        Disconnect: DisconnectPage,
        ServicenowSide: ServicenowSidePage,
        Drift: DriftPage,
        Run: RunPage,
    }
);

part!(
    setting_up,
    __preload_setting_up,
    SettingUp { Connect: ConnectPage, ConnectStep: ConnectStepPage, Mapping: MappingPage }
);

part!(
    settings,
    __preload_settings,
    OfSettings {
        People: PeoplePage,
        Person: PersonPage,
        Own: OwnPage,
        ApiTokens: ApiTokensPage,
        Api: ApiPage,
        Errors: ErrorsPage,
        Error: ErrorPage,
        Audit: AuditPage,
        Retention: RetentionPage,
    }
);

part!(design, __preload_design, OfDesign { Design: DesignPage });

/// The whole console. Runs once more at the server's start, to list the routes: nothing here may act.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();

    // Async: a page is sent when it is whole, with its real status, and reads without scripts.
    view! {
        // Until the page's own part has come there is no other title.
        <Title text="" formatter=|page: String| if page.is_empty() { "Isthmus".to_owned() } else { format!("{page} · Isthmus") }/>
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
                <Route path=path!("/first-run") view=FirstRunPage ssr=SsrMode::Async/>
                <Route path=path!("/set-password") view=PasswordPage ssr=SsrMode::Async/>
                // The first that fits is taken: a word goes before what stands for any.
                <ParentRoute path=path!("") view=Layout ssr=SsrMode::Async>
                    <Route path=path!("/") view={Lazy::<Overview>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/tickets") view={Lazy::<Tickets>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/tickets/new") view={Lazy::<NewTicket>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/tickets/:id") view={Lazy::<Ticket>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/conflicts") view={Lazy::<Conflicts>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/conflicts/alike") view={Lazy::<Alike>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/conflicts/:id") view={Lazy::<Conflict>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/tickets/:id/delete") view={Lazy::<DeleteTicket>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections") view={Lazy::<Connections>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/new") view={Lazy::<Connect>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id") view={Lazy::<Connection>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/connect/:step") view={Lazy::<ConnectStep>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/tokens") view={Lazy::<Tokens>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/permissions") view={Lazy::<Permissions>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/disconnect") view={Lazy::<Disconnect>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/mappings") view={Lazy::<Mapping>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/mappings/:tab") view={Lazy::<Mapping>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/servicenow") view={Lazy::<ServicenowSide>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/connections/:id/drift") view={Lazy::<Drift>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/people") view={Lazy::<People>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/people/:id") view={Lazy::<Person>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/me") view={Lazy::<Own>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/tokens") view={Lazy::<ApiTokens>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/api") view={Lazy::<Api>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/design") view={Lazy::<Design>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/errors") view={Lazy::<Errors>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/errors/:code") view={Lazy::<Error>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/audit") view={Lazy::<Audit>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/retention") view={Lazy::<Retention>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/drift/:id") view={Lazy::<Run>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/failures") view={Lazy::<Failures>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/failures/:id") view={Lazy::<Failure>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/links") view={Lazy::<Records>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/links/:id") view={Lazy::<Record>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/links/:id/restore") view={Lazy::<Restore>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/history") view={Lazy::<History>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/history/:id") view={Lazy::<Change>::new()} ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}
