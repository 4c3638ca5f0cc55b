//! `/tickets/{id}`: one ticket. Its values follow the server; a field that a person has touched stays theirs.

mod comments;
pub mod delete;
mod edits;
mod files;
mod form;
pub mod new;
mod send;

use crate::address::with_query;
use crate::api;
use crate::live::follow;
use crate::model;
use crate::ui::loaded::{fetched, loaded};
use crate::ui::reference::Reference;
use crate::ui::state::LinkState;
use crate::ui::time::Time;
use comments::Comments;
use edits::Edits;
use files::Files;
use form::EditForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use send::Unlinked;

#[component]
pub fn TicketPage() -> impl IntoView {
    let params = use_params_map();
    let first = fetched(move || params.read().get("id").unwrap_or_default(), api::ticket);
    view! {
        <p class="crumbs"><a class="link" href="/tickets">"Tickets"</a></p>
        {loaded(first, |page| view! { <Opened page/> })}
    }
}

#[component]
fn Opened(page: model::TicketPage) -> impl IntoView {
    let id = page.id.clone();
    let number = page.number.clone();
    let asked = id.clone();
    let ticket = follow(page, vec![format!("ticket:{id}")], move || api::ticket(asked.clone()));
    let heading = Memo::new(move |_| ticket.read().title.clone());
    let title = format!("{number} · ");
    view! {
        <Title text=move || format!("{title}{}", heading.read())/>
        <h1><span class="num text-quiet font-normal">{number}</span>" "{heading}</h1>
        <Sync ticket/>
        <Labels ticket/>
        <div class="two">
            <div class="min-w-0">
                <EditForm ticket/>
                <p class="mt-6"><a class="link" href=format!("/tickets/{id}/delete")>"Delete this ticket"</a></p>
            </div>
            <div class="min-w-0">
                <Comments ticket/>
                <Files ticket/>
                <Edits ticket/>
            </div>
        </div>
    }
}

#[component]
fn Labels(ticket: RwSignal<model::TicketPage>) -> impl IntoView {
    let labels = Memo::new(move |_| ticket.read().labels.clone());
    move || {
        let labels = labels.get();
        (!labels.is_empty()).then(|| {
            let chips =
                labels.into_iter().map(|label| view! { <li class="badge badge-sm">{label}</li> }).collect_view();
            view! { <ul class="mb-3 flex flex-wrap gap-1" aria-label="Labels">{chips}</ul> }
        })
    }
}

/// How the ticket is linked, in one line.
#[component]
fn Sync(ticket: RwSignal<model::TicketPage>) -> impl IntoView {
    let line = Memo::new(move |_| ticket.read().sync.clone());
    let why = with_query("/history", &[("ticket", &ticket.read_untracked().id)]);
    move || {
        let why = why.clone();
        match line.get() {
            None => view! { <Unlinked ticket/> }.into_any(),
            Some(sync) => view! {
                <p class="sync">
                    <LinkState state=sync.state/>
                    <span class="text-quiet">"since "<Time when=sync.since/></span>
                    <a class="link" href=why>"why?"</a>
                    <a class="link" href=format!("/links/{}", sync.link)>"both sides and the past"</a>
                    <span>
                        <Reference number=sync.reference address=sync.record_url/>
                        " by "
                        <a class="link" href=format!("/settings/connections/{}", sync.connection_id)>{sync.connection}</a>
                    </span>
                    {(!sync.note.is_empty()).then(|| view! { <span class="basis-full">{sync.note}</span> })}
                    {(!sync.conflict.is_empty())
                        .then(|| view! { <a class="link" href=format!("/conflicts/{}", sync.conflict)>"Choose"</a> })}
                </p>
            }
            .into_any(),
        }
    }
}
