//! `/tickets/new`: a person makes a ticket.

use crate::api::{self, CreateTicket};
use crate::model::NewTicketChoices;
use crate::ui::field::{SelectField, TextField, labelled};
use crate::ui::loaded::loaded;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn NewTicketPage() -> impl IntoView {
    let choices = api::new_ticket_choices();
    view! {
        <Title text="New ticket"/>
        <p class="crumbs"><a class="link" href="/tickets">"Tickets"</a></p>
        <h1>"New ticket"</h1>
        {loaded(choices, |choices| view! { <Form choices/> })}
    }
}

#[component]
fn Form(choices: NewTicketChoices) -> impl IntoView {
    let create = ServerAction::<CreateTicket>::new();
    let trouble = Signal::stored(met(create));
    let NewTicketChoices { kinds, priorities } = choices;
    let same = |words: Vec<String>| words.into_iter().map(|word| (word.clone(), word)).collect::<Vec<_>>();
    let first = kinds.first().cloned().unwrap_or_default();
    view! {
        <ActionForm action=create>
            <div class="form">
                <FormTrouble trouble/>
                <TextField label="Title" name="form[title]" about="title" trouble/>
                {labelled("Description", "description".to_owned(), "", trouble, |tied| view! {
                    <textarea class="textarea" id=tied.id name="form[description]" rows="6"
                        aria-describedby=tied.described_by aria-invalid=tied.invalid></textarea>
                })}
                <SelectField label="Type" name="form[kind]" about="kind" trouble value=first options=same(kinds)/>
                <SelectField label="Priority" name="form[priority]" about="priority" trouble value="Normal".to_owned() options=same(priorities)/>
                <button class="btn btn-sm btn-primary" type="submit">"Make the ticket"</button>
            </div>
        </ActionForm>
    }
}
