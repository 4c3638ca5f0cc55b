//! The mapping at a glance; it is edited on pages of its own.

use super::Shown;
use crate::ui::time::Time;
use leptos::prelude::*;

#[component]
pub fn Mapping(shown: Shown) -> impl IntoView {
    let (id, line) = shown.with_value(|page| (page.row.id.clone(), page.mapping.clone()));
    let home = format!("/settings/connections/{id}/mappings");
    let values = format!("{home}/values");
    let preview = format!("{home}/preview");
    view! {
        <section class="part">
            <div class="part-head"><h2>"Mappings"</h2></div>
            <p>
                <a class="link" href=home>{line.rules}" field rules"</a>" and "
                <a class="link" href=values>{line.maps}" value maps"</a>
                ", version "<span class="num">{line.version}</span>"."
            </p>
            {(line.findings > 0).then(|| view! { <p class="note">{line.findings}" things to look at are marked there."</p> })}
            {line.draft.map(|draft| view! {
                <p class="note">
                    "A draft with "{draft.counted()}", last edited by "{draft.by}" "<Time when=draft.at/>": "
                    <a class="link" href=preview>"see what it would do"</a>"."
                </p>
            })}
        </section>
    }
}
