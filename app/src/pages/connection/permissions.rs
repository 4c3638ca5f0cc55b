//! `/settings/connections/{id}/permissions`: each table, column and operation that the connection needs, tried with its own
//! token; and the smallest rights that are missing, as a list to tick off and as a letter.

use super::checks::Asking;
use crate::address::param;
use crate::api::{self, ProbePermissions};
use crate::model::{self, RightRow, RightStanding, When};
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::state::{State, Tone};
use crate::ui::time::MaybeTime;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn PermissionsPage() -> impl IntoView {
    let first = api::permissions(param("id"));
    view! { {loaded(first, |page| view! { <Opened page/> })} }
}

#[component]
fn Opened(page: model::PermissionsPage) -> impl IntoView {
    let (id, name, is_able) = (page.id.clone(), page.connection.clone(), page.is_able);
    let home = format!("/settings/connections/{id}");
    let model::PermissionsPage { acting_as, at, rights, letter, .. } = page;
    view! {
        <Follow topics=[format!("connection:{id}")]/>
        <Title text=format!("Permissions of {name}")/>
        <p class="crumbs"><a class="link" href=home.clone()>{name}</a></p>
        <h1>"Permissions"</h1>
        <p class="hint max-w-3xl mb-3">
            "What the connection's account may do of all that its rules, streams and polling need. Reads are the real reads. Of a
            write as much is tried as changes nothing; the rest is said to be unknown, which does not mean broken."
        </p>
        {if is_able {
            view! { <Probe id acting_as at/> }.into_any()
        } else {
            view! { <p class="note">"Nobody has authorized the connection, so nothing can be tried yet."</p> }.into_any()
        }}
        <p class="font-medium my-3" role="status">{verdict(&rights)}</p>
        {(!letter.is_empty()).then(|| view! { <Letter letter/> })}
        {(!rights.is_empty()).then(|| view! { <Rights rights/> })}
    }
}

#[component]
fn Probe(id: String, acting_as: String, at: Option<When>) -> impl IntoView {
    let probe = ServerAction::<ProbePermissions>::new();
    let trouble = Signal::stored(met(probe));
    view! {
        <div class="part-head">
            <ActionForm action=probe>
                <input type="hidden" name="id" value=id/>
                <button class="btn btn-primary" type="submit">"Try every right"</button>
                <Asking/>
            </ActionForm>
            <p class="text-quiet">"As "{acting_as}". Last tried "<MaybeTime when=at/></p>
        </div>
        <FormTrouble trouble/>
    }
}

fn verdict(rights: &[RightRow]) -> String {
    let count = |standing: RightStanding, is_optional: bool| {
        rights.iter().filter(|right| right.standing == standing && right.is_optional == is_optional).count()
    };
    if rights.is_empty() {
        return "Nothing was tried yet. It takes a few seconds.".to_owned();
    }
    let unknown = count(RightStanding::Unknown, false) + count(RightStanding::Unknown, true);
    let comfort = count(RightStanding::Missing, true);
    let needed = match count(RightStanding::Missing, false) {
        0 => "No right that is needed is missing.".to_owned(),
        1 => "1 right that is needed is missing.".to_owned(),
        missing => format!("{missing} rights that are needed are missing."),
    };
    let comfort = if comfort == 0 { String::new() } else { format!(" {comfort} that may be left out are missing.") };
    let unknown = if unknown == 0 { String::new() } else { format!(" {unknown} cannot be told without writing.") };
    format!("{needed}{comfort}{unknown}")
}

#[component]
fn Letter(letter: String) -> impl IntoView {
    view! {
        <section class="part">
            <h2>"To send to the administrator of ServiceNow"</h2>
            <p class="hint mb-2">"One click selects all of it."</p>
            <pre class="script whitespace-pre-wrap" tabindex="0">{letter}</pre>
        </section>
    }
}

/// What is missing first, then what is not known.
#[component]
fn Rights(rights: Vec<RightRow>) -> impl IntoView {
    let mut rights = rights;
    rights.sort_by_key(|right| match right.standing {
        RightStanding::Missing => (0, right.is_optional),
        RightStanding::Unknown => (1, right.is_optional),
        RightStanding::Granted => (2, right.is_optional),
    });
    view! {
        <section class="part">
            <h2>"Each right"</h2>
            <div class="scroll">
                <table class="table stack">
                    <caption class="sr-only">"Rights, those that are missing first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Standing"</th>
                            <th scope="col">"Table"</th>
                            <th scope="col">"Column"</th>
                            <th scope="col">"Operation"</th>
                            <th scope="col">"Needed for"</th>
                            <th scope="col">"How it was found out"</th>
                        </tr>
                    </thead>
                    <tbody>{rights.into_iter().map(|right| view! { <Right right/> }).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
}

#[component]
fn Right(right: RightRow) -> impl IntoView {
    let (tone, word) = match (right.standing, right.is_optional) {
        (RightStanding::Granted, _) => (Tone::Calm, "Granted"),
        (RightStanding::Missing, false) => (Tone::Act, "Missing"),
        (RightStanding::Missing, true) => (Tone::Next, "Missing"),
        (RightStanding::Unknown, _) => (Tone::Busy, "Cannot tell"),
    };
    let optional = right.is_optional.then_some(" (may be left out)");
    view! {
        <tr>
            <td data-label="Standing"><State tone word/></td>
            <th scope="row"><code class="lg:whitespace-nowrap max-lg:break-all">{right.table}</code></th>
            <td data-label="Column"><code class="lg:whitespace-nowrap max-lg:break-all">{right.field}</code></td>
            <td data-label="Operation">{right.operation}</td>
            <td data-label="Needed for" class="half">{right.why}{optional}</td>
            <td data-label="How it was found out" class="wide">
                {right.how}
                {(!right.ask.is_empty())
                    .then(|| view! { <span class="block"><span class="font-medium">"What is missing: "</span>{right.ask}</span> })}
            </td>
        </tr>
    }
}
