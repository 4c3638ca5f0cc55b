//! What a person is told when something did not work: what happened, why, what to do.

use crate::address::with_query;
use crate::error::Trouble;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

/// A trouble in place of a page. Nobody signed in is no trouble: it leads to the sign-in form and back.
#[component]
pub fn PageTrouble(trouble: Trouble) -> impl IntoView {
    if trouble.is_signed_out() {
        view! { <ToSignIn/> }.into_any()
    } else {
        view! {
            <Title text=trouble.what.clone()/>
            <h1>"This could not be shown"</h1>
            <div class="max-w-2xl"><TroubleBox trouble/></div>
        }
        .into_any()
    }
}

#[component]
pub fn TroubleBox(trouble: Trouble) -> impl IntoView {
    let signed_out = trouble.is_signed_out();
    view! {
        <div role="alert" class="trouble">
            <p class="font-semibold">{trouble.what}</p>
            <p>{trouble.why}</p>
            <p><span class="font-medium">"What to do: "</span>{trouble.what_to_do}</p>
            // In another tab, so that what was typed here stays.
            {signed_out.then(|| view! { <p><a class="link" href="/sign-in" target="_blank">"Sign in in another tab"</a></p> })}
            <p><ErrorCode code=trouble.code/></p>
        </div>
    }
}

/// Leads to its page of the catalogue: in another tab, so that what was typed here stays.
#[component]
pub fn ErrorCode(code: String) -> impl IntoView {
    let page = format!("/errors/{code}");
    view! { <a class="code title" href=page target="_blank">{code}</a> }
}

/// The trouble that this form's last attempt met, if any.
pub fn met<F>(form: ServerAction<F>) -> Option<Trouble>
where
    F: ServerFn<Error = Trouble> + Clone + Send + Sync + 'static,
    F::Output: Send + Sync + 'static,
{
    form.value().with_untracked(|answer| answer.as_ref()?.as_ref().err().cloned())
}

/// The trouble that a form's last attempt met; announced when it appears.
#[component]
pub fn FormTrouble(#[prop(into)] trouble: Signal<Option<Trouble>>) -> impl IntoView {
    trouble.get_untracked().map(|trouble| view! { <TroubleBox trouble/> })
}

#[component]
fn ToSignIn() -> impl IntoView {
    let location = use_location();
    let here = with_query(&location.pathname.get_untracked(), &[]);
    let search = location.search.get_untracked();
    let here = match search.trim_start_matches('?') {
        "" => here,
        search => format!("{here}?{search}"),
    };
    let address = with_query("/sign-in", &[("next", &here)]);

    leptos_axum::redirect(&address);
    // A page answers with a real redirect, also to a program that does not say that it takes HTML.
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::FOUND);
    }

    view! { <p><a class="link" href=address>"Sign in"</a>" to go on."</p> }
}
