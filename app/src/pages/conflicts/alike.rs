//! `/conflicts/alike`: one answer for all conflicts about a field, and the change of the mapping by which nobody is asked
//! again.

use crate::address::query;
use crate::api::{self, ChooseAlike};
use crate::model::{Alike, AlikeQuestion, AlikeRow};
use crate::ui::loaded::loaded;
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn AlikePage() -> impl IntoView {
    let (connection, field, take) = (query("connection"), query("field"), query("take"));
    let question = move || AlikeQuestion { connection: connection.get(), field: field.get(), take: take.get() };
    let found = Resource::new(question, api::alike);
    view! {
        <p class="crumbs"><a class="link" href="/conflicts">"Conflicts"</a></p>
        {loaded(found, |alike| view! { <Question alike/> })}
    }
}

#[component]
fn Question(alike: Alike) -> impl IntoView {
    let Alike { question, connection, platform, count, rows, rule } = alike;
    let whose = match question.take.as_str() {
        "servicenow" => "ServiceNow's value".to_owned(),
        "platform" => format!("{platform}'s value"),
        _ => "the base's value".to_owned(),
    };
    let gets = match question.take.as_str() {
        "servicenow" => platform.clone(),
        "platform" => "ServiceNow".to_owned(),
        _ => "both sides".to_owned(),
    };
    let title = format!("The same for every conflict about {}", question.field);
    let shown = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let choose = ServerAction::<ChooseAlike>::new();
    let trouble = Signal::derive(move || choose.value().get().and_then(Result::err));
    let mapping = format!("/settings/connections/{}", question.connection);
    view! {
        <Title text=title.clone()/>
        <h1>{title}</h1>
        {(count == 0)
            .then(|| view! { <p class="empty">"No conflict about this field waits for a choice that could be answered so."</p> })}
        {(count > 0)
            .then(|| {
                let many = if count == 1 { "1 record".to_owned() } else { format!("{count} records") };
                view! {
                    <p>{format!("{whose} of {} will be taken for {many} of {connection} and written to {gets}.", question.field)}</p>
                    <Rows rows platform take=question.take.clone()/>
                    {(count > shown).then(|| view! { <p class="hint">{format!("The {shown} that are open the longest, of {count}.")}</p> })}
                    <FormTrouble trouble/>
                    <ActionForm action=choose attr:class="mt-3">
                        <input type="hidden" name="question[connection]" value=question.connection/>
                        <input type="hidden" name="question[field]" value=question.field/>
                        <input type="hidden" name="question[take]" value=question.take/>
                        <input type="hidden" name="count" value=count/>
                        <button class="btn btn-sm btn-primary" type="submit" disabled=choose.pending()>
                            {format!("Take {whose} for {many}")}
                        </button>
                    </ActionForm>
                    <p class="hint mt-1">
                        "One act, in the history of each record and in the audit. A record that is edited meanwhile keeps its
                        conflict. To undo it, restore the field on the record's page."
                    </p>
                }
            })}
        {(!rule.is_empty())
            .then(|| {
                view! {
                    <h2 class="story">"So that nobody is asked again"</h2>
                    <p>{rule}</p>
                    <p class="mt-1"><a class="link" href=mapping>"Open the connection's mapping"</a>" It changes nothing until it is published."</p>
                }
            })}
    }
}

#[component]
fn Rows(rows: Vec<AlikeRow>, platform: String, take: String) -> impl IntoView {
    let cell = move |side: &str, label: String, text: String| {
        let text = if text.is_empty() { "empty".to_owned() } else { text };
        let taken = take == side;
        view! { <td class="half" data-label=label>{if taken { view! { <strong class="value">{text}</strong> }.into_any() } else { view! { <span class="value text-quiet">{text}</span> }.into_any() }}</td> }
    };
    view! {
        <div class="scroll mt-3">
            <table class="table stack">
                <thead>
                    <tr>
                        <th scope="col">"Record"</th>
                        <th scope="col">"ServiceNow"</th>
                        <th scope="col">"Base"</th>
                        <th scope="col">{platform.clone()}</th>
                    </tr>
                </thead>
                <tbody>
                    {rows
                        .into_iter()
                        .map(|row| {
                            view! {
                                <tr>
                                    <th scope="row" class="num">
                                        <a class="link" href=format!("/conflicts/{}", row.conflict)>{row.reference}</a>" "{row.ticket_number}
                                    </th>
                                    {cell("servicenow", "ServiceNow".to_owned(), row.servicenow)}
                                    {cell("base", "Base".to_owned(), row.base)}
                                    {cell("platform", platform.clone(), row.platform)}
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}
