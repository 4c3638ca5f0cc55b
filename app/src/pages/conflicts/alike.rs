//! `/conflicts/alike`: one answer for all conflicts about a field, and the change of the mapping by which nobody is asked
//! again.

use crate::address::query;
use crate::api::{self, ChangeMapping, ChooseAlike};
use crate::model::{Alike, AlikeQuestion, AlikeRow, AlikeRule, RuleStanding};
use crate::ui::loaded::loaded;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn AlikePage() -> impl IntoView {
    // How many were answered just now.
    let done = query("done").parse().unwrap_or_default();
    let found =
        api::alike(AlikeQuestion { connection: query("connection"), field: query("field"), take: query("take") });
    view! {
        <p class="crumbs"><a class="link" href="/conflicts">"Conflicts"</a></p>
        {loaded(found, move |alike| view! { <Question alike done/> })}
    }
}

#[component]
fn Question(alike: Alike, done: i64) -> impl IntoView {
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
    let trouble = Signal::stored(met(choose));
    let of = format!("{} {}", question.take, question.field);
    let id = question.connection.clone();
    let taken = (done > 0).then(|| {
        let many = if done == 1 { "1 record".to_owned() } else { format!("{done} records") };
        format!(
            "{whose} of {} was taken for {many}. It is on its way to {gets}; the history tells each.",
            question.field
        )
    });
    view! {
        <Title text=title.clone()/>
        <h1>{title}</h1>
        {taken.map(|taken| view! { <p role="status" class="note done">{taken}</p> })}
        {(count == 0 && done == 0)
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
                        <button class="btn btn-sm btn-primary" type="submit">
                            {format!("Take {whose} for {many}")}
                        </button>
                    </ActionForm>
                    <p class="hint mt-1">
                        "One act, in the history of each record and in the audit. A record that is edited meanwhile keeps its
                        conflict. To undo it, restore the field on the record's page."
                    </p>
                }
            })}
        {rule.map(|rule| view! { <AsRule rule id of/> })}
    }
}

/// The same answer for what is still to come: as an edit of the draft, that is looked at and published like any other.
#[component]
fn AsRule(rule: AlikeRule, id: String, of: String) -> impl IntoView {
    let put = ServerAction::<ChangeMapping>::new();
    let trouble = Signal::stored(met(put));
    let AlikeRule { words, changes, standing, may_edit } = rule;
    let preview = format!("/settings/connections/{id}/mappings/preview");
    view! {
        <section class="part">
            <div class="part-head"><h2>"So that nobody is asked again"</h2></div>
            {match standing {
                RuleStanding::InForce => view! { <p>"The mapping says so already: "{words}</p> }.into_any(),
                RuleStanding::Drafted => {
                    view! {
                        <p>"The mapping's draft says so, and has no effect yet: "{words}</p>
                        <p class="mt-1"><a class="link" href=preview>"See what the draft would do, and publish it"</a></p>
                    }
                    .into_any()
                }
                RuleStanding::Offered => {
                    view! {
                        <p>"As a rule: "{words}" What becomes another in the mapping:"</p>
                        <ul class="told mt-1">{changes.into_iter().map(|change| view! { <li>{change}</li> }).collect_view()}</ul>
                        {if may_edit {
                            view! {
                                <FormTrouble trouble/>
                                <ActionForm action=put attr:class="mt-3">
                                    <input type="hidden" name="form[connection]" value=id/>
                                    <input type="hidden" name="form[what]" value="stands"/>
                                    <input type="hidden" name="form[of]" value=of/>
                                    <button class="btn btn-sm" type="submit">"Make this the rule"</button>
                                </ActionForm>
                                <p class="hint mt-1">
                                    "Goes into the mapping's draft and opens its preview. Nothing has an effect before it is published there,
                                    and every version can be brought back."
                                </p>
                            }
                            .into_any()
                        } else {
                            view! { <p class="hint mt-2">"Mappings are changed by administrators: ask one to do this."</p> }.into_any()
                        }}
                    }
                    .into_any()
                }
            }}
        </section>
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
