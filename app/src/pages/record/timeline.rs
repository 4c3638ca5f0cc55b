//! What happened to a pair, newest first; each line leads to its story, and to how the pair stood then.

use crate::address::with_query;
use crate::model::TimelineRow;
use crate::pages::history::direction;
use crate::ui::state::{State, Tone};
use crate::ui::time::Time;
use leptos::prelude::*;

#[component]
pub fn Timeline(link: String, rows: Vec<TimelineRow>, next: String) -> impl IntoView {
    let here = format!("/links/{link}");
    let older = (!next.is_empty()).then(|| with_query(&here, &[("before", &next)]));
    let none = rows.is_empty();
    let rows = rows
        .into_iter()
        .map(|TimelineRow { change, at }| {
            let then = with_query(&here, &[("at", &at)]);
            view! {
                <li>
                    <Time when=change.at/>
                    <span>
                        {change.problem.then(|| view! { <State tone=Tone::Act word="Problem"/>" " })}
                        <a class="title" href=format!("/history/{}", change.id)>{change.summary}</a>
                        <span class="text-xs text-quiet">
                            " "{(!change.direction.is_empty()).then(|| view! { {direction(&change.direction)}" " })}
                            {(!change.who.is_empty()).then(|| format!("by {} ", change.who))}
                            <a class="link" href=then>"as it stood then"</a>
                        </span>
                    </span>
                </li>
            }
        })
        .collect_view();
    view! {
        <h2 class="story">"Timeline"</h2>
        {none.then(|| view! { <p class="empty">"Nothing happened to this pair yet, or retention removed it."</p> })}
        <ol class="steps-list">{rows}</ol>
        {older.map(|older| view! { <p class="py-3"><a class="btn btn-sm" href=older>"Older"</a></p> })}
    }
}
