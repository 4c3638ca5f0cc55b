//! The way on for a connection whose instance may be another one; the note above says what was seen.

use super::Shown;
use crate::api::ConfirmInstance;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Doubt(shown: Shown) -> impl IntoView {
    let confirm = ServerAction::<ConfirmInstance>::new();
    let trouble = Signal::stored(met(confirm));
    let (id, is_doubted) = shown.with_value(|page| (page.row.id.clone(), page.is_doubted));
    view! {
        {is_doubted.then(|| view! {
            <ActionForm action=confirm>
                <input type="hidden" name="id" value=id/>
                <button class="btn btn-sm" type="submit"
                    title="What was seen is remembered, and all that waits is written.">"It is the same: go on"</button>
            </ActionForm>
        })}
        <FormTrouble trouble/>
    }
}
