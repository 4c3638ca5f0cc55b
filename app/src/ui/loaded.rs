//! A page's data: waited for, shown, or explained when it did not come.

use crate::api::Answer;
use crate::ui::trouble::PageTrouble;
use leptos::either::Either;
use leptos::prelude::*;

/// Shows what the server answers. The page is sent when all of it is there.
pub fn loaded<T, V>(
    answer: impl Future<Output = Answer<T>> + Send + 'static,
    page: impl FnOnce(T) -> V + Send + 'static,
) -> impl IntoView
where
    T: Send + 'static,
    V: IntoView + Send + 'static,
{
    Suspend::new(async move {
        match answer.await {
            Ok(value) => Either::Left(page(value)),
            Err(trouble) => Either::Right(view! { <PageTrouble trouble/> }),
        }
    })
}
