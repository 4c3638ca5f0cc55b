//! One record of ServiceNow that a person wants as a ticket, whatever the trigger says.

use super::Shown;
use crate::api::PullRecord;
use crate::model::ConnectionState;
use crate::ui::field::TextField;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Pull(shown: Shown) -> impl IntoView {
    let pull = ServerAction::<PullRecord>::new();
    let trouble = Signal::stored(met(pull));
    let (id, state) = shown.with_value(|page| (page.row.id.clone(), page.row.state));
    let is_incident = shown.with_value(|page| page.table == "incident");
    let what = if is_incident { "Pull this incident" } else { "Pull this record" };
    (state != ConnectionState::Draft).then(|| {
        view! {
            <section class="part">
                <h2>"One record"</h2>
                <ActionForm action=pull attr:class="form">
                    <input type="hidden" name="connection" value=id/>
                    <TextField label="Number or sys_id in ServiceNow" name="record" trouble
                        hint="It enters whatever the trigger says, if the entry filter lets it in."/>
                    <button class="btn btn-sm" type="submit">{what}</button>
                </ActionForm>
                <FormTrouble trouble/>
            </section>
        }
    })
}
