//! A page's data: waited for, shown, or explained when it did not come.

use crate::api::Answer;
use crate::ui::trouble::PageTrouble;
use leptos::either::Either;
use leptos::prelude::*;

/// Shows what the resource answers. While it is asked again, what was shown stays.
pub fn loaded<T, V>(answer: Resource<Answer<T>>, page: impl Fn(T) -> V + Clone + Send + Sync + 'static) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + Send + 'static,
{
    view! {
        <Transition fallback=|| view! { <p class="py-16 text-quiet" aria-busy="true">"Loading…"</p> }>
            {move || {
                let page = page.clone();
                Suspend::new(async move {
                    match answer.await {
                        Ok(value) => Either::Left(page(value)),
                        Err(trouble) => Either::Right(view! { <PageTrouble trouble/> }),
                    }
                })
            }}
        </Transition>
    }
}
