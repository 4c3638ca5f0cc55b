//! `/settings/people/:id`: one account, and what an administrator may do with it.

use super::{ALL_ROLES, StandingBadge, role_name, role_options, role_word};
use crate::address::{param, with_query};
use crate::api::{self, CloseAccount, MakePasswordLink, ReopenAccount, SetRole};
use crate::model::{PersonPage as Shown, Standing};
use crate::pages::tokens::TokenTable;
use crate::ui::field::SelectField;
use crate::ui::loaded::loaded;
use crate::ui::time::{MaybeTime, Time};
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

/// What can be done here.
#[derive(Clone, Copy)]
struct Acts {
    role: ServerAction<SetRole>,
    close: ServerAction<CloseAccount>,
    reopen: ServerAction<ReopenAccount>,
    link: ServerAction<MakePasswordLink>,
}

#[component]
pub fn PersonPage() -> impl IntoView {
    let acts = Acts {
        role: ServerAction::new(),
        close: ServerAction::new(),
        reopen: ServerAction::new(),
        link: ServerAction::new(),
    };
    let person = api::person(param("id"));
    view! { {loaded(person, move |shown| view! { <Account shown acts/> })} }
}

#[component]
fn Account(shown: Shown, acts: Acts) -> impl IntoView {
    let Shown { row, since, closed, link, link_ends, is_last_admin, may_change, tokens } = shown;
    let audit = with_query("/settings/audit", &[("person", &row.id)]);
    let about = with_query("/settings/audit", &[("subject", &row.id)]);
    view! {
        <Title text=row.name.clone()/>
        <p class="crumbs"><a class="link" href="/settings/people">"People"</a></p>
        <div class="head">
            <h1>{row.name.clone()}</h1>
            <StandingBadge standing=row.standing/>
        </div>
        <dl class="facts">
            <div><dt>"E-mail"</dt><dd class="break-all">{row.email.clone()}</dd></div>
            <div><dt>"Role"</dt><dd>{role_name(row.role)}</dd></div>
            <div><dt>"Account since"</dt><dd><Time when=since/></dd></div>
            <div><dt>"Last sign-in"</dt><dd><MaybeTime when=row.last_sign_in.clone()/></dd></div>
            {closed.map(|closed| view! { <div><dt>"Closed"</dt><dd><Time when=closed/></dd></div> })}
        </dl>
        <p class="mb-3">
            <a class="link" href=audit>"What this person did"</a>" · "
            <a class="link" href=about>"What was done with this account"</a>
            {row.is_me.then(|| view! { " · "<a class="link" href="/settings/me">"Your own settings"</a> })}
        </p>
        {(!link.is_empty()).then(|| view! { <FreshLink link name=row.name.clone()/> })}
        {may_change.then(|| {
            view! {
                {is_last_admin.then(|| view! {
                    <p class="note">
                        "This is the last administrator who can sign in, so the role stays and the account cannot be closed. Make
                        somebody else an administrator first."
                    </p>
                })}
                <Role id=row.id.clone() role=row.role act=acts.role/>
                <Password id=row.id.clone() standing=row.standing link_ends act=acts.link/>
                <OpenOrClosed id=row.id.clone() standing=row.standing acts/>
            }
        })}
        {(!tokens.is_empty()).then(|| view! {
            <section class="part">
                <div class="part-head"><h2>"API tokens"</h2></div>
                <TokenTable rows=tokens revoke=ServerAction::new()/>
            </section>
        })}
    }
}

#[component]
fn FreshLink(link: String, name: String) -> impl IntoView {
    view! {
        <div class="next-step" role="status">
            <p class="font-semibold">{format!("Pass this link on to {name}")}</p>
            <p><code class="copy">{link}</code></p>
            <p>"It sets the password, works once and for three days, and is not shown again. Whoever has it can sign in as this person."</p>
        </div>
    }
}

#[component]
fn Role(id: String, role: crate::model::Role, act: ServerAction<SetRole>) -> impl IntoView {
    let trouble = Signal::stored(met(act));
    view! {
        <section class="part">
            <div class="part-head"><h2>"Role"</h2></div>
            <FormTrouble trouble/>
            <ActionForm action=act attr:class="form">
                <input type="hidden" name="id" value=id/>
                <SelectField label="What this person may do" name="role" value=role_word(role) options=role_options(&ALL_ROLES) trouble
                    hint="It counts from the next click on."/>
                <button class="btn btn-sm" type="submit">"Change role"</button>
            </ActionForm>
        </section>
    }
}

#[component]
fn Password(
    id: String,
    standing: Standing,
    link_ends: Option<crate::model::When>,
    act: ServerAction<MakePasswordLink>,
) -> impl IntoView {
    let trouble = Signal::stored(met(act));
    (standing != Standing::Closed).then(|| {
        view! {
            <section class="part">
                <div class="part-head"><h2>"Password"</h2></div>
                <p class="hint mb-3">
                    {link_ends.map(|ends| view! { "There is a link that was not used; it works until "<Time when=ends/>". " })}
                    "A new link replaces an earlier one. A password that there is works until the link is used; then every session ends."
                </p>
                <FormTrouble trouble/>
                <ActionForm action=act>
                    <input type="hidden" name="id" value=id/>
                    <button class="btn btn-sm" type="submit">"New password link"</button>
                </ActionForm>
            </section>
        }
    })
}

#[component]
fn OpenOrClosed(id: String, standing: Standing, acts: Acts) -> impl IntoView {
    let Acts { close, reopen, .. } = acts;
    let trouble = Signal::stored(met(close).or_else(|| met(reopen)));
    let form = if standing == Standing::Closed {
        view! {
            <p class="hint mb-3">"Opened again, the old password works, and so do tokens that have not ended. Sessions do not come back."</p>
            <ActionForm action=reopen>
                <input type="hidden" name="id" value=id/>
                <button class="btn btn-sm" type="submit">"Open again"</button>
            </ActionForm>
        }
        .into_any()
    } else {
        view! {
            <p class="hint mb-3">
                "The person is signed out at once, everywhere, and cannot come back; their API tokens stop. What they did stays
                in the history and the audit. The account can be opened again."
            </p>
            <ActionForm action=close>
                <input type="hidden" name="id" value=id/>
                <button class="btn btn-sm btn-error" type="submit">"Close account"</button>
            </ActionForm>
        }
        .into_any()
    };
    view! {
        <section class="part">
            <div class="part-head"><h2>"Account"</h2></div>
            <FormTrouble trouble/>
            {form}
        </section>
    }
}
