//! `/first-run?token=`: the one-time link from the log makes the first administrator.

use crate::address::query;
use crate::api::{self, CreateFirstAdmin};
use crate::pages::sign_in::Door;
use crate::ui::field::TextField;
use crate::ui::loaded::loaded;
use crate::ui::trouble::{FormTrouble, met};
use leptos::either::Either;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn FirstRunPage() -> impl IntoView {
    let token = query("token");
    let open = api::first_run_open(token.clone());
    view! {
        <Title text="First administrator"/>
        <Door>
            {loaded(open, move |open| {
                if open { Either::Left(view! { <Create token/> }) } else { Either::Right(view! { <Closed/> }) }
            })}
        </Door>
    }
}

#[component]
fn Create(token: String) -> impl IntoView {
    let create = ServerAction::<CreateFirstAdmin>::new();
    let trouble = Signal::stored(met(create));
    view! {
        <h1>"Create the first administrator"</h1>
        <p class="text-quiet">"This link works once. Everybody else is invited from inside."</p>
        <ActionForm action=create>
            <div class="form">
                <FormTrouble trouble/>
                <input type="hidden" name="token" value=token/>
                <TextField label="Your name" name="name" autocomplete="name" trouble/>
                <TextField label="E-mail" name="email" kind="email" autocomplete="username" trouble/>
                <TextField label="Password" name="password" kind="password" autocomplete="new-password"
                    hint="At least 12 characters. A sentence is easier to remember than a word." trouble/>
                <button class="btn btn-primary" type="submit">"Create administrator"</button>
            </div>
        </ActionForm>
    }
}

#[component]
fn Closed() -> impl IntoView {
    view! {
        <h1>"This set-up link does not open"</h1>
        <p>"It was used already, or it is not the one that this server printed."</p>
        <p>
            "If an administrator exists, "<a class="link" href="/sign-in">"sign in"</a>
            ". If none does, start the server again: it prints a fresh link in its log. Copy all of it."
        </p>
        <p class="code">"AUTH-FIRST-RUN"</p>
    }
}
