//! `/tickets/{id}`: one ticket. Its values follow the server; a field that a person has touched stays theirs.

mod comments;
pub mod delete;
mod edits;
mod files;
mod form;
pub mod new;
mod send;

use crate::address::{param, with_query};
use crate::api;
use crate::model;
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::reference::Reference;
use crate::ui::state::LinkState;
use crate::ui::time::Time;
use comments::Comments;
use edits::Edits;
use files::Files;
use form::EditForm;
use leptos::prelude::*;
use leptos_meta::Title;
use send::Unlinked;

#[component]
pub fn TicketPage() -> impl IntoView {
    let first = api::ticket(param("id"));
    view! {
        <p class="crumbs"><a class="link" href="/tickets">"Tickets"</a></p>
        {loaded(first, |page| view! { <Opened page/> })}
    }
}

#[component]
fn Opened(page: model::TicketPage) -> impl IntoView {
    let model::TicketPage { id, number, title, .. } = page.clone();
    let delete = format!("/tickets/{id}/delete");
    view! {
        <Follow topics=[format!("ticket:{id}")]/>
        <Title text=format!("{number} · {title}")/>
        <h1><span class="num text-quiet font-normal">{number}</span>" "{title}</h1>
        <Sync ticket=page.clone()/>
        <Labels labels=page.labels.clone()/>
        <div class="two">
            <div class="min-w-0">
                <EditForm ticket=page.clone()/>
                <p class="mt-6"><a class="link" href=delete>"Delete this ticket"</a></p>
            </div>
            <div class="min-w-0">
                <Comments ticket=id.clone() comments=page.comments/>
                <Files ticket=id files=page.files limit=page.file_limit/>
                <Edits edits=page.edits/>
            </div>
        </div>
    }
}

#[component]
fn Labels(labels: Vec<String>) -> impl IntoView {
    (!labels.is_empty()).then(|| {
        let chips = labels.into_iter().map(|label| view! { <li class="badge badge-sm">{label}</li> }).collect_view();
        view! { <ul class="mb-3 flex flex-wrap gap-1" aria-label="Labels">{chips}</ul> }
    })
}

/// How the ticket is linked, in one line.
#[component]
fn Sync(ticket: model::TicketPage) -> impl IntoView {
    let model::TicketPage { id, sync, may_go_to, .. } = ticket;
    let Some(sync) = sync else {
        return view! { <Unlinked ticket=id connections=may_go_to/> }.into_any();
    };
    view! {
        <p class="sync">
            <LinkState state=sync.state/>
            <span class="text-quiet">"since "<Time when=sync.since/></span>
            <a class="link" href=with_query("/history", &[("ticket", &id)])>"why?"</a>
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
    .into_any()
}
