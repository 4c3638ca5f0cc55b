//! One record of ServiceNow that a person wants as a ticket, whatever the trigger says.

use super::Shown;
use crate::api::PullRecord;
use crate::model::ConnectionState;
use crate::ui::field::TextField;
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Pull(shown: Shown) -> impl IntoView {
    let pull = ServerAction::<PullRecord>::new();
    let trouble = Signal::derive(move || pull.value().get().and_then(Result::err));
    let id = shown.read_untracked().row.id.clone();
    let is_working = Memo::new(move |_| shown.read().row.state != ConnectionState::Draft);
    let what = move || if shown.read().table == "incident" { "Pull this incident" } else { "Pull this record" };
    move || {
        let id = id.clone();
        is_working.get().then(|| {
            view! {
                <section class="part">
                    <h2>"One record"</h2>
                    <ActionForm action=pull attr:class="form">
                        <input type="hidden" name="connection" value=id/>
                        <TextField label="Number or sys_id in ServiceNow" name="record" trouble
                            hint="It enters whatever the trigger says, if the entry filter lets it in."/>
                        <button class="btn btn-sm" type="submit" disabled=pull.pending()>{what}</button>
                    </ActionForm>
                    <FormTrouble trouble/>
                </section>
            }
        })
    }
}
