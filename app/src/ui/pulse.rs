//! Two small charts of the last day: how much was written, and how long after the news of it.

use super::count::counted;
use crate::model::{Beat, HOURS};
use leptos::prelude::*;

const WIDTH: i64 = 4;
const HEIGHT: i64 = 24;

#[component]
pub fn Pulse(beats: Vec<Beat>) -> impl IntoView {
    let writes: i64 = beats.iter().map(|beat| beat.writes).sum();
    let late: i64 = beats.iter().map(|beat| beat.average_ms * beat.writes).sum();
    let slowest = beats.iter().map(|beat| beat.slowest_ms).max().unwrap_or_default();
    let average = late / writes.max(1);
    if writes == 0 {
        return view! { <div class="pulse"><p class="hint">"Nothing was written in the last 24 hours."</p></div> }
            .into_any();
    }
    let busy = format!("{} writes in the last 24 hours", counted(writes));
    let lag = format!("{} after the news on average, {} at most", lasting(average), lasting(slowest));
    view! {
        <div class="pulse">
            <Chart words=busy bars=bars(&beats, |beat| beat.writes)/>
            <Chart words=lag bars=bars(&beats, |beat| beat.average_ms)/>
        </div>
    }
    .into_any()
}

/// An hour a bar, the present one last. What they say is in the words beside them.
#[component]
fn Chart(words: String, bars: Vec<(i64, i64)>) -> impl IntoView {
    let view_box = format!("0 0 {} {HEIGHT}", HOURS * WIDTH);
    view! {
        <p>
            <svg class="bars" viewBox=view_box aria-hidden="true">
                {bars
                    .into_iter()
                    .map(|(at, height)| {
                        view! { <rect x=at * WIDTH y=HEIGHT - height width=WIDTH - 1 height=height/> }
                    })
                    .collect_view()}
            </svg>
            <span class="text-xs text-quiet">{words}</span>
        </p>
    }
}

/// Where each bar stands and how high it is; the highest is as high as the chart, and the lowest is still seen.
fn bars(beats: &[Beat], of: impl Fn(&Beat) -> i64) -> Vec<(i64, i64)> {
    let highest = beats.iter().map(&of).max().unwrap_or_default().max(1);
    let shown = beats.iter().filter(|beat| beat.writes > 0 && (0..HOURS).contains(&beat.hours_ago));
    shown.map(|beat| (HOURS - 1 - beat.hours_ago, (of(beat) * HEIGHT / highest).max(1))).collect()
}

/// `40 ms`, `3.2 s`, `4 min`
fn lasting(ms: i64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        60_000..7_200_000 => format!("{} min", ms / 60_000),
        _ => format!("{} h", ms / 3_600_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_chart_and_the_lowest_is_seen() {
        let beat = |hours_ago, writes| Beat { hours_ago, writes, average_ms: 5, slowest_ms: 9 };
        let beats = [beat(23, 1), beat(1, 1000), beat(0, 500)];
        assert_eq!(bars(&beats, |beat| beat.writes), [(0, 1), (22, HEIGHT), (23, HEIGHT / 2)]);
        assert!(bars(&[], |beat| beat.writes).is_empty());
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        assert_eq!([7, 3_250, 240_000, 9_000_000].map(lasting), ["7 ms", "3.2 s", "4 min", "2 h"]);
    }
}
