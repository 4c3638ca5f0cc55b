//! What people said about a ticket. Public comments and internal notes stand together in time, never alike.

use crate::api::AddComment;
use crate::model::CommentRow;
use crate::ui::field::labelled;
use crate::ui::time::Time;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Comments(ticket: String, comments: Vec<CommentRow>) -> impl IntoView {
    view! {
        <section>
            <h2>"Comments"</h2>
            {comments.is_empty().then(|| view! { <p class="text-quiet">"Nobody has commented yet."</p> })}
            <ul class="comments">{comments.into_iter().map(|comment| view! { <Comment comment/> }).collect_view()}</ul>
            <Add ticket/>
        </section>
    }
}

#[component]
fn Comment(comment: CommentRow) -> impl IntoView {
    let internal = comment.internal;
    view! {
        <li class="comment" class:internal=internal id=format!("comment-{}", comment.id)>
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
fn Add(ticket: String) -> impl IntoView {
    let add = ServerAction::<AddComment>::new();
    let trouble = Signal::stored(met(add));
    view! {
        <ActionForm action=add>
            <div class="form">
                <FormTrouble trouble/>
                <input type="hidden" name="ticket" value=ticket/>
                {labelled("Comment", "body".into(), "", trouble, |tied| {
                    view! {
                        <textarea class="textarea" id=tied.id name="body" rows="3" required
                            aria-describedby=tied.described_by aria-invalid=tied.invalid></textarea>
                    }
                })}
                <div class="flex flex-wrap items-center gap-4">
                    <button class="btn btn-sm" type="submit">"Add comment"</button>
                    <label class="flex items-center gap-2">
                        <input class="checkbox checkbox-sm" type="checkbox" name="internal" value="yes"/>
                        "Internal note"
                    </label>
                </div>
            </div>
        </ActionForm>
    }
}
