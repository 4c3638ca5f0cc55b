//! `/set-password?token=`: somebody with a link chooses a password, and is in.

use crate::address::query;
use crate::api::{self, SetPassword};
use crate::model::Invited;
use crate::pages::sign_in::Door;
use crate::ui::field::TextField;
use crate::ui::loaded::loaded;
use crate::ui::trouble::{FormTrouble, met};
use leptos::either::Either;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn PasswordPage() -> impl IntoView {
    let token = query("token");
    let invited = api::password_link(token.clone());
    view! {
        <Title text="Set your password"/>
        <Door>
            {loaded(invited, move |invited| match invited {
                Some(invited) => Either::Left(view! { <Choose invited token/> }),
                None => Either::Right(view! { <Closed/> }),
            })}
        </Door>
    }
}

#[component]
fn Choose(invited: Invited, token: String) -> impl IntoView {
    let set = ServerAction::<SetPassword>::new();
    let trouble = Signal::stored(met(set));
    view! {
        <h1>"Set your password"</h1>
        <p class="text-quiet">{format!("Welcome, {}. You sign in as {}.", invited.name, invited.email)}</p>
        <ActionForm action=set>
            <div class="form">
                <FormTrouble trouble/>
                <input type="hidden" name="token" value=token/>
                // For the browser's own keeper of passwords.
                <input type="email" class="sr-only" autocomplete="username" value=invited.email tabindex="-1" aria-hidden="true" readonly/>
                <TextField label="Password" name="password" kind="password" autocomplete="new-password"
                    hint="At least 12 characters. A sentence is easier to remember than a word." trouble/>
                <button class="btn btn-primary" type="submit">"Set password and sign in"</button>
            </div>
        </ActionForm>
    }
}

#[component]
fn Closed() -> impl IntoView {
    view! {
        <h1>"This link does not work any more"</h1>
        <p>"It was used, it is older than three days, or a newer one was made."</p>
        <p>
            "If you have set your password, "<a class="link" href="/sign-in">"sign in"</a>
            ". Otherwise ask an administrator of Isthmus for a new link, and copy all of it."
        </p>
        <p class="code">"AUTH-PASSWORD-LINK"</p>
    }
}
