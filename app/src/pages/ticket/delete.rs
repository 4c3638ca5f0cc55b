//! `/tickets/{id}/delete`: asks before a ticket is deleted for good.

use crate::address::param;
use crate::api::{self, DeleteTicket};
use crate::model;
use crate::ui::loaded::loaded;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn DeleteTicketPage() -> impl IntoView {
    let ticket = api::ticket(param("id"));
    view! {
        <p class="crumbs"><a class="link" href="/tickets">"Tickets"</a></p>
        {loaded(ticket, |ticket| view! { <Ask ticket/> })}
    }
}

#[component]
fn Ask(ticket: model::TicketPage) -> impl IntoView {
    let delete = ServerAction::<DeleteTicket>::new();
    let trouble = Signal::stored(met(delete));
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
                    <button class="btn btn-sm btn-error" type="submit">"Delete the ticket"</button>
                    <a class="link" href=back>"Keep it"</a>
                </div>
            </div>
        </ActionForm>
    }
}
