//! The way on for a connection whose instance may be another one; the note above says what was seen.

use super::Shown;
use crate::api::ConfirmInstance;
use crate::live::use_live;
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Doubt(shown: Shown) -> impl IntoView {
    let live = use_live();
    let confirm = ServerAction::<ConfirmInstance>::new();
    let trouble = Signal::derive(move || confirm.value().get().and_then(Result::err));
    let id = StoredValue::new(shown.read_untracked().row.id.clone());
    Effect::new(move |before: Option<usize>| {
        let now = confirm.version().get();
        if before.is_some_and(|before| before != now) {
            live.moved(&format!("connection:{}", id.get_value()));
        }
        now
    });
    view! {
        <Show when=move || shown.read().is_doubted>
            <ActionForm action=confirm>
                <input type="hidden" name="id" value=id.get_value()/>
                <button class="btn btn-sm" type="submit" disabled=confirm.pending()
                    title="What was seen is remembered, and all that waits is written.">"It is the same: go on"</button>
            </ActionForm>
        </Show>
        <FormTrouble trouble/>
    }
}
