//! All conflicts of one record, in one form: each field's three values, and another one where none will do.

use super::preview::Preview;
use super::values::{Marked, ValueField, Who};
use crate::address::{query, with_query};
use crate::api::{Answer, ChooseValues};
use crate::model::{self, Choices, ConflictRecord, ConflictRow, Taken};
use crate::ui::reference::Reference;
use crate::ui::state::{State, Tone};
use crate::ui::time::Time;
use crate::ui::trouble::{FormTrouble, TroubleBox, met};
use leptos::form::ActionForm;
use leptos::prelude::*;

/// What the choices in the address would write, if there are any.
pub type Previewed = Option<Answer<model::Preview>>;

/// `asked` is what came with the address, to be looked at first.
#[component]
pub fn RecordForm(record: ConflictRecord, asked: Choices, #[prop(optional)] preview: Previewed) -> impl IntoView {
    let choose = ServerAction::<ChooseValues>::new();
    let id = as_seen(&record);
    // Where there are several such forms, the address says which of them it was.
    let (asked_by, is_mine) = (query("__form"), format!("record-{}-", record.link));
    let is_mine = asked_by.is_empty() || asked_by.starts_with(&is_mine);
    let trouble = Signal::stored(met(choose).filter(|_| is_mine));
    let ConflictRecord { link, conflicts, agreed, platform, refusals, connection_id, .. } = record.clone();
    let page = conflicts.first().map(|row| format!("/conflicts/{}", row.id)).unwrap_or_default();
    let is_over = conflicts.iter().all(ConflictRow::is_over);
    let has_base = conflicts.iter().any(|row| row.base.is_some());
    let many = conflicts.len() > 1;
    let refused = with_query("/failures", &[("connection", &connection_id)]);
    let all = move |side: &'static str, page: String, words: String| {
        view! {
            <button class="btn btn-sm btn-ghost" type="submit" formmethod="get" formaction=page name="all" value=side data-take-all=side>
                {words}
            </button>
        }
    };
    let rows = conflicts
        .into_iter()
        .map(|row| {
            let taken = asked.fields.get(&row.key()).cloned().unwrap_or_default();
            view! { <Disagreement row taken platform=platform.clone() connection=connection_id.clone()/> }
        })
        .collect_view();
    view! {
        <section class="part" data-link=record.link.clone()>
            <Heading record=record.clone()/>
            {(refusals > 0)
                .then(|| view! { <p class="text-xs">"A side will not take something else of this record: "<a class="link" href=refused>"see Failures"</a>"."</p> })}
            <ActionForm action=choose attr:id=id>
                <input type="hidden" name="choices[link]" value=link/>
                {rows}
                <div role="alert" class="contents"><FormTrouble trouble/></div>
                <div role="status">
                    {preview
                        .map(|preview| {
                            let preview = match preview {
                                Ok(preview) => view! { <Preview preview/> }.into_any(),
                                Err(trouble) => view! { <TroubleBox trouble/> }.into_any(),
                            };
                            view! { <div data-stays>{preview}</div> }
                        })}
                </div>
                {(!is_over)
                    .then(|| {
                        view! {
                            <div class="mt-3 flex flex-wrap items-center gap-2">
                                <button class="btn btn-sm btn-primary" type="submit">"Save choices"</button>
                                <button class="btn btn-sm" type="submit" formmethod="get" formaction=page.clone() data-looks="change">
                                    "Preview"
                                </button>
                                {many
                                    .then(|| {
                                        view! {
                                            {all("servicenow", page.clone(), "All from ServiceNow".to_owned())}
                                            {has_base.then(|| all("base", page.clone(), "All from the base".to_owned()))}
                                            {all("platform", page.clone(), format!("All from {platform}"))}
                                        }
                                    })}
                                <button class="btn btn-sm btn-ghost" type="reset">"Clear"</button>
                            </div>
                        }
                    })}
            </ActionForm>
            {(!agreed.is_empty()).then(|| view! { <Agreed agreed/> })}
        </section>
    }
}

/// Tells this state of the record from every other: what was chosen for one does not stay for the next.
fn as_seen(record: &ConflictRecord) -> String {
    let conflicts = record.conflicts.iter().map(|row| format!("-{}-{}-{}", row.id, row.version, row.state));
    conflicts.fold(format!("record-{}", record.link), |id, conflict| id + &conflict)
}

#[component]
fn Heading(record: ConflictRecord) -> impl IntoView {
    view! {
        <h2>
            <Reference number=record.reference address=record.record_url/>
            " "
            <a class="link num" href=format!("/tickets/{}", record.ticket_id)>{record.ticket_number}</a>
            <span class="text-quiet text-xs font-normal">
                " "<a class="link" href=format!("/links/{}", record.link)>"both sides"</a>" by "<a class="link" href=format!("/settings/connections/{}", record.connection_id)>{record.connection}</a>
            </span>
        </h2>
    }
}

/// What nobody disagrees about, folded away.
#[component]
fn Agreed(agreed: Vec<(String, String)>) -> impl IntoView {
    let count = agreed.len();
    let rows = agreed
        .into_iter()
        .map(|(field, value)| {
            let value = if value.is_empty() { "empty".to_owned() } else { value };
            view! { <div><dt>{field}</dt><dd class="value">{value}</dd></div> }
        })
        .collect_view();
    view! {
        <details class="mt-2">
            <summary class="text-quiet text-xs">{count}" other fields, about which nobody disagrees"</summary>
            <dl class="facts">{rows}</dl>
        </details>
    }
}

/// One field: what each side holds, and the choice.
#[component]
fn Disagreement(row: ConflictRow, taken: Taken, platform: String, connection: String) -> impl IntoView {
    let is_over = row.is_over();
    let (tone, word) = match row.state.as_str() {
        "open" => (Tone::Act, "Choose".to_owned()),
        "chosen" => (Tone::Busy, format!("{} chose \"{}\"; on its way", row.chosen_by, row.choice)),
        "resolved" => (Tone::Calm, "Resolved".to_owned()),
        _ => (Tone::Calm, "No longer in conflict".to_owned()),
    };
    let key = row.key();
    let name = |what: &str| format!("choices[fields][{key}][{what}]");
    let radio = |side: &'static str| {
        let (name, checked) = (name("take"), taken.take == side);
        (!is_over).then(|| view! { <input type="radio" name=name value=side checked=checked/> })
    };
    let gets = |who: String| (!is_over).then(|| view! { <span class="hint">{format!("{who} will get it")}</span> });
    let both = || "Both sides".to_owned();
    let base = match row.base {
        Some(pieces) => view! {
            <label class="held">
                <span class="held-head">{radio("base")}"Base"</span>
                <Marked pieces/>
                <span class="text-xs text-quiet">"what both sides last agreed on"</span>
                {gets(both())}
            </label>
        }
        .into_any(),
        None => view! {
            <div class="held">
                <span class="held-head">"Base"</span>
                <span class="text-quiet">"The sides never agreed on a value."</span>
            </div>
        }
        .into_any(),
    };
    view! {
        <fieldset class="conflict" id=format!("conflict-{}", row.id) data-conflict=row.id.clone() tabindex="-1">
            <legend>
                <a class="link" href=format!("/conflicts/{}", row.id)>{row.field.clone()}</a>
                <State tone word/>
                {(!row.owner.is_empty()).then(|| view! { <span class="badge badge-sm">{format!("{} owns it", row.owner)}</span> })}
                <span class="text-xs text-quiet font-normal">"since "<Time when=row.opened/></span>
            </legend>
            <div class="three">
                <label class="held">
                    <span class="held-head">{radio("servicenow")}"ServiceNow"</span>
                    <Marked pieces=row.servicenow.value.clone()/>
                    <Who side=row.servicenow/>
                    {gets(platform.clone())}
                </label>
                {base}
                <label class="held">
                    <span class="held-head">{radio("platform")}{platform.clone()}</span>
                    <Marked pieces=row.platform.value.clone()/>
                    <Who side=row.platform/>
                    {gets("ServiceNow".to_owned())}
                </label>
            </div>
            {(!is_over)
                .then(|| {
                    let label = format!("Another value for {}", row.field);
                    view! {
                        <div class="another">
                            <label class="held-head">{radio("value")}"Another value"</label>
                            <ValueField input=row.input.clone() name=name("value") label value=taken.value.clone()/>
                            {gets(both())}
                        </div>
                        <input type="hidden" name=name("version") value=row.version/>
                    }
                })}
            <p class="hint">{row.why}</p>
            {(!is_over && row.alike > 0).then(|| view! { <Others count=row.alike connection field=row.field platform/> })}
        </fieldset>
    }
}

/// The way to one answer for many.
#[component]
fn Others(count: i64, connection: String, field: String, platform: String) -> impl IntoView {
    let to = |side: &str, words: String| {
        let address = with_query("/conflicts/alike", &[("connection", &connection), ("field", &field), ("take", side)]);
        view! { <a class="link" href=address>{words}</a> }
    };
    let others = if count == 1 { "1 other conflict is".to_owned() } else { format!("{count} other conflicts are") };
    view! {
        <p class="hint">
            {format!("{others} about {field}. The same for all of them: ")}
            {to("servicenow", "ServiceNow's".to_owned())}", "{to("base", "the base's".to_owned())}", "
            {to("platform", format!("{platform}'s"))}
        </p>
    }
}
