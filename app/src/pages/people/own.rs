//! `/settings/me`: one's own password, sessions and time zone.

use super::role_name;
use crate::api::{self, ChangePassword, SetZone, SignOutEverywhere, answered};
use crate::model::OwnPage as Shown;
use crate::ui::field::{TextField, labelled};
use crate::ui::loaded::loaded;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn OwnPage() -> impl IntoView {
    let change = ServerAction::<ChangePassword>::new();
    let zone = ServerAction::<SetZone>::new();
    let own = api::own_page();
    view! {
        <Title text="Your account"/>
        <h1>"Your account"</h1>
        {loaded(own, move |shown: Shown| view! {
            <dl class="facts">
                <div><dt>"Name"</dt><dd>{shown.name.clone()}</dd></div>
                <div><dt>"E-mail"</dt><dd class="break-all">{shown.email.clone()}</dd></div>
                <div><dt>"Role"</dt><dd>{role_name(shown.role)}</dd></div>
            </dl>
            <Zone shown act=zone/>
        })}
        <Password act=change/>
        <Everywhere/>
        <p class="hint mt-6">"For whoever changes the console: "<a class="link" href="/design">"the parts that its pages are made of"</a>"."</p>
    }
}

#[component]
fn Zone(shown: Shown, act: ServerAction<SetZone>) -> impl IntoView {
    let Shown { zone, zone_now, zones, .. } = shown;
    let trouble = Signal::stored(met(act));
    let now = match zone_now.as_str() {
        "" => "Times are UTC now: the browser has not told its zone.".to_owned(),
        zone => format!("Times are in {zone} now. The exact UTC is in each one's hover text."),
    };
    let hint = "As in Europe/Berlin. Empty for the zone of the browser.";
    view! {
        <section class="part">
            <div class="part-head"><h2>"Times"</h2></div>
            <p class="hint mb-3">{now}</p>
            <FormTrouble trouble/>
            <ActionForm action=act attr:class="form">
                {labelled("Time zone", "zone".to_owned(), hint, trouble, move |tied| view! {
                    <input class="input" id=tied.id type="text" name="zone" value=zone list="zones" autocomplete="off"
                        aria-describedby=tied.described_by aria-invalid=tied.invalid/>
                })}
                <datalist id="zones">{zones.into_iter().map(|zone| view! { <option value=zone></option> }).collect_view()}</datalist>
                <button class="btn btn-sm" type="submit">"Save"</button>
            </ActionForm>
        </section>
    }
}

#[component]
fn Password(act: ServerAction<ChangePassword>) -> impl IntoView {
    let trouble = Signal::stored(met(act));
    let is_done = answered::<ChangePassword>().is_some();
    view! {
        <section class="part">
            <div class="part-head"><h2>"Password"</h2></div>
            <p class="hint mb-3">"Your sessions in other browsers end with the old one."</p>
            <FormTrouble trouble/>
            {is_done.then(|| view! { <p role="status" class="note">"Your password was changed."</p> })}
            <ActionForm action=act attr:class="form">
                <TextField label="Present password" name="present" kind="password" autocomplete="current-password" trouble/>
                <TextField label="New password" name="password" kind="password" autocomplete="new-password"
                    hint="At least 12 characters. A sentence is easier to remember than a word." trouble/>
                <button class="btn btn-sm" type="submit">"Change password"</button>
            </ActionForm>
        </section>
    }
}

#[component]
fn Everywhere() -> impl IntoView {
    let leave = ServerAction::<SignOutEverywhere>::new();
    view! {
        <section class="part">
            <div class="part-head"><h2>"Sessions"</h2></div>
            <p class="hint mb-3">"Signs you out here and in every other browser. API tokens go on; revoke them one by one."</p>
            <ActionForm action=leave>
                <button class="btn btn-sm" type="submit">"Sign out everywhere"</button>
            </ActionForm>
        </section>
    }
}
