//! `/tickets/{id}/delete`: asks before a ticket is deleted for good.

use crate::api::{self, DeleteTicket};
use crate::model;
use crate::ui::loaded::{fetched, loaded};
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

#[component]
pub fn DeleteTicketPage() -> impl IntoView {
    let params = use_params_map();
    let ticket = fetched(move || params.read().get("id").unwrap_or_default(), api::ticket);
    view! {
        <p class="crumbs"><a class="link" href="/tickets">"Tickets"</a></p>
        {loaded(ticket, |ticket| view! { <Ask ticket/> })}
    }
}

#[component]
fn Ask(ticket: model::TicketPage) -> impl IntoView {
    let delete = ServerAction::<DeleteTicket>::new();
    let trouble = Signal::derive(move || delete.value().get().and_then(Result::err));
    let back = format!("/tickets/{}", ticket.id);
    let linked = ticket.sync.map(|sync| {
        format!("It is linked to {}. What becomes of that record is up to the connection's settings.", sync.reference)
    });
    view! {
        <Title text=format!("Delete {}", ticket.number)/>
        <h1>"Delete "<span class="num">{ticket.number}</span>"?"</h1>
        <p>{ticket.title}</p>
        <p class="mt-3">
            "Its text, comments, files and edits are removed for good: this cannot be undone. Its number stays, with who deleted it and when."
        </p>
        {linked.map(|linked| view! { <p class="mt-3">{linked}</p> })}
        <ActionForm action=delete>
            <div class="form mt-4">
                <FormTrouble trouble/>
                <input type="hidden" name="ticket" value=ticket.id/>
                <div class="flex flex-wrap items-center gap-4">
                    <button class="btn btn-sm btn-error" type="submit" disabled=delete.pending()>"Delete the ticket"</button>
                    <a class="link" href=back>"Keep it"</a>
                </div>
            </div>
        </ActionForm>
    }
}
