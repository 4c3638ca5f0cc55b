//! What publishing the draft would do: what differs, what to look at, what would change on which links. Then it is published.

use super::Change;
use crate::model::{MappingLook, MappingPreview, MappingReplay};
use crate::pages::failures::record;
use crate::pages::run::Findings;
use crate::ui::field::TextField;
use crate::ui::time::Time;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// How far a look goes.
const LOOKS: [(&str, &str); 6] = [
    ("newest 50", "The 50 links that changed last"),
    ("newest 500", "The 500 links that changed last"),
    ("newest 5000", "The 5,000 links that changed last"),
    ("days 1", "The links that changed within a day, and their changes"),
    ("days 7", "The links that changed within 7 days, and their changes"),
    ("days 30", "The links that changed within 30 days, and their changes"),
];

#[component]
pub fn Preview(preview: MappingPreview, id: String, may_edit: bool, change: Change) -> impl IntoView {
    let MappingPreview { revision, differences, findings, links, allowed, problem, not_yet, unseen, look } = preview;
    let is_same = differences.is_empty();
    let may_look = may_edit && problem.is_empty();
    let is_running = look.as_ref().is_some_and(|look| look.state == "running");
    let looking = id.clone();
    let may_publish = may_edit && not_yet.is_empty();
    let is_seen = unseen.is_empty();
    view! {
        <section class="part">
            <div class="part-head"><h2>"What differs from what is in force"</h2></div>
            {is_same.then(|| view! { <p class="text-quiet">"Nothing."</p> })}
            <Told told=differences/>
        </section>
        {(!findings.is_empty()).then(|| view! {
            <section class="part">
                <div class="part-head"><h2>"Look at this first"</h2></div>
                <Told told=findings/>
            </section>
        })}
        <section class="part" aria-label="What it would do">
            <div class="part-head"><h2>"What it would do to real records"</h2></div>
            {(!problem.is_empty()).then(|| view! { <p class="note act">{problem}</p> })}
            {may_look.then(|| view! {
                <ActionForm action=change attr:class="filter">
                    <input type="hidden" name="form[connection]" value=looking/>
                    <input type="hidden" name="form[what]" value="look"/>
                    <div class="field">
                        <label for="look-at">"Read"</label>
                        <select class="select select-sm" id="look-at" name="form[of]">
                            {LOOKS.map(|(value, words)| view! { <option value=value>{words}</option> }).collect_view()}
                        </select>
                    </div>
                    <button class="btn btn-sm" type="submit" disabled=is_running>"See what it would do"</button>
                </ActionForm>
                <p class="hint">
                    "Both sides are read as they are now and nothing is written. With days, the changes of these days are also decided
                    again by the draft. You can leave; it goes on, and what it finds stays here."
                </p>
            })}
            {look.map(|look| view! { <Look look/> })}
        </section>
        <section class="part">
            <div class="part-head"><h2>"Publish"</h2></div>
            <p>
                "Publishing begins a healing run over all "<span class="num">{links}</span>
                " links. It stops and asks before it touches more than "<span class="num">{allowed}</span>
                " of them. Each version stays and can be brought back."
            </p>
            {(!not_yet.is_empty()).then(|| view! { <p class="hint mt-2">{not_yet}</p> })}
            {(may_publish && is_seen).then(|| view! { <Publish id=id.clone() revision is_seen change/> })}
            {(may_publish && !is_seen).then(|| view! {
                <p class="mt-2">{unseen}" Look at it above first."</p>
                <details class="mt-2">
                    <summary>"Publish without looking"</summary>
                    <Publish id revision is_seen change/>
                </details>
            })}
        </section>
    }
}

/// `is_seen`: somebody has looked at what it would do.
#[component]
fn Publish(id: String, revision: i64, is_seen: bool, change: Change) -> impl IntoView {
    let (class, words) =
        if is_seen { ("btn btn-primary", "Publish and heal") } else { ("btn btn-error", "Publish without looking") };
    view! {
        <ActionForm action=change attr:class="form mt-2">
            <input type="hidden" name="form[connection]" value=id/>
            <input type="hidden" name="form[what]" value="publish"/>
            <input type="hidden" name="form[of]" value=revision/>
            {(!is_seen).then(|| view! {
                <input type="hidden" name="form[typed][unseen]" value="yes"/>
                <p class="hint">
                    "The healing run writes what nobody has seen, up to the number above. The audit says that nobody looked.
                    To undo it, bring the version before back under Versions."
                </p>
            })}
            <TextField label="Note" name="form[typed][note]" about="note" required=false hint="Why, for whoever reads the versions later."/>
            <button class=class type="submit">{words}</button>
        </ActionForm>
    }
}

/// Sentences, each behind the rule that it is about.
#[component]
pub fn Told(told: Vec<(String, String)>) -> impl IntoView {
    let lines = told.into_iter().map(|(rule, sentence)| {
        let rule = if rule.is_empty() { "Connection".to_owned() } else { rule };
        view! { <li><span class="font-medium">{rule}</span>" · "{sentence}</li> }
    });
    view! { <ul class="told">{lines.collect_view()}</ul> }
}

#[component]
fn Look(look: MappingLook) -> impl IntoView {
    let MappingLook {
        state,
        is_current,
        begun_by,
        begun,
        links,
        looked,
        touched,
        by_field,
        written,
        waiting,
        replay,
        problem,
    } = look;
    let is_running = state == "running";
    let is_cut_off = state == "cut off";
    let is_quiet = state == "done" && by_field.is_empty();
    view! {
        <div class="mt-3" role="status">
            {(!is_current).then(|| view! { <p class="note">"The draft was changed since this look. Look again to see what it would do now."</p> })}
            {is_cut_off.then(|| view! { <p class="note act">"The look was cut off: the server was stopped meanwhile. Begin it again."</p> })}
            {(!problem.is_empty()).then(|| view! { <p class="note act">"The look broke off. "{problem}</p> })}
            <p>
                <span class="num">{looked}</span>" of "<span class="num">{links}</span>" links read; "
                <strong class="font-semibold">{touched}" would be written to"</strong>
                ". Begun by "{begun_by}" "<Time when=begun/>"."
            </p>
            {is_running.then(|| view! { <progress class="look-progress" max=links value=looked aria-label="Links read"></progress> })}
            {is_quiet.then(|| view! { <p class="text-quiet">"No field of them would change."</p> })}
        </div>
        {(!by_field.is_empty()).then(|| view! {
            <div>
                <table class="table stack max-w-xl">
                    <caption class="sr-only">"By field"</caption>
                    <thead>
                        <tr><th scope="col">"Field"</th><th scope="col">"Would be written"</th><th scope="col">"Would wait for a person"</th></tr>
                    </thead>
                    <tbody>
                        {by_field
                            .into_iter()
                            .map(|(field, written, waiting)| view! {
                                <tr>
                                    <th scope="row">{field}</th>
                                    <td data-label="Would be written" class="num">{written}</td>
                                    <td data-label="Would wait for a person" class="num" class:text-error=(waiting > 0)>{waiting}</td>
                                </tr>
                            })
                            .collect_view()}
                    </tbody>
                </table>
            </div>
        })}
        {(!waiting.is_empty()).then(|| view! {
            <h3 class="story">"Some of what would wait for a person"</h3>
            <Findings findings=waiting caption="Some of what would wait for a person"/>
        })}
        {(!written.is_empty()).then(|| view! {
            <h3 class="story">"Some of what would be written"</h3>
            <Findings findings=written caption="Some of what would be written"/>
        })}
        {replay.map(|replay| view! { <Replay replay/> })}
    }
}

/// The changes of some days, decided again by the draft.
#[component]
fn Replay(replay: MappingReplay) -> impl IntoView {
    let MappingReplay { from, to, reached, is_cut, decided, unknown, by_field, examples } = replay;
    let otherwise: i64 = by_field.iter().map(|(_, count)| count).sum();
    let is_older = reached.as_ref().is_some_and(|reached| is_cut && reached.iso > from.iso);
    let fields: Vec<String> = by_field.into_iter().map(|(field, count)| format!("{field} {count}")).collect();
    view! {
        <h3 class="story">"What it would have made of the changes from "<Time when=from/>" to "<Time when=to/></h3>
        <p>
            <span class="num">{decided}</span>" fields of changes were decided again; "
            <strong class="font-semibold">{otherwise}" would have gone otherwise"</strong>
            {(!fields.is_empty()).then(|| format!(": {}", fields.join(", ")))}"."
        </p>
        {match reached {
            Some(reached) if is_older => {
                view! { <p class="note">"There are more changes than one look decides again: it ends with that of "<Time when=reached/>"."</p> }.into_any()
            }
            Some(reached) => view! { <p class="hint">"The oldest of them is of "<Time when=reached/>"."</p> }.into_any(),
            None => view! { <p class="hint">"No change of these days can be decided again."</p> }.into_any(),
        }}
        <p class="hint">
            {(unknown > 0).then(|| format!("Of {unknown} more, other fields than were kept would decide. "))}
            "Not among them: what was left as it was, new records, what a person chose, very long texts, and changes from before
            this release."
        </p>
        {(!examples.is_empty()).then(|| view! {
            <div class="scroll">
                <table class="table stack">
                    <caption class="sr-only">"Some of what would have gone otherwise"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"When"</th>
                            <th scope="col">"Record"</th>
                            <th scope="col">"Field"</th>
                            <th scope="col">"What was done"</th>
                            <th scope="col">"What the draft would have done"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {examples
                            .into_iter()
                            .map(|row| view! {
                                <tr>
                                    <td><a class="title" href=format!("/history/{}", row.change)><Time when=row.at/></a></td>
                                    <td class="num">{record(row.link, row.reference, row.ticket_id, row.ticket_number)}</td>
                                    <td data-label="Field">{row.field}</td>
                                    <td data-label="What was done" class="half">{row.was}</td>
                                    <td data-label="What the draft would have done" class="half font-medium">{row.would}</td>
                                </tr>
                            })
                            .collect_view()}
                    </tbody>
                </table>
            </div>
        })}
    }
}
