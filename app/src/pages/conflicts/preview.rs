//! What a choice will write where, before it is written.

use crate::model;
use crate::ui::time::Time;
use leptos::prelude::*;

#[component]
pub fn Preview(preview: model::Preview) -> impl IntoView {
    let model::Preview { at, writes, refused } = preview;
    let nothing = writes.is_empty() && refused.is_empty();
    view! {
        <div class="foreseen">
            <h3>"What will be written"<span class="text-xs text-quiet font-normal">" both sides read "<Time when=at/></span></h3>
            {nothing.then(|| view! { <p>"Nothing: both sides hold it already."</p> })}
            {(!refused.is_empty())
                .then(|| {
                    let lines = refused.into_iter().map(|why| view! { <li>{why}</li> }).collect_view();
                    view! { <ul class="note act">{lines}</ul> }
                })}
            {(!writes.is_empty())
                .then(|| {
                    view! {
                        <div class="scroll" tabindex="0" role="region" aria-label="What will be written">
                            <table class="table stack">
                                <thead>
                                    <tr>
                                        <th scope="col">"Where"</th>
                                        <th scope="col">"Field"</th>
                                        <th scope="col">"Now"</th>
                                        <th scope="col">"Then"</th>
                                    </tr>
                                </thead>
                                <tbody>
                                    {writes
                                        .into_iter()
                                        .map(|write| {
                                            view! {
                                                <tr>
                                                    <th scope="row">{write.to}</th>
                                                    <td data-label="Field">
                                                        {write.field}
                                                        {write.demanded.then(|| view! { <span class="text-xs text-quiet">" demanded along with it"</span> })}
                                                    </td>
                                                    <td data-label="Now" class="half"><Shown text=write.from/></td>
                                                    <td data-label="Then" class="half"><Shown text=write.value/></td>
                                                </tr>
                                            }
                                        })
                                        .collect_view()}
                                </tbody>
                            </table>
                        </div>
                    }
                })}
        </div>
    }
}

#[component]
fn Shown(text: String) -> impl IntoView {
    if text.is_empty() {
        view! { <span class="text-quiet">"empty"</span> }.into_any()
    } else {
        view! { <span class="value">{text}</span> }.into_any()
    }
}
