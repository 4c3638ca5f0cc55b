//! Every version that was in force: the difference of two, one brought back, and the mapping as a file.

use super::Change;
use super::preview::Told;
use crate::address::{page_value, with_query};
use crate::api::MAPPING_FORM;
use crate::error::Trouble;
use crate::model::{MappingVersion, MappingVersions};
use crate::ui::field::labelled;
use crate::ui::pager::Pager;
use crate::ui::time::MaybeTime;
use crate::ui::trouble::FormTrouble;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos::server::ServerActionError;
use leptos::server_fn::error::ServerFnUrlError;

#[component]
pub fn Versions(
    versions: MappingVersions,
    id: String,
    /// The version in force.
    now: i64,
    /// Who edited the draft last, if there is one.
    draft_of: Option<String>,
    may_edit: bool,
    change: Change,
) -> impl IntoView {
    let MappingVersions { rows, total, page, pages, from, to, differences } = versions;
    let here = format!("/settings/connections/{id}/mappings/versions");
    let file = format!("/settings/connections/{id}/mapping.json");
    let numbers: Vec<i64> = rows.iter().map(|row| row.version).collect();
    let is_same = differences.is_empty();
    let replaced = draft_of.clone();
    let address = {
        let here = here.clone();
        move |page: i64| with_query(&here, &[("page", &page_value(page))])
    };
    let place = file.clone();
    view! {
        <section class="part">
            <div class="part-head"><h2>"Versions"</h2></div>
            <p class="hint mb-2">
                "Bringing one back puts it into the draft"
                {replaced.map(|who| format!(", in place of the one that {who} edited last"))}
                ": you see what it would do before you publish it as a new version."
            </p>
            {may_edit.then(|| view! {
                <ActionForm action=change attr:id="bring-back">
                    <input type="hidden" name="form[connection]" value=id.clone()/>
                    <input type="hidden" name="form[what]" value="version"/>
                </ActionForm>
            })}
            <div class="scroll">
                <table class="table stack max-w-5xl">
                    <caption class="sr-only">"Versions"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Version"</th>
                            <th scope="col">"Published"</th>
                            <th scope="col">"By"</th>
                            <th scope="col">"Note"</th>
                            <th scope="col"><span class="sr-only">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        {rows.into_iter().map(|row| view! { <Row row now file=place.clone() may_edit/> }).collect_view()}
                    </tbody>
                </table>
            </div>
            <Pager total page pages what=("version", "versions") address/>
        </section>
        <section class="part" id="difference">
            <div class="part-head"><h2>"Difference"</h2></div>
            <form method="get" action=format!("{here}#difference") class="filter">
                <Pick label="From" name="from" numbers=numbers.clone() chosen=from/>
                <Pick label="To" name="to" numbers chosen=to/>
                <button class="btn btn-sm" type="submit">"Compare"</button>
            </form>
            {is_same.then(|| view! { <p class="text-quiet">"Version "{from}" and version "{to}" say the same."</p> })}
            <Told told=differences/>
        </section>
        <File file may_edit/>
    }
}

#[component]
fn Row(row: MappingVersion, now: i64, file: String, may_edit: bool) -> impl IntoView {
    let MappingVersion { version, by, at, note } = row;
    let is_now = version == now;
    view! {
        <tr>
            <th scope="row" class="num">{version}{is_now.then(|| view! { <span class="text-quiet font-normal">" in force"</span> })}</th>
            <td data-label="Published"><MaybeTime when=at never="with the connection"/></td>
            <td data-label="By">{by}</td>
            <td data-label="Note" class="wide">{note}</td>
            <td class="whitespace-nowrap">
                <span class="flex items-center gap-3">
                    // Not a page of the console: the browser fetches it.
                    <a class="link" href=format!("{file}?version={version}") download>
                        "Save"<span class="sr-only">" version "{version}" as a file"</span>
                    </a>
                    {(may_edit && !is_now).then(|| view! {
                        <button class="btn btn-sm" type="submit" form="bring-back" name="form[of]" value=version>
                            "Bring back"<span class="sr-only">" version "{version}</span>
                        </button>
                    })}
                </span>
            </td>
        </tr>
    }
}

#[component]
fn Pick(label: &'static str, name: &'static str, mut numbers: Vec<i64>, chosen: i64) -> impl IntoView {
    if !numbers.contains(&chosen) {
        numbers.push(chosen);
    }
    let id = format!("compare-{name}");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select class="select select-sm" id=id name=name>
                {numbers.into_iter().map(|number| view! { <option value=number selected=number == chosen>"Version "{number}</option> }).collect_view()}
            </select>
        </div>
    }
}

/// The form is a plain one: the browser itself sends the file and comes back to this page.
#[component]
fn File(file: String, may_edit: bool) -> impl IntoView {
    let told = use_context::<ServerActionError>().filter(|told| told.path() == MAPPING_FORM);
    let trouble = told.map(|told| ServerFnUrlError::<Trouble>::decode_err(told.err()));
    let trouble = Signal::stored(trouble);
    let action = file.clone();
    view! {
        <section class="part">
            <div class="part-head">
                <h2>"As a file"</h2>
                <a class="btn btn-sm" href=file download>"Save the mapping as a file"</a>
            </div>
            <p class="hint">"All of it as JSON: the draft, or what is in force where there is none."</p>
            {may_edit.then(|| view! {
                <form method="post" action=action enctype="multipart/form-data" class="form mt-3">
                    <FormTrouble trouble/>
                    {labelled("Take a file in", "file".into(), "It becomes the draft, in place of the one there is. Nothing is published by it.", trouble, |tied| {
                        view! {
                            <input class="file-input" type="file" id=tied.id name="file" accept=".json,application/json" required
                                aria-describedby=tied.described_by aria-invalid=tied.invalid/>
                        }
                    })}
                    <button class="btn btn-sm justify-self-start" type="submit">"Take it in"</button>
                </form>
            })}
        </section>
    }
}
