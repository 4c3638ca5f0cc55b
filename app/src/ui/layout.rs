//! What is around every page of a signed-in person: the brand, the ways, who is signed in.

use crate::api::{self, SignOut};
use crate::model::Person;
use crate::ui::icon::{
    AUDIT, CONFLICTS, CONNECTIONS, FAILURES, HISTORY, Icon, MENU, Mark, OVERVIEW, PEOPLE, RECORDS, RETENTION, TICKETS,
    TOKENS,
};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::components::{A, Outlet};

#[component]
pub fn Layout() -> impl IntoView {
    let me = Suspend::new(async {
        let me = api::me().await.ok().flatten();
        // Two copies of the same navigation, one of them displayed: the wide one beside the page, the narrow one folded
        // away. A disclosure needs no script.
        view! {
            <div class="hidden lg:flex lg:grow lg:flex-col"><Navigation me=me.clone()/></div>
            <details class="lg:hidden ml-auto group">
                <summary class="btn btn-sm btn-ghost"><Icon path=MENU/>"Menu"</summary>
                <div class="drop"><Navigation me/></div>
            </details>
        }
    });
    view! {
        <a class="skip" href="#main">"Skip to the content"</a>
        // What is open follows the server.
        <div class="lg:grid lg:grid-cols-[13rem_minmax(0,1fr)] min-h-dvh" data-live>
            <header class="side">
                <a class="brand" href="/"><Mark/>"Isthmus"</a>
                {me}
            </header>
            <main id="main" tabindex="-1" class="page">
                <Outlet/>
            </main>
        </div>
    }
}

#[component]
fn Navigation(me: Option<Person>) -> impl IntoView {
    view! {
        <nav class="ways" aria-label="Main">
            <A href="/" exact=true><Icon path=OVERVIEW/>"Overview"</A>
            <A href="/tickets"><Icon path=TICKETS/>"Tickets"</A>
            <A href="/failures"><Icon path=FAILURES/>"Failures"</A>
            <A href="/conflicts"><Icon path=CONFLICTS/>"Conflicts"</A>
            <A href="/history"><Icon path=HISTORY/>"History"</A>
            <A href="/links"><Icon path=RECORDS/>"Records"</A>
            <p class="ways-group">"Settings"</p>
            <A href="/settings/connections"><Icon path=CONNECTIONS/>"Connections"</A>
            <A href="/settings/people"><Icon path=PEOPLE/>"People"</A>
            <A href="/settings/tokens"><Icon path=TOKENS/>"API tokens"</A>
            <A href="/settings/audit"><Icon path=AUDIT/>"Audit"</A>
            <A href="/settings/retention"><Icon path=RETENTION/>"Retention"</A>
        </nav>
        {me.map(|person| view! { <Who person/> })}
    }
}

#[component]
fn Who(person: Person) -> impl IntoView {
    let leave = ServerAction::<SignOut>::new();
    let zone = if person.zone.is_empty() { "UTC".to_owned() } else { person.zone };
    view! {
        <p class="px-2 pt-4 text-xs text-quiet lg:mt-auto" title="The exact UTC is in each time's hover text">
            {format!("Times are {zone}.")}
        </p>
        <div class="who">
            <a class="min-w-0 rounded-field" href="/settings/me">
                <span class="block truncate font-medium">{person.name}</span>
                <span class="block truncate text-xs text-quiet">{person.email}</span>
            </a>
            <ActionForm action=leave>
                <button class="btn btn-sm btn-ghost" type="submit">"Sign out"</button>
            </ActionForm>
        </div>
    }
}
