//! The set-up as three steps, each with how it stands and what to do while it is missing. Follows the server: the last
//! one is done in the moment in which the first signed webhook arrives.

use crate::model::{KitCheck, PieceStanding, SetupSteps};
use crate::ui::state::{State, Tone};
use crate::ui::time::Time;
use leptos::prelude::*;

#[component]
pub fn Steps(steps: SetupSteps, found: Option<KitCheck>, table: String) -> impl IntoView {
    let is_there = found.as_ref().is_some_and(is_complete);
    let arrived = steps.last_signed.is_some();
    view! {
        <section class="part">
            <h2>"Steps"</h2>
            <ol class="checks mt-2">
                <Brought steps=steps.clone() is_there/>
                <Committed found arrived/>
                <Arrived steps table/>
            </ol>
        </section>
    }
}

/// Whether everything that is needed is there and does something.
fn is_complete(found: &KitCheck) -> bool {
    let needed = found.pieces.iter().filter(|piece| !piece.is_optional);
    needed.into_iter().all(|piece| piece.standing == PieceStanding::Same)
}

fn step(tone: Tone, word: &'static str, title: &'static str, rest: impl IntoView) -> impl IntoView {
    view! {
        <li>
            <State tone word/>
            <div class="min-w-0"><p class="font-medium">{title}</p>{rest}</div>
        </li>
    }
}

#[component]
fn Brought(steps: SetupSteps, is_there: bool) -> impl IntoView {
    let title = "Download the update set";
    match (steps.fetched, steps.written) {
        (Some(at), _) => {
            let rest = view! { <p>"Downloaded "<Time when=at/>". If rules or name of the connection changed since, download it again."</p> };
            step(Tone::Calm, "Done", title, rest).into_any()
        }
        (None, Some(at)) => {
            let rest =
                view! { <p>"Not needed: this connection's own account wrote the records "<Time when=at/>"."</p> };
            step(Tone::Calm, "Done", title, rest).into_any()
        }
        (None, None) if is_there => {
            step(Tone::Calm, "Done", title, view! { <p>"Not needed: everything is there."</p> }).into_any()
        }
        (None, None) => {
            let rest = view! {
                <p>"Nobody has yet. The link is below, at \"By file\"; or make the records by hand."</p>
            };
            step(Tone::Next, "Next", title, rest).into_any()
        }
    }
}

#[component]
fn Committed(found: Option<KitCheck>, arrived: bool) -> impl IntoView {
    let title = "Import and commit it in ServiceNow";
    let Some(found) = found else {
        let rest = if arrived {
            "Something there sends. Press \"Check what is installed\" to see whether it is all there and up to date."
        } else {
            "Not looked at. Press \"Check what is installed\" when it is done."
        };
        return step(Tone::Next, "To check", title, view! { <p>{rest}</p> }).into_any();
    };
    let count = |standing: PieceStanding| {
        found.pieces.iter().filter(|piece| !piece.is_optional && piece.standing == standing).count()
    };
    let needed = found.pieces.iter().filter(|piece| !piece.is_optional).count();
    if is_complete(&found) {
        return step(
            Tone::Calm,
            "Done",
            title,
            view! { <p>"All "{needed}" records that are needed are there, as they should be."</p> },
        )
        .into_any();
    }
    let unknown = count(PieceStanding::Unknown);
    if unknown == needed {
        let rest = view! {
            <p>
                "This connection's account may not see these records, so whether they are there is not known. The next step
                shows whether they work; or let an administrator of ServiceNow look whether the set's state is Committed."
            </p>
        };
        return step(Tone::Busy, "Unknown", title, rest).into_any();
    }
    let parts = [
        (count(PieceStanding::Missing), "missing"),
        (count(PieceStanding::Differs), "otherwise than here"),
        (count(PieceStanding::Off), "switched off"),
        (unknown, "not to be seen"),
    ];
    let parts: Vec<_> =
        parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let (tone, word) =
        if unknown + count(PieceStanding::Same) == needed { (Tone::Busy, "Unknown") } else { (Tone::Act, "Not yet") };
    let rest = view! {
        <p>{format!("Of {needed} records that are needed: {}. What to do stands with each, below.", parts.join(", "))}</p>
    };
    step(tone, word, title, rest).into_any()
}

#[component]
fn Arrived(steps: SetupSteps, table: String) -> impl IntoView {
    let title = "The first signed webhook arrives";
    if let Some(at) = steps.last_signed {
        return step(
            Tone::Calm,
            "Done",
            title,
            view! { <p>"The last one that was signed with the present secret came "<Time when=at/>"."</p> },
        )
        .into_any();
    }
    let rest = view! {
        <p>
            "None yet with the present secret. Change a record of "<code>{table}</code>" in ServiceNow; this line changes by itself within a minute.
            If it does not:"
        </p>
        <ul class="list-disc pl-5">
            <li>"All > System Logs > System Log > All, lines of Isthmus: 401 there means that another secret is installed; import again."</li>
            <li>"No line there: a record of the kit is missing or switched off. Check what is installed."</li>
            <li>"A connection or host problem there: the instance does not reach this server. See \"Network\" in the guide."</li>
        </ul>
        <p>"Nothing is lost meanwhile: polling finds every change."</p>
    };
    step(Tone::Next, "Waiting", title, rest).into_any()
}
