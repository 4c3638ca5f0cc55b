//! `/design`: every part that pages are made of, in each of its states, with one line on when to use it. The parts
//! themselves, not copies: what is wrong with one is seen here first, in light and dark, wide and narrow.

use crate::error::Trouble;
use crate::model::{Beat, ConnectionState, When};
use crate::ui::count::counted;
use crate::ui::countdown::Countdown;
use crate::ui::field::{SelectField, TextField, labelled};
use crate::ui::filter::{ConnectionChoice, FilterForm};
use crate::ui::icon::{CONFLICTS, CONNECTIONS, FAILURES, HISTORY, Icon, Mark, OVERVIEW, TICKETS};
use crate::ui::news::News;
use crate::ui::pager::Pager;
use crate::ui::pulse::Pulse;
use crate::ui::reference::Reference;
use crate::ui::state::{ConnectionBadge, LinkState, State, Tone};
use crate::ui::time::{MaybeTime, Time};
use crate::ui::trouble::{ErrorCode, FormTrouble, TroubleBox};
use leptos::prelude::*;
use leptos_meta::Title;

const HERE: &str = "/design";

#[component]
pub fn DesignPage() -> impl IntoView {
    view! {
        <Title text="Parts of the console"/>
        <h1>"Parts of the console"</h1>
        <p class="hint mb-3">
            "Everything that the pages are made of, with made-up content: no record of yours is on this page. It follows the
            light or dark of your system. Colour answers one question: must somebody act?"
        </p>
        <Standing/>
        <Telling/>
        <Forms/>
        <Lists/>
        <Numbers/>
    }
}

/// One part: its name, when to use it, and all its states.
#[component]
fn Part(name: &'static str, when: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="part">
            <div class="part-head"><h2>{name}</h2><p class="hint">{when}</p></div>
            {children()}
        </section>
    }
}

fn moment() -> When {
    When { iso: "2026-11-21T09:02:10Z".to_owned(), text: "21 Nov 09:02:10".to_owned() }
}

fn trouble(field: &str) -> Trouble {
    Trouble::new(
        "FORM-MISSING",
        "The title is missing.",
        "A ticket is found by its title.",
        "Type a few words that say what it is about.",
    )
    .about(field)
}

#[component]
fn Standing() -> impl IntoView {
    use ConnectionState::{Active, Disconnected, Draft, Held, Paused};
    let links = ["in sync", "waiting", "unlinked", "partner gone", "needs you"];
    view! {
        <Part name="State" when="How a thing stands, in a dot and a word. Never by colour alone.">
            <p class="specimens">
                <State tone=Tone::Calm word="Calm: nothing to do"/>
                <State tone=Tone::Busy word="Busy: it moves, or rests on purpose"/>
                <State tone=Tone::Next word="Next: a step waits for a person"/>
                <State tone=Tone::Act word="Act: a person must act"/>
            </p>
        </Part>
        <Part name="State of a connection" when="Beside the name of a connection.">
            <p class="specimens">
                {[Draft, Active, Paused, Held, Disconnected].map(|state| view! { <ConnectionBadge state/> }).collect_view()}
            </p>
        </Part>
        <Part name="State of a link" when="Beside a record and its ticket.">
            <p class="specimens">{links.map(|state| view! { <LinkState state=state.to_owned()/> }).collect_view()}</p>
        </Part>
        <Part name="Countdown" when="How long an access lasts. Warns from 14 days on.">
            <p class="specimens">
                {[None, Some(-1), Some(0), Some(1), Some(7), Some(14), Some(90)].map(|days| view! { <Countdown days/> }).collect_view()}
            </p>
        </Part>
        <Part name="Badge" when="A fact beside a name that a reader must not overlook.">
            <p class="specimens"><span class="badge badge-sm">"Desk owns it"</span></p>
        </Part>
        <Part name="Steps" when="A journey that can be left: what is done, where one is, what is to come.">
            <ol class="wizard">
                <li class="wizard-step done"><a href=HERE><span class="wizard-number" aria-hidden="true">"✓"</span>"Instance"</a></li>
                <li class="wizard-step" aria-current="step"><span class="wizard-here"><span class="wizard-number">"2"</span>"Capability"</span></li>
                <li class="wizard-step"><span class="wizard-here"><span class="wizard-number">"3"</span>"Authorization"</span></li>
            </ol>
        </Part>
        <Part name="Progress" when="Long work that shows how far it is and can be left.">
            <progress class="look-progress" max="50" value="20" aria-label="20 of 50 links read"></progress>
        </Part>
    }
}

#[component]
fn Telling() -> impl IntoView {
    view! {
        <Part name="Trouble" when="What happened, why, what to do; the code leads to its page of the catalogue.">
            <div class="max-w-2xl"><TroubleBox trouble=trouble("")/></div>
            <p class="mt-2">"The code alone, in a list: "<ErrorCode code="CONN-HTML".to_owned()/></p>
        </Part>
        <Part name="Note" when="A sentence beside the thing that it is about.">
            <p class="note">"A step waits: the draft was changed since this look."</p>
            <p class="note act">"Somebody must act: the access has ended."</p>
            <p class="note done">"It is done: ServiceNow's value was taken for 3 records."</p>
        </Part>
        <Part name="Status line" when="Beside a button: what it is doing, and that it is done. There are no pop-ups that vanish unread.">
            <p class="specimens">
                <button class="btn btn-sm btn-primary" type="button">"Save"</button>
                <span role="status" class="text-quiet">"Saved."</span>
                <span class="text-quiet" aria-busy="true">"Asking ServiceNow…"</span>
            </p>
        </Part>
        <Part name="Empty state" when="In place of an empty list: what would be here, or the next step.">
            <p class="empty">"Nothing failed. A refused write would wait here, with its cause and what to do."</p>
        </Part>
        <Part name="Next step" when="One thing that a person should do before all others.">
            <div class="next-step">
                <p>"The connection is authorized. Choose what enters."</p>
                <p><a class="btn btn-primary" href=HERE>"Choose what to sync"</a></p>
            </div>
        </Part>
        <Part name="Findings" when="What is wrong with a rule or a row, at its place.">
            <ul class="findings"><li>"The choice \"On Hold\" (3) has no row: its records would wait for a person."</li></ul>
        </Part>
        <Part name="Moved words" when="What left and what came, in a text that changed.">
            <p class="value">"VPN drops "<del>"every hour"</del>" "<ins><mark class="value">"every night"</mark></ins>" in Berlin"</p>
        </Part>
    }
}

#[component]
fn Forms() -> impl IntoView {
    let wrong = Signal::stored(Some(trouble("design-wrong")));
    let quiet = Signal::stored(None::<Trouble>);
    let options = [("new", "New"), ("progress", "In Progress"), ("closed", "Closed")]
        .map(|(value, words)| (value.to_owned(), words.to_owned()))
        .to_vec();
    view! {
        <Part name="Buttons" when="One primary act a form. Red for what cannot be undone, with a sentence on what it does.">
            <p class="specimens">
                <button class="btn btn-primary" type="button">"Publish and heal"</button>
                <button class="btn" type="button">"Preview"</button>
                <button class="btn btn-sm" type="button">"Retry all"</button>
                <button class="btn btn-sm btn-ghost" type="button">"Clear"</button>
                <button class="btn btn-sm btn-error" type="button">"Discard the draft"</button>
                <button class="btn btn-sm" type="button" disabled>"Not now"</button>
                <a class="link" href=HERE>"A link goes somewhere"</a>
            </p>
        </Part>
        <Part name="Fields" when="A label above, a hint below; what is wrong stands at the field and in the box above the form.">
            <div class="form">
                <FormTrouble trouble=wrong/>
                <TextField label="Name" name="design-name" value="Practice".to_owned() hint="How this connection is called here."/>
                <TextField label="Title" name="design-wrong" trouble=wrong hint="A few words."/>
                <SelectField label="Status" name="design-status" value="progress".to_owned() options/>
                {labelled("Description", "design-description".to_owned(), "", quiet, |tied| view! {
                    <textarea class="textarea" id=tied.id rows="2" aria-describedby=tied.described_by>"As told on the phone."</textarea>
                })}
                {labelled("File", "design-file".to_owned(), "Up to 20 MiB.", quiet, |tied| view! {
                    <input class="file-input" type="file" id=tied.id aria-describedby=tied.described_by/>
                })}
            </div>
        </Part>
        <Part name="Choices" when="One of a few, each with what it means.">
            <fieldset class="choices">
                <legend>"Records from before"</legend>
                <label class="choice"><input type="radio" name="design-choice" checked/><span>"From now on: only records made since then enter."</span></label>
                <label class="choice"><input type="radio" name="design-choice"/><span>"Also older ones, once they change."</span></label>
                <label class="choice"><input type="radio" name="design-choice" disabled/><span>"Not available yet."</span></label>
            </fieldset>
        </Part>
        <Part name="More of it" when="What is seldom needed is folded away.">
            <details><summary>"The OAuth client has another ID or secret"</summary><p class="hint">"Here it is."</p></details>
        </Part>
        <Part name="Keys" when="What can be done without a mouse, named where it is done.">
            <p class="specimens"><span><kbd>"j"</kbd>" "<kbd>"k"</kbd>" next and previous"</span><span><kbd>"Enter"</kbd>" save"</span></p>
        </Part>
    }
}

#[component]
fn Lists() -> impl IntoView {
    let connections = vec![("a".to_owned(), "Practice".to_owned()), ("b".to_owned(), "Berlin".to_owned())];
    let address = |page: i64| format!("{HERE}?page={page}");
    let rows = [
        ("INC0010001", "VPN drops every hour in Berlin", Tone::Calm, "In sync"),
        ("INC0010002", "Payslip for October is missing", Tone::Act, "Needs you"),
    ];
    view! {
        <Part name="Tabs" when="Parts of one thing, each with an address of its own.">
            <nav class="tabs" aria-label="Tabs, shown">
                <a href=HERE aria-current="page">"Fields"</a><a href=HERE>"Values"</a><a href=HERE>"Preview and publish (3)"</a>
            </nav>
        </Part>
        <Part name="Filter" when="Above a list. All of it is in the address; a choice acts at once.">
            <FilterForm path=HERE>
                <ConnectionChoice connections connection="b"/>
                <button class="btn btn-sm" type="submit">"Filter"</button>
            </FilterForm>
        </Part>
        <Part name="News" when="What came since a list was made; it is shown when the reader asks for it.">
            <News count=3 most=50 what=("change", "changes") here=HERE.to_owned() newest=String::new()/>
        </Part>
        <Part name="Table" when="Rows that are compared. On a narrow screen each row becomes a block.">
            <div class="scroll">
                <table class="table stack">
                    <caption class="sr-only">"Records, shown"</caption>
                    <thead>
                        <tr><th scope="col">"Record"</th><th scope="col">"Title"</th><th scope="col">"Changed"</th><th scope="col">"State"</th></tr>
                    </thead>
                    <tbody>
                        {rows
                            .map(|(number, title, tone, word)| view! {
                                <tr>
                                    <td class="num"><Reference number=number.to_owned() address=HERE.to_owned()/></td>
                                    <td class="wide"><a class="title" href=HERE>{title}</a></td>
                                    <td class="text-quiet" data-label="Changed"><Time when=moment()/></td>
                                    <td><State tone word/></td>
                                </tr>
                            })
                            .collect_view()}
                    </tbody>
                </table>
            </div>
        </Part>
        <Part name="Pager" when="Where in a long list the reader is.">
            <Pager total=2 page=1 pages=1 what=("record", "records") address/>
            <Pager total=5000 page=2 pages=100 what=("record", "records") address/>
        </Part>
        <Part name="Facts" when="What is known of one thing.">
            <dl class="facts">
                <div><dt>"Record"</dt><dd><Reference number="INC0010001".to_owned() address=HERE.to_owned()/></dd></div>
                <div><dt>"Record without a page"</dt><dd><Reference number="INC0010002".to_owned() address=String::new()/></dd></div>
                <div><dt>"Begun"</dt><dd><Time when=moment()/></dd></div>
                <div><dt>"Ended"</dt><dd><MaybeTime when=None never="not yet"/></dd></div>
            </dl>
        </Part>
        <Part name="In order" when="What happened, step by step.">
            <ol class="steps-list">
                <li><Time when=moment()/><span>"ServiceNow's business rule told of a change."</span></li>
                <li><Time when=moment()/><span>"Both sides were read and the merge decided."</span></li>
            </ol>
        </Part>
        <Part name="To copy" when="What goes elsewhere letter by letter.">
            <p><code class="copy">"https://isthmus.example.com/oauth/callback"</code></p>
            <pre class="script mt-2" tabindex="0">"gs.info('one record of the kit');"</pre>
        </Part>
    }
}

#[component]
fn Numbers() -> impl IntoView {
    let beats = (0..24).map(|hours_ago: i64| {
        let writes = (hours_ago * 7) % 19;
        Beat { hours_ago, writes, average_ms: 300 + writes * 40, slowest_ms: 4_000 }
    });
    let beats: Vec<Beat> = beats.collect();
    let icons = [OVERVIEW, TICKETS, CONFLICTS, FAILURES, HISTORY, CONNECTIONS];
    view! {
        <Part name="Counts" when="Each leads to its list. Red only where somebody must act.">
            <dl class="counts">
                <div><dt>"In sync"</dt><dd><a href=HERE>{counted(4987)}</a></dd></div>
                <div><dt>"Waiting"</dt><dd><a href=HERE>{counted(0)}</a></dd></div>
                <div class="act"><dt>"Failing"</dt><dd><a href=HERE>{counted(13)}</a></dd></div>
                <div><dt>"Many"</dt><dd><a href=HERE>{counted(100_000)}</a></dd></div>
            </dl>
        </Part>
        <Part name="Charts of the last day" when="How much was written, and how long after the news of it. The words say what the bars show.">
            <Pulse beats/>
            <Pulse beats=Vec::new()/>
        </Part>
        <Part name="Times" when="In the reader's zone; the exact UTC on hover and for programs.">
            <p class="specimens"><Time when=moment()/><MaybeTime when=None/></p>
        </Part>
        <Part name="Mark and icons" when="Decoration only: words stand beside them.">
            <p class="specimens"><Mark/>{icons.map(|path| view! { <Icon path/> }).collect_view()}</p>
        </Part>
    }
}
