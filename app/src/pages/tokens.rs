//! `/settings/tokens`: the tokens with which programs act for people, and a new one.

use crate::api::{self, MakeToken, RevokeToken};
use crate::model::{TokenRow, TokenStanding, TokensPage as Shown};
use crate::pages::people::{role_name, role_options};
use crate::ui::field::{SelectField, TextField};
use crate::ui::loaded::loaded;
use crate::ui::state::{State, Tone};
use crate::ui::time::{MaybeTime, Time};
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn TokensPage() -> impl IntoView {
    let make = ServerAction::<MakeToken>::new();
    let revoke = ServerAction::<RevokeToken>::new();
    let tokens = api::tokens();
    view! {
        <Title text="API tokens"/>
        <h1>"API tokens"</h1>
        <p class="hint mb-3">
            "With a token a program asks for what you may ask for, over "<a class="link" href="/settings/api">"the REST API"</a>
            ". It opens no page, and your session opens no API."
        </p>
        {loaded(tokens, move |shown: Shown| view! { <Found shown make revoke/> })}
    }
}

#[component]
fn Found(shown: Shown, make: ServerAction<MakeToken>, revoke: ServerAction<RevokeToken>) -> impl IntoView {
    let Shown { rows, fresh, roles, ends, address } = shown;
    let empty = rows.is_empty();
    view! {
        {(!fresh.is_empty()).then(|| view! { <Fresh token=fresh address/> })}
        {if empty {
            view! { <p class="empty">"No token yet. Make one for each program, so that each can be revoked by itself."</p> }.into_any()
        } else {
            view! { <TokenTable rows revoke/> }.into_any()
        }}
        <Make roles=role_options(&roles) ends act=make/>
    }
}

#[component]
fn Fresh(token: String, address: String) -> impl IntoView {
    let example = format!("curl -H \"Authorization: Bearer {token}\" {address}/connections");
    view! {
        <div class="next-step" role="status">
            <p class="font-semibold">"Copy the token now: it is not shown again"</p>
            <p><code class="copy">{token}</code></p>
            <p>"To try it:"</p>
            <p><code class="copy">{example}</code></p>
        </div>
    }
}

#[component]
pub fn TokenTable(rows: Vec<TokenRow>, revoke: ServerAction<RevokeToken>) -> impl IntoView {
    let trouble = Signal::stored(met(revoke));
    view! {
        <FormTrouble trouble/>
        <div class="scroll">
            <table class="table stack">
                <caption class="sr-only">"API tokens, the newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Token"</th>
                        <th scope="col">"Person"</th>
                        <th scope="col">"Role"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Last used"</th>
                        <th scope="col">"Ends"</th>
                        <th scope="col"><span class="sr-only">"Act"</span></th>
                    </tr>
                </thead>
                <tbody>
                    {rows
                        .into_iter()
                        .map(|row| {
                            let person = format!("/settings/people/{}", row.person_id);
                            let (tone, word) = match row.standing {
                                TokenStanding::InForce => (Tone::Calm, "In force"),
                                TokenStanding::Ended => (Tone::Busy, "Ended"),
                                TokenStanding::Revoked => (Tone::Busy, "Revoked"),
                            };
                            let label = format!("Revoke {}", row.name);
                            view! {
                                <tr>
                                    <th scope="row" class="wide">{row.name}</th>
                                    <td data-label="Person"><a class="title" href=person>{row.person}</a></td>
                                    <td data-label="Role">{role_name(row.role)}</td>
                                    <td data-label="State"><State tone word/></td>
                                    <td data-label="Last used"><MaybeTime when=row.used/></td>
                                    <td data-label="Ends"><Time when=row.ends/></td>
                                    <td>
                                        {row.may_revoke.then(|| view! {
                                            <ActionForm action=revoke>
                                                <input type="hidden" name="id" value=row.id/>
                                                <button class="btn btn-sm" type="submit" aria-label=label>"Revoke"</button>
                                            </ActionForm>
                                        })}
                                    </td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Make(roles: Vec<(String, String)>, ends: String, act: ServerAction<MakeToken>) -> impl IntoView {
    let trouble = Signal::stored(met(act));
    view! {
        <section class="part">
            <div class="part-head"><h2>"Make a token"</h2></div>
            <FormTrouble trouble/>
            <ActionForm action=act attr:class="form">
                <TextField label="Name" name="form[name]" about="name" autocomplete="off" trouble
                    hint="The program that uses it, such as nightly report."/>
                <SelectField label="Role" name="form[role]" about="role" value="viewer" options=roles trouble
                    hint="The token may do no more than this, and never more than you."/>
                <TextField label="Last day" name="form[ends]" about="ends" kind="date" value=ends trouble
                    hint="It stops by itself after this day."/>
                <button class="btn btn-sm btn-primary" type="submit">"Make token"</button>
            </ActionForm>
        </section>
    }
}
