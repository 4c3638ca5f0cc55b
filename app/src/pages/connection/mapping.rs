//! The mapping at a glance; it is edited on pages of its own.

use super::Shown;
use crate::ui::time::Time;
use leptos::prelude::*;

#[component]
pub fn Mapping(shown: Shown) -> impl IntoView {
    let home = format!("/settings/connections/{}/mappings", shown.read_untracked().row.id);
    let line = Memo::new(move |_| shown.read().mapping.clone());
    let values = format!("{home}/values");
    let preview = format!("{home}/preview");
    view! {
        <section class="part">
            <div class="part-head"><h2>"Mappings"</h2></div>
            <p>
                <a class="link" href=home.clone()>{move || line.read().rules}" field rules"</a>" and "
                <a class="link" href=values>{move || line.read().maps}" value maps"</a>
                ", version "<span class="num">{move || line.read().version}</span>"."
            </p>
            {move || (line.read().findings > 0).then(|| view! {
                <p class="note">{line.read().findings}" things to look at are marked there."</p>
            })}
            {move || {
                let preview = preview.clone();
                line.get().draft.map(|draft| view! {
                    <p class="note">
                        "A draft with "{draft.counted()}", last edited by "{draft.by}" "<Time when=draft.at/>": "
                        <a class="link" href=preview>"see what it would do"</a>"."
                    </p>
                })
            }}
        </section>
    }
}
