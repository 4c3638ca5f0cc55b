//! What happens when both sides changed the same field: for the connection, and for single fields.

use super::Shown;
use crate::api::SaveSettings;
use crate::live::use_live;
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;

const STRATEGIES: [(&str, &str); 3] = [
    ("last_write_wins", "The later edit stands"),
    ("ownership_priority", "The side with the higher priority stands"),
    ("manual_review", "Ask a person"),
];

#[component]
pub fn Settings(shown: Shown) -> impl IntoView {
    let live = use_live();
    let save = ServerAction::<SaveSettings>::new();
    let trouble = Signal::derive(move || save.value().get().and_then(Result::err));
    let id = shown.read_untracked().row.id.clone();
    let topic = format!("connection:{id}");
    Effect::new(move |_| {
        if save.value().with(|answer| matches!(answer, Some(Ok(())))) {
            live.moved(&topic);
        }
    });
    let settings = Memo::new(move |_| shown.read().settings.clone());
    let conflicts = crate::address::with_query("/conflicts", &[("connection", &id)]);
    view! {
        <section class="part">
            <div class="part-head"><h2>"When both sides changed a field"</h2></div>
            <p class="hint mb-2">
                "Different values for the same field clash. What waits for a person is listed under "
                <a class="link" href=conflicts>"Conflicts"</a>"."
            </p>
            <FormTrouble trouble/>
            {move || {
                let id = id.clone();
                let settings = settings.get();
                view! {
                    <ActionForm action=save>
                        <input type="hidden" name="form[id]" value=id/>
                        <input type="hidden" name="form[version]" value=settings.version/>
                        <div class="form">
                            <div class="field">
                                <label for="settings-strategy">"In general"</label>
                                <select class="select select-sm" id="settings-strategy" name="form[strategy]">
                                    {options(&STRATEGIES, &settings.strategy)}
                                </select>
                            </div>
                            <details>
                                <summary>"Single fields"</summary>
                                <div class="grid gap-3 mt-2 sm:grid-cols-2">
                                    {settings
                                        .fields
                                        .into_iter()
                                        .map(|field| {
                                            let input = format!("settings-{}", field.field.replace(' ', "-"));
                                            view! {
                                                <div class="field">
                                                    <label for=input.clone()>{field.field.clone()}</label>
                                                    <select class="select select-sm" id=input name=format!("form[fields][{}]", field.field)>
                                                        {options(&[("", "As in general")], &field.strategy)}
                                                        {options(&STRATEGIES, &field.strategy)}
                                                    </select>
                                                </div>
                                            }
                                        })
                                        .collect_view()}
                                </div>
                            </details>
                            <button class="btn btn-sm" type="submit" disabled=save.pending()>"Save"</button>
                        </div>
                    </ActionForm>
                }
            }}
        </section>
    }
}

fn options(choices: &[(&'static str, &'static str)], now: &str) -> impl IntoView + use<> {
    choices
        .iter()
        .map(|(value, words)| {
            let is_now = *value == now;
            view! { <option value=*value selected=is_now>{*words}</option> }
        })
        .collect_view()
}
