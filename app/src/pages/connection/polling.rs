//! The proof that nothing was missed: of each stream, from when to when it is certain, and what polling found that no
//! webhook had told of. Beside it, what polling alone cannot do.

use super::Shown;
use crate::address::with_query;
use crate::model::{Reading, StreamRow};
use crate::ui::count::counted;
use crate::ui::state::{State, Tone};
use crate::ui::time::MaybeTime;
use leptos::prelude::*;

#[component]
pub fn Polling(shown: Shown) -> impl IntoView {
    let (id, polling) = shown.with_value(|page| (page.row.id.clone(), page.polling.clone()));
    let told = shown.with_value(|page| page.last_webhook.is_some());
    let found = with_query("/history", &[("connection", &id), ("found", "polling")]);
    let drift = format!("/settings/connections/{id}/drift");
    let pauses = pauses(polling.shortest_ms, polling.longest_ms);
    view! {
        <section class="part">
            <div class="part-head">
                <h2>"What polling is certain of"</h2>
            </div>
            <p class="hint mb-3">
                "Each side is asked what changed, again "{pauses.clone()}": soon after something was found, later while it is quiet or
                while webhooks tell of everything, and no more often than ServiceNow's rate limit has room for."
            </p>
            <div class="scroll">
                <table class="table stack">
                    <caption class="sr-only">"From when to when each stream of changes was seen without a gap"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Changes of"</th>
                            <th scope="col">"State"</th>
                            <th scope="col">"Complete from"</th>
                            <th scope="col">"to"</th>
                        </tr>
                    </thead>
                    <tbody>{polling.streams.into_iter().map(|row| view! { <Stream row/> }).collect_view()}</tbody>
                </table>
            </div>
            <dl class="facts mt-3">
                <div>
                    <dt>"Found before any webhook told"</dt>
                    <dd class="num"><a class="link" href=found>{counted(polling.recovered)}</a></dd>
                </div>
                <div><dt>"The newest of them"</dt><dd><MaybeTime when=polling.newest/></dd></div>
            </dl>
            <details class="mt-3">
                <summary>
                    {if told { "What polling cannot do" } else { "No webhook has arrived: what polling alone cannot do" }}
                </summary>
                <ul class="list-disc pl-5 mt-2 space-y-1">
                    <li>"A change arrives when the next poll finds it, "{pauses}" later, instead of at once."</li>
                    <li>
                        "What happens to a record between two polls is seen as one edit: the last value of each field crosses,
                        and who made the edits before the last is not told."
                    </li>
                    <li>
                        "An edit by a script that leaves the record's time stamp as it was is seen by no poll. "
                        <a class="link" href=drift>"A reconcile run"</a>" finds it."
                    </li>
                    <li>
                        "Where deletions cannot be read, a deleted record is noticed when its ticket changes, or by a reconcile run."
                    </li>
                    <li>
                        "Complete means: all that ServiceNow showed to this account while it was polled, where a transaction commits
                        within 30 seconds of its time stamp. Deletions count as far as ServiceNow writes them down."
                    </li>
                </ul>
            </details>
        </section>
    }
}

#[component]
fn Stream(row: StreamRow) -> impl IntoView {
    let (tone, word) = match row.reading {
        Reading::Open => (Tone::Calm, "Certain"),
        Reading::Closed => (Tone::Next, "Cannot be told"),
        Reading::Failing => (Tone::Busy, "Waits"),
        Reading::NotYet => (Tone::Calm, "Not certain yet"),
    };
    view! {
        <tr>
            <th scope="row" class="font-medium">{row.what}</th>
            <td>
                <State tone word/>
                {(!row.note.is_empty()).then(|| view! { <p class="text-quiet mt-1">{row.note}</p> })}
            </td>
            <td data-label="Complete from"><MaybeTime when=row.from never="not yet"/></td>
            <td data-label="to"><MaybeTime when=row.to never="not yet"/></td>
        </tr>
    }
}

/// `after 2 to 15 seconds`
fn pauses(shortest_ms: i64, longest_ms: i64) -> String {
    let (shortest, longest) = (seconds(shortest_ms), seconds(longest_ms));
    match (shortest == longest, longest.as_str()) {
        (true, "1") => "after 1 second".to_owned(),
        (true, _) => format!("after {longest} seconds"),
        _ => format!("after {shortest} to {longest} seconds"),
    }
}

fn seconds(ms: i64) -> String {
    (((ms + 500) / 1000).max(1)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_read_as_people_say_them() {
        let said = [(1_000, 1_000), (1_875, 15_000), (5_000, 5_000)].map(|(least, most)| pauses(least, most));
        assert_eq!(said, ["after 1 second", "after 2 to 15 seconds", "after 5 seconds"]);
    }
}
