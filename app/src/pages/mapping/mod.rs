//! `/settings/connections/{id}/mappings` and its parts: fields, values, flow, preview, versions. All work on one draft.

mod fields;
mod flow;
mod form;
mod preview;
mod values;
mod versions;

use crate::address::param;
use crate::api::{self, ChangeMapping};
use crate::model::{MappingAsk, MappingPage as Shown, MappingPart};
use crate::ui::follow::Follow;
use crate::ui::loaded::loaded;
use crate::ui::time::Time;
use crate::ui::trouble::{FormTrouble, met};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

/// What all forms of the editor send.
type Change = ServerAction<ChangeMapping>;

const TABS: [(&str, &str); 5] = [
    ("fields", "Fields"),
    ("values", "Values"),
    ("flow", "Flow"),
    ("preview", "Preview and publish"),
    ("versions", "Versions"),
];

#[component]
pub fn MappingPage() -> impl IntoView {
    let ask = asked(param("id"), param("tab"), &use_query_map().read_untracked());
    // An open form keeps what is typed, whoever else works on the draft: it is told by its check.
    let topics = (!is_form(&ask)).then(|| [format!("mapping:{}", ask.connection)]);
    let shown = api::mapping(ask);
    view! {
        {topics.map(|topics| view! { <Follow topics/> })}
        {loaded(shown, |shown| view! { <Found shown/> })}
    }
}

fn is_form(ask: &MappingAsk) -> bool {
    ["edit", "add", "note"].iter().any(|open| ask.query.contains_key(*open))
        || matches!(ask.tab.as_str(), "flow" | "versions")
}

/// What the address says. Names with two underscores are the framework's own.
fn asked(connection: String, tab: String, query: &ParamsMap) -> MappingAsk {
    let tab = if tab.is_empty() { "fields".to_owned() } else { tab };
    let mut ask = MappingAsk { connection, tab, ..MappingAsk::default() };
    for (name, value) in query {
        let inner = name.strip_prefix("form[").and_then(|name| name.strip_suffix(']'));
        match inner {
            Some("seen") => value.clone_into(&mut ask.seen),
            Some(inner) => {
                if let Some(typed) = inner.strip_prefix("typed][") {
                    ask.typed.insert(typed.to_owned(), value.to_owned());
                }
            }
            None if name.starts_with("__") => {}
            None => drop(ask.query.insert(name.to_string(), value.to_owned())),
        }
    }
    ask
}

#[component]
fn Found(shown: Shown) -> impl IntoView {
    let change = Change::new();
    let home = format!("/settings/connections/{}", shown.connection_id);
    let editor = format!("{home}/mappings");
    let trouble = Signal::stored(met(change));
    let tab = shown.tab.clone();
    let tabs = TABS.map(|(name, words)| {
        let href = if name == "fields" { editor.clone() } else { format!("{editor}/{name}") };
        let count = match name {
            "fields" if shown.findings > 0 => format!(" ({} to look at)", shown.findings),
            "preview" => shown.draft.as_ref().map(|draft| format!(" ({})", draft.differences)).unwrap_or_default(),
            _ => String::new(),
        };
        view! { <a href=href aria-current=(name == tab).then_some("page")>{words}{count}</a> }
    });
    let id = shown.connection_id.clone();
    let may_edit = shown.may_edit;
    let part = match shown.part.clone() {
        MappingPart::Fields(fields) => {
            view! { <fields::Fields fields id platform=shown.platform.clone() may_edit change/> }.into_any()
        }
        MappingPart::Values(values) => {
            view! { <values::Values values id platform=shown.platform.clone() may_edit change/> }.into_any()
        }
        MappingPart::Flow(flow) => view! { <flow::Flow flow id may_edit change/> }.into_any(),
        MappingPart::Preview(preview) => view! { <preview::Preview preview=*preview id may_edit change/> }.into_any(),
        MappingPart::Versions(versions) => {
            let now = shown.version;
            let draft_of = shown.draft.as_ref().map(|draft| draft.by.clone());
            view! { <versions::Versions versions id now draft_of may_edit change/> }.into_any()
        }
    };
    view! {
        <Title text=format!("Mappings of {}", shown.connection)/>
        <p class="crumbs"><a class="link" href=home>{shown.connection.clone()}</a></p>
        <h1>"Mappings"</h1>
        <Standing shown change/>
        <nav class="tabs" aria-label="Parts of the mapping">{tabs.collect_view()}</nav>
        <FormTrouble trouble/>
        {part}
    }
}

/// What is in force, and the draft.
#[component]
fn Standing(shown: Shown, change: Change) -> impl IntoView {
    let Shown { connection_id, version, published_by, published, draft, run, unknown, may_edit, .. } = shown;
    let preview = format!("/settings/connections/{connection_id}/mappings/preview");
    let by = (!published_by.is_empty()).then(|| format!(", published by {published_by} "));
    let run = (!run.is_empty()).then(|| format!("/drift/{run}"));
    view! {
        <p class="text-quiet">
            "Version "<span class="num">{version}</span>" is in force"{by}{published.map(|when| view! { <Time when/> })}"."
            {draft.is_none().then_some(" There is no draft: the first edit begins one, and nothing has an effect before it is published.")}
        </p>
        {draft.map(|draft| {
            let revision = draft.revision;
            view! {
                <div class="note flex flex-wrap items-center gap-x-4 gap-y-2">
                    <p>
                        <a class="link" href=preview>"Draft with "{draft.counted()}</a>
                        ", last edited by "{draft.by}" "<Time when=draft.at/>"."
                    </p>
                    {may_edit.then(|| view! {
                        <details>
                            <summary>"Discard"</summary>
                            <ActionForm action=change>
                                <input type="hidden" name="form[connection]" value=connection_id/>
                                <input type="hidden" name="form[what]" value="discard"/>
                                <input type="hidden" name="form[of]" value=revision/>
                                <p class="hint my-1">"The draft is lost for good; save it as a file under Versions to keep it. What is in force stays."</p>
                                <button class="btn btn-sm btn-error" type="submit">"Discard the draft"</button>
                            </ActionForm>
                        </details>
                    })}
                </div>
            }
        })}
        {run.map(|run| view! {
            <p class="note">"A "<a class="link" href=run>"reconcile run"</a>" is not over. Until then nothing can be published."</p>
        })}
        {(!unknown.is_empty()).then(|| view! {
            <p class="note">"The instance's own fields and choices are not known here, so they are not checked. "{unknown}</p>
        })}
    }
}
