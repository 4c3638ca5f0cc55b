//! Step 2: what of the instance, and whether it is the real one.

use crate::api::ChooseCapability;
use crate::model::{CapabilityStep, TableChoice};
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;

/// Name, what it is, and whether it can be chosen.
const CAPABILITIES: [(&str, &str, bool); 3] = [
    ("Helpdesk", "Records and tickets, kept the same both ways, with comments and files.", true),
    ("CRM", "Accounts and contacts. Not available yet.", false),
    (
        "Content management",
        "Knowledge articles. Not available as a capability yet; a connection's rules have a preset for it.",
        false,
    ),
];
const ENVIRONMENTS: [(&str, &str, &str); 2] = [
    ("sandbox", "Sandbox or sub-production", "A place to try things."),
    ("production", "Production", "Where people work. It is named wherever this connection appears."),
];

#[component]
pub fn Capability(id: String, step: CapabilityStep) -> impl IntoView {
    let save = ServerAction::<ChooseCapability>::new();
    let trouble = Signal::stored(met(save));
    let (environment, preset, is_fixed) = (step.environment, step.preset, step.is_fixed);
    view! {
        <ActionForm action=save>
            <input type="hidden" name="id" value=id/>
            <div class="form wide-form">
                <FormTrouble trouble/>
                <fieldset class="choices">
                    <legend>"Capability"</legend>
                    {CAPABILITIES
                        .map(|(name, sentence, is_there)| view! {
                            <label class="choice">
                                <input type="radio" name="capability" value=name checked=is_there disabled=!is_there/>
                                <span><span class="font-medium">{name}</span><span class="hint block">{sentence}</span></span>
                            </label>
                        })
                        .collect_view()}
                </fieldset>
                <fieldset class="choices">
                    <legend>"Environment"</legend>
                    {ENVIRONMENTS
                        .map(|(value, name, sentence)| view! {
                            <label class="choice">
                                <input type="radio" name="environment" value=value checked=environment == value/>
                                <span><span class="font-medium">{name}</span><span class="hint block">{sentence}</span></span>
                            </label>
                        })
                        .collect_view()}
                </fieldset>
                <fieldset class="choices">
                    <legend>"Table"</legend>
                    {step.tables.into_iter().map(|table| view! { <Table is_chosen=table.preset == preset is_fixed table/> }).collect_view()}
                    <p class="hint">"Its mapping begins with a preset for the table; step 5 shows it beside your instance's own choices."</p>
                </fieldset>
                <button class="btn btn-primary" type="submit">"Save and continue"</button>
            </div>
        </ActionForm>
    }
}

#[component]
fn Table(table: TableChoice, is_chosen: bool, is_fixed: bool) -> impl IntoView {
    let TableChoice { preset, name, table, sentence, joined_by } = table;
    let is_taken = !joined_by.is_empty();
    let is_closed = is_taken || (is_fixed && !is_chosen);
    view! {
        <label class="choice">
            <input type="radio" name="preset" value=preset checked=is_chosen disabled=is_closed/>
            <span class="min-w-0">
                <span class="font-medium">{name}</span>" "<code class="code">{table}</code>
                <span class="hint block">
                    {if is_taken { format!("The connection {joined_by} joins this table already.") } else { sentence }}
                </span>
            </span>
        </label>
    }
}
