//! `/settings/connections/{id}/drift`: reconcile runs of a connection, and when they begin by themselves.

use crate::address::{page_value, param, query_page, with_query};
use crate::api::{self, BeginBackfill, BeginRun, SaveDrift};
use crate::model::{DriftPage as Shown, DriftSettings, RunRow};
use crate::ui::field::{SelectField, TextField};
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::pager::Pager;
use crate::ui::state::{State, Tone};
use crate::ui::time::{MaybeTime, Time};
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn DriftPage() -> impl IntoView {
    let shown = api::drift(param("id"), query_page());
    view! { <Follow topics=["drift".to_owned()]/>{loaded(shown, |shown| view! { <Found shown/> })} }
}

#[component]
fn Found(shown: Shown) -> impl IntoView {
    let Shown { connection_id, connection, settings, runs, total, page, pages } = shown;
    let home = format!("/settings/connections/{connection_id}");
    let address = move |page: i64| {
        with_query(&format!("/settings/connections/{connection_id}/drift"), &[("page", &page_value(page))])
    };
    view! {
        <Title text=format!("Drift of {connection}")/>
        <p class="crumbs"><a class="link" href=home>{connection}</a></p>
        <h1>"Drift"</h1>
        <p class="hint mb-3">
            "A reconcile run looks at every link, and at every record without one, for differences that no change explains:
            a webhook that was lost, an edit that left no time stamp. A dry run writes nothing; a healing run repairs what it finds."
        </p>
        <Begin connection=settings.connection.clone()/>
        <Backfill connection=settings.connection.clone()/>
        {if runs.is_empty() {
            view! { <p class="empty">"No run yet. The first one says how many links differ, and in which fields."</p> }.into_any()
        } else {
            view! { <Runs runs/> }.into_any()
        }}
        <Pager total page pages what=("run", "runs") address/>
        <Settings settings/>
    }
}

#[component]
fn Begin(connection: String) -> impl IntoView {
    let begin = ServerAction::<BeginRun>::new();
    let trouble = Signal::stored(met(begin));
    view! {
        <ActionForm action=begin attr:class="flex flex-wrap gap-2 mb-4">
            <input type="hidden" name="connection" value=connection/>
            <button class="btn btn-sm btn-primary" type="submit" name="how" value="dry">"Look for drift"</button>
            <button class="btn btn-sm" type="submit" name="how" value="healing">"Find and heal"</button>
        </ActionForm>
        <FormTrouble trouble/>
    }
}

/// Records from before the connection.
#[component]
fn Backfill(connection: String) -> impl IntoView {
    let begin = ServerAction::<BeginBackfill>::new();
    let trouble = Signal::stored(met(begin));
    view! {
        <section class="part">
            <h2>"Older records"</h2>
            <ActionForm action=begin attr:class="form">
                <input type="hidden" name="connection" value=connection/>
                <TextField label="Pull records since" name="day" kind="date" trouble
                    hint="Records of ServiceNow without a ticket, made since that day (or updated, if the connection pulls by update), enter
                    with all their comments, notes and files, if the entry filter lets them in."/>
                <button class="btn btn-sm" type="submit">"Pull older records"</button>
            </ActionForm>
            <FormTrouble trouble/>
        </section>
    }
}

#[component]
fn Runs(runs: Vec<RunRow>) -> impl IntoView {
    view! {
        <div class="scroll">
            <table class="table stack">
                <caption class="sr-only">"Reconcile runs, the newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Begun"</th>
                        <th scope="col">"Kind"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="text-right">"Looked at"</th>
                        <th scope="col" class="text-right">"Differing links"</th>
                        <th scope="col" class="text-right">"Differences"</th>
                        <th scope="col">"Ended"</th>
                        <th scope="col">"By"</th>
                    </tr>
                </thead>
                <tbody>
                    {runs
                        .into_iter()
                        .map(|run| {
                            view! {
                                <tr>
                                    <td><a class="name" href=format!("/drift/{}", run.id)><Time when=run.begun/></a></td>
                                    <td data-label="Kind">{run.kind}</td>
                                    <td><RunState state=run.state/></td>
                                    <td class="num text-right" data-label="Looked at">{run.looked}</td>
                                    <td class="num text-right" data-label="Differing links">{run.touched}</td>
                                    <td class="num text-right" data-label="Differences">{run.differences}</td>
                                    <td class="text-quiet" data-label="Ended"><MaybeTime when=run.ended never="not yet"/></td>
                                    <td class="whitespace-nowrap" data-label="By">{run.begun_by}</td>
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
pub fn RunState(state: String) -> impl IntoView {
    let (tone, word) = match state.as_str() {
        "running" => (Tone::Busy, "Running"),
        "stopped" => (Tone::Act, "Stopped"),
        "cancelled" => (Tone::Calm, "Cancelled"),
        _ => (Tone::Calm, "Done"),
    };
    view! { <State tone word/> }
}

#[component]
fn Settings(settings: DriftSettings) -> impl IntoView {
    let save = ServerAction::<SaveDrift>::new();
    let trouble = Signal::stored(met(save));
    let DriftSettings { connection, every_minutes, heals, share, least } = settings;
    let mut every: Vec<(String, String)> = [
        ("0", "Never"),
        ("60", "Every hour"),
        ("360", "Every 6 hours"),
        ("1440", "Every day"),
        ("10080", "Every week"),
    ]
    .map(|(minutes, word)| (minutes.to_owned(), word.to_owned()))
    .into();
    let now = every_minutes.to_string();
    if every.iter().all(|(minutes, _)| *minutes != now) {
        every.push((now.clone(), format!("Every {now} minutes")));
    }
    let how = if heals { "true" } else { "false" };
    let kinds = [("false", "Dry: only say what differs"), ("true", "Healing: repair it")]
        .map(|(value, word)| (value.to_owned(), word.to_owned()))
        .to_vec();
    view! {
        <section class="part">
            <h2>"By itself"</h2>
            <ActionForm action=save attr:class="form">
                <input type="hidden" name="form[connection]" value=connection/>
                <SelectField label="Look for drift" name="form[every_minutes]" value=now options=every/>
                <SelectField label="Kind" name="form[heals]" value=how.to_owned() options=kinds/>
                <TextField label="Ask a person beyond this share of the links (percent)" name="form[share]" kind="number"
                    value=share.to_string() about="share" trouble
                    hint="A healing run that would touch more is stopped before it writes the rest."/>
                <TextField label="But never for fewer links than" name="form[least]" kind="number" value=least.to_string()/>
                <button class="btn btn-sm btn-primary" type="submit">"Save"</button>
            </ActionForm>
            <FormTrouble trouble/>
        </section>
    }
}
