//! `/settings/people`: everybody with an account, and the way in for somebody new.

pub mod own;
pub mod password;
pub mod person;

use crate::api::{self, AddPerson};
use crate::model::{PeopleList, PersonRow, Role, Standing};
use crate::ui::field::{SelectField, TextField};
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::state::{State, Tone};
use crate::ui::time::MaybeTime;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

/// As a form sends it, as it is called, and what it allows.
const ROLES: [(Role, &str, &str, &str); 3] = [
    (Role::Viewer, "viewer", "Viewer", "reads everything"),
    (
        Role::Operator,
        "operator",
        "Operator",
        "also edits tickets, decides conflicts, tests connections and tries failures again",
    ),
    (Role::Admin, "admin", "Administrator", "also connects instances, changes mappings and people"),
];

pub fn role_name(role: Role) -> &'static str {
    ROLES.iter().find(|(is, ..)| *is == role).map_or("", |(_, _, name, _)| name)
}

pub fn role_word(role: Role) -> &'static str {
    ROLES.iter().find(|(is, ..)| *is == role).map_or("", |(_, word, ..)| word)
}

/// What a choice of a role offers, up to the highest that is given.
pub fn role_options(roles: &[Role]) -> Vec<(String, String)> {
    let offered = ROLES.iter().filter(|(role, ..)| roles.contains(role));
    offered.map(|(_, word, name, may)| ((*word).to_owned(), format!("{name}: {may}"))).collect()
}

pub const ALL_ROLES: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

#[component]
pub fn PeoplePage() -> impl IntoView {
    let list = api::people();
    view! {
        <Title text="People"/>
        <h1>"People"</h1>
        {loaded(list, |list| view! { <Found list/> })}
    }
}

#[component]
fn Found(list: PeopleList) -> impl IntoView {
    let PeopleList { rows, may_change, .. } = list;
    view! {
        <Follow topics=["people".to_owned()]/>
        <Table rows/>
        {if may_change {
            view! { <Add/> }.into_any()
        } else {
            view! { <p class="hint mt-4">"Administrators add people and change their roles."</p> }.into_any()
        }}
    }
}

#[component]
fn Table(rows: Vec<PersonRow>) -> impl IntoView {
    view! {
        <div class="scroll">
            <table class="table stack">
                <caption class="sr-only">"People by name"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Person"</th>
                        <th scope="col">"Role"</th>
                        <th scope="col">"Account"</th>
                        <th scope="col">"Last sign-in"</th>
                    </tr>
                </thead>
                <tbody>
                    {rows
                        .into_iter()
                        .map(|row| view! {
                        <tr>
                            <th scope="row" class="wide">
                                <a class="name" href=format!("/settings/people/{}", row.id)>{row.name}</a>
                                {row.is_me.then_some(" (you)")}
                                <span class="block text-quiet font-normal break-all">{row.email}</span>
                            </th>
                            <td data-label="Role">{role_name(row.role)}</td>
                            <td data-label="Account"><StandingBadge standing=row.standing/></td>
                            <td data-label="Last sign-in"><MaybeTime when=row.last_sign_in/></td>
                        </tr>
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}

#[component]
pub fn StandingBadge(standing: Standing) -> impl IntoView {
    let (tone, word) = match standing {
        Standing::Open => (Tone::Calm, "Open"),
        Standing::Invited => (Tone::Next, "No password yet"),
        Standing::Closed => (Tone::Busy, "Closed"),
    };
    view! { <State tone word/> }
}

#[component]
fn Add() -> impl IntoView {
    let add = ServerAction::<AddPerson>::new();
    let trouble = Signal::stored(met(add));
    view! {
        <section class="part">
            <div class="part-head"><h2>"Add a person"</h2></div>
            <p class="hint mb-3">
                "You get a link, once, for the person to set a password with. Pass it on yourself: Isthmus sends no mail."
            </p>
            <FormTrouble trouble/>
            <ActionForm action=add attr:class="form">
                <TextField label="Name" name="form[name]" about="name" autocomplete="off" trouble/>
                <TextField label="E-mail" name="form[email]" about="email" kind="email" autocomplete="off" trouble
                    hint="What the person signs in with."/>
                <SelectField label="Role" name="form[role]" about="role" value="operator" options=role_options(&ALL_ROLES) trouble/>
                <button class="btn btn-sm btn-primary" type="submit">"Add person"</button>
            </ActionForm>
        </section>
    }
}
