//! A ticket without a link: what a person may do about it.

use crate::api::SendTicket;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Unlinked(ticket: String, connections: Vec<(String, String)>) -> impl IntoView {
    let send = ServerAction::<SendTicket>::new();
    let trouble = Signal::stored(met(send));
    let several = connections.len() > 1;
    let ways = connections.into_iter().map(move |(connection, name)| {
        let ticket = ticket.clone();
        let words = if several { format!("Send to ServiceNow by {name}") } else { "Send to ServiceNow".to_owned() };
        view! {
            <ActionForm action=send>
                <input type="hidden" name="ticket" value=ticket/>
                <input type="hidden" name="connection" value=connection/>
                <button class="btn btn-sm" type="submit">{words}</button>
            </ActionForm>
        }
    });
    view! {
        <div class="sync">
            <span class="text-quiet">"Not linked: this ticket is in Desk only."</span>
            {ways.collect_view()}
        </div>
        <FormTrouble trouble/>
    }
}
