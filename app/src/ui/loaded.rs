//! A page's data: waited for, shown, or explained when it did not come.

use crate::api::Answer;
use crate::ui::trouble::PageTrouble;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server::codee::{Decoder, Encoder};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a page asked the server for.
pub type Fetched<T> = Resource<Answer<T>, Json>;

/// Asks for a page's data, and again whenever what `source` tells changes.
#[track_caller]
pub fn fetched<S, T, F>(
    source: impl Fn() -> S + Send + Sync + 'static,
    ask: impl Fn(S) -> F + Send + Sync + 'static,
) -> Fetched<T>
where
    S: Clone + PartialEq + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = Answer<T>> + Send + 'static,
{
    Resource::new_with_options(source, ask, false)
}

/// The data that a page brings along is read by the same code as an answer that comes later, so that the browser's half
/// has it once for each type. The framework's own reads text here and bytes there.
pub struct Json;

impl<T: Serialize> Encoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, Self::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, Self::Error> {
        serde_json::from_slice(text.as_bytes())
    }
}

/// Shows what the resource answers. While it is asked again, what was shown stays.
pub fn loaded<T, V>(answer: Fetched<T>, page: impl Fn(T) -> V + Clone + Send + Sync + 'static) -> impl IntoView
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
