//! `/links/{id}/restore`: what bringing values of the past back would write where, and the word that does it.

use crate::address::{param, query, with_query};
use crate::api::{self, Restore};
use crate::model::{self, RestoreQuestion};
use crate::pages::conflicts::Preview;
use crate::ui::loaded::loaded;
use crate::ui::time::Time;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn RestorePage() -> impl IntoView {
    let question = RestoreQuestion { link: param("id"), at: query("at"), field: query("field"), take: query("take") };
    let then = with_query(&format!("/links/{}", question.link), &[("at", &question.at)]);
    let page = api::see_restore(question);
    view! {
        <p class="crumbs"><a class="link" href=then>"The record as it stood"</a></p>
        {loaded(page, |page| view! { <Question page/> })}
    }
}

#[component]
fn Question(page: model::RestorePage) -> impl IntoView {
    let model::RestorePage { question, reference, ticket_number, at, values, preview, seen } = page;
    let restore = ServerAction::<Restore>::new();
    let trouble = Signal::stored(met(restore));
    let title = match question.field.as_str() {
        "" => format!("Restore {reference} and {ticket_number}"),
        field => format!("Restore {field} of {reference} and {ticket_number}"),
    };
    let may = preview.refused.is_empty() && !preview.writes.is_empty();
    let back = with_query(&format!("/links/{}", question.link), &[("at", &question.at)]);
    let values = values
        .into_iter()
        .map(|(field, value)| {
            let value = if value.is_empty() { "empty".to_owned() } else { value };
            view! { <div><dt>{field}</dt><dd class="value">{value}</dd></div> }
        })
        .collect_view();
    view! {
        <Title text=title.clone()/>
        <h1>{title}</h1>
        <p>
            "As it stood at "<Time when=at/>". It comes back as a change of yours: written like any other, kept in the history,
            and undone by restoring a later moment."
        </p>
        <dl class="facts">{values}</dl>
        <Preview preview/>
        <FormTrouble trouble/>
        <ActionForm action=restore attr:class="mt-3 flex gap-2">
            <input type="hidden" name="question[link]" value=question.link/>
            <input type="hidden" name="question[at]" value=question.at/>
            <input type="hidden" name="question[field]" value=question.field/>
            <input type="hidden" name="question[take]" value=question.take/>
            <input type="hidden" name="seen" value=seen/>
            {may.then(|| view! { <button class="btn btn-sm btn-primary" type="submit">"Restore this"</button> })}
            <a class="btn btn-sm" href=back>"Back"</a>
        </ActionForm>
    }
}
