//! `/sign-in?next=`: who are you, and then on to where you wanted to go.

use crate::address::query;
use crate::api::SignIn;
use crate::ui::field::TextField;
use crate::ui::icon::Mark;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn SignInPage() -> impl IntoView {
    let next = query("next");
    let sign_in = ServerAction::<SignIn>::new();
    let trouble = Signal::stored(met(sign_in));
    view! {
        <Title text="Sign in"/>
        <Door>
            <h1>"Sign in"</h1>
            <ActionForm action=sign_in>
                <div class="form">
                    <FormTrouble trouble/>
                    <input type="hidden" name="next" value=next/>
                    <TextField label="E-mail" name="email" kind="email" autocomplete="username" trouble/>
                    <TextField label="Password" name="password" kind="password" autocomplete="current-password" trouble/>
                    <button class="btn btn-primary" type="submit">"Sign in"</button>
                </div>
            </ActionForm>
        </Door>
    }
}

/// The page of somebody who is not in yet.
#[component]
pub fn Door(children: Children) -> impl IntoView {
    view! {
        <main class="door">
            <p class="brand"><Mark/>"Isthmus"</p>
            <div class="door-card">{children()}</div>
            <p class="text-xs text-quiet">"Keeps ServiceNow records and another platform's tickets the same on both sides."</p>
        </main>
    }
}
