//! What people said about a ticket. Public comments and internal notes stand together in time, never alike.

use super::form::forget_typed;
use crate::api::AddComment;
use crate::live::use_live;
use crate::model::{CommentRow, TicketPage};
use crate::ui::field::labelled;
use crate::ui::time::Time;
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::html;
use leptos::prelude::*;

#[component]
pub fn Comments(ticket: RwSignal<TicketPage>) -> impl IntoView {
    let comments = Memo::new(move |_| ticket.read().comments.clone());
    view! {
        <section>
            <h2>"Comments"</h2>
            {move || comments.read().is_empty().then(|| view! { <p class="text-quiet">"Nobody has commented yet."</p> })}
            <ul class="comments">
                <For each=move || comments.get() key=|comment| comment.id.clone() let:comment>
                    <Comment comment/>
                </For>
            </ul>
            <Add ticket/>
        </section>
    }
}

#[component]
fn Comment(comment: CommentRow) -> impl IntoView {
    let internal = comment.internal;
    view! {
        <li class="comment" class:internal=internal>
            <p class="comment-head">
                <span class="font-medium">{comment.author}</span>
                <span class="text-quiet">"in "{comment.from}</span>
                {internal.then(|| view! { <span class="badge badge-sm">"Internal note"</span> })}
                <span class="ml-auto text-quiet"><Time when=comment.at/></span>
            </p>
            <p class="body">{comment.body}</p>
        </li>
    }
}

#[component]
fn Add(ticket: RwSignal<TicketPage>) -> impl IntoView {
    let live = use_live();
    let add = ServerAction::<AddComment>::new();
    let trouble = Signal::derive(move || add.value().get().and_then(Result::err));
    let inner = NodeRef::<html::Div>::new();
    let id = ticket.read_untracked().id.clone();
    let topic = format!("ticket:{id}");
    Effect::new(move |_| {
        // Only what was kept is cleared from the box.
        if add.value().with(|answer| matches!(answer, Some(Ok(())))) {
            forget_typed(inner);
            live.moved(&topic);
        }
    });
    view! {
        <ActionForm action=add>
            <div class="form" node_ref=inner>
                <FormTrouble trouble/>
                <input type="hidden" name="ticket" value=id/>
                {labelled("Comment", "body".into(), "", trouble, |tied| {
                    view! {
                        <textarea class="textarea" id=tied.id name="body" rows="3" required
                            aria-describedby=tied.described_by aria-invalid=tied.invalid></textarea>
                    }
                })}
                <div class="flex flex-wrap items-center gap-4">
                    <button class="btn btn-sm" type="submit" disabled=add.pending()>"Add comment"</button>
                    <label class="flex items-center gap-2">
                        <input class="checkbox checkbox-sm" type="checkbox" name="internal" value="yes"/>
                        "Internal note"
                    </label>
                </div>
            </div>
        </ActionForm>
    }
}
