//! What ServiceNow says is installed, record by record, beside what would be installed now.

use super::Checked;
use crate::model::{KitCheck, PieceCheck, PieceDifference, PieceStanding};
use crate::ui::state::{State, Tone};
use crate::ui::time::Time;
use crate::ui::trouble::TroubleBox;
use leptos::prelude::*;

#[component]
pub fn Check(home: String, is_draft: bool, checked: Checked) -> impl IntoView {
    let about = match (&checked, is_draft) {
        (_, true) => "Authorize the connection first: this reads ServiceNow with its token.",
        (None, _) => "Reads every record back with this connection's own token, and changes nothing.",
        _ => "",
    };
    view! {
        <section class="part" id="installed">
            <div class="part-head">
                <h2>"What is installed"</h2>
                {(!is_draft)
                    .then(|| view! {
                        <form method="get" action=format!("{home}/servicenow")>
                            <input type="hidden" name="check" value="1"/>
                            <button class="btn btn-sm" type="submit">"Check what is installed"</button>
                        </form>
                    })}
            </div>
            {(!about.is_empty()).then(|| view! { <p class="text-quiet">{about}</p> })}
            {checked
                .map(|checked| match checked {
                    Ok(check) => view! { <Found check/> }.into_any(),
                    Err(trouble) => view! { <TroubleBox trouble/> }.into_any(),
                })}
        </section>
    }
}

#[component]
fn Found(check: KitCheck) -> impl IntoView {
    let (same, others): (Vec<_>, Vec<_>) =
        check.pieces.into_iter().partition(|piece| piece.standing == PieceStanding::Same);
    let all = same.len() + others.len();
    let summary = if others.is_empty() {
        format!("All {all} records are installed, and the same.")
    } else {
        format!("{} of {all} records are installed, and the same.", same.len())
    };
    view! {
        <p class="text-quiet" role="status">"Read "<Time when=check.at/>". "{summary}</p>
        <ul class="checks mt-2">{others.into_iter().map(|piece| view! { <Piece piece/> }).collect_view()}</ul>
        {(!same.is_empty())
            .then(|| view! {
                <details class="mt-3">
                    <summary>"Those that are the same"</summary>
                    <ul class="checks mt-2">{same.into_iter().map(|piece| view! { <Piece piece/> }).collect_view()}</ul>
                </details>
            })}
    }
}

/// What may be left out needs nobody.
fn state(piece: &PieceCheck) -> (Tone, &'static str) {
    let act = if piece.is_optional { Tone::Next } else { Tone::Act };
    match piece.standing {
        PieceStanding::Same => (Tone::Calm, "Same"),
        PieceStanding::Differs => (act, "Differs"),
        PieceStanding::Off => (act, "Off"),
        PieceStanding::Missing if piece.is_optional => (Tone::Busy, "Left out"),
        PieceStanding::Missing => (Tone::Act, "Missing"),
        PieceStanding::Unknown => (Tone::Busy, "Unknown"),
    }
}

#[component]
fn Piece(piece: PieceCheck) -> impl IntoView {
    let (tone, word) = state(&piece);
    let optional = piece.is_optional.then_some(" (may be left out)");
    view! {
        <li>
            <State tone word/>
            <div class="min-w-0">
                <p class="font-medium break-words">{piece.kind}": "{piece.name}{optional}</p>
                <p>{piece.what}</p>
                {(!piece.what_to_do.is_empty())
                    .then(|| view! { <p><span class="font-medium">"What to do: "</span>{piece.what_to_do}</p> })}
                {piece.differences.into_iter().map(|difference| view! { <Difference difference/> }).collect_view()}
            </div>
        </li>
    }
}

#[component]
fn Difference(difference: PieceDifference) -> impl IntoView {
    let PieceDifference { field, is_secret, there, wanted } = difference;
    if is_secret {
        return view! { <p>{field}": another one than Isthmus has. Neither is shown."</p> }.into_any();
    }
    let is_long = [&there, &wanted].into_iter().any(|text| text.contains('\n') || text.len() > 200);
    if is_long {
        view! {
            <details class="mt-1">
                <summary>{field.clone()}", as it is there"</summary>
                <pre class="script" tabindex="0"><code>{there}</code></pre>
            </details>
            <details class="mt-1">
                <summary>{field}", as it should be"</summary>
                <pre class="script" tabindex="0"><code>{wanted}</code></pre>
            </details>
        }
        .into_any()
    } else {
        let shown = |text: String| if text.is_empty() { "nothing".to_owned() } else { text };
        view! {
            <p class="break-words">{field}": there "<code>{shown(there)}</code>", should be "<code>{shown(wanted)}</code></p>
        }
        .into_any()
    }
}
