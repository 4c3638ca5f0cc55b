//! A ticket without a link: what a person may do about it.

use crate::api::SendTicket;
use crate::live::use_live;
use crate::model::TicketPage;
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Unlinked(ticket: RwSignal<TicketPage>) -> impl IntoView {
    let send = ServerAction::<SendTicket>::new();
    let trouble = Signal::derive(move || send.value().get().and_then(Result::err));
    let id = ticket.read_untracked().id.clone();
    use_live().moves_after(format!("ticket:{id}"), send);
    let connections = Memo::new(move |_| ticket.read().may_go_to.clone());
    view! {
        <div class="sync">
            <span class="text-quiet">"Not linked: this ticket is in Desk only."</span>
            {move || {
                let id = id.clone();
                let several = connections.read().len() > 1;
                connections
                    .get()
                    .into_iter()
                    .map(|(connection, name)| {
                        let id = id.clone();
                        let words = if several { format!("Send to ServiceNow by {name}") } else { "Send to ServiceNow".to_owned() };
                        view! {
                            <ActionForm action=send>
                                <input type="hidden" name="ticket" value=id/>
                                <input type="hidden" name="connection" value=connection/>
                                <button class="btn btn-sm" type="submit" disabled=send.pending()>{words}</button>
                            </ActionForm>
                        }
                    })
                    .collect_view()
            }}
        </div>
        <FormTrouble trouble/>
    }
}
