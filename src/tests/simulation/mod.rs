//! The deterministic simulation: the real engine, workers and store (SQLite in memory) between two platforms in memory
//! that have every trap, with people who edit and processes that are killed at every await point. A seed is a history;
//! the same seed is the same history, to the letter. `docs/proof.md` says what is in it and what is not.

mod check;
mod entering;
mod gone;
mod history;
mod meanwhile;
mod people;
mod polling;
mod publishing;
mod rules;
mod sleeping;
mod watched;
mod world;

use crate::clock::{Clock, SystemClock};
use crate::store::Store;
use history::History;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use watched::Tale;
use world::{Broken, World};

/// Histories that share a database before it is thrown away.
const A_DATABASE: u64 = 64;

/// `make simulate HISTORIES=N SEED=S` sets these; otherwise a few with a fresh seed.
struct Settings {
    histories: u64,
    seed: u64,
    threads: usize,
}

impl Settings {
    fn read() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the test's own settings")]
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let mut fresh = [0; 4];
        SystemClock.fill(&mut fresh);
        Self {
            histories: number("ISTHMUS_SIMULATE_HISTORIES").unwrap_or(200),
            seed: number("ISTHMUS_SIMULATE_SEED").unwrap_or_else(|| u64::from(u32::from_be_bytes(fresh))),
            threads: number("ISTHMUS_SIMULATE_THREADS")
                .map_or(2, |threads| usize::try_from(threads).unwrap_or(1).max(1)),
        }
    }
}

#[test]
fn whatever_happens_both_sides_agree_in_the_end_or_somebody_is_told() {
    let settings = Settings::read();
    let last = settings.seed + settings.histories;
    let (next, failed) = (AtomicU64::new(settings.seed), AtomicBool::new(false));
    let failures: Mutex<Vec<(u64, Broken)>> = Mutex::default();
    let moved: Mutex<Moved> = Mutex::default();
    let began = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..settings.threads {
            scope.spawn(|| {
                while !failed.load(Ordering::SeqCst) {
                    let from = next.fetch_add(A_DATABASE, Ordering::SeqCst);
                    if from >= last {
                        return;
                    }
                    match run(from..last.min(from + A_DATABASE)) {
                        Ok(more) => moved.lock().expect("whole").add(&more),
                        Err(failure) => {
                            failed.store(true, Ordering::SeqCst);
                            failures.lock().expect("whole").push(failure);
                        }
                    }
                }
            });
        }
    });
    let moved = *moved.lock().expect("whole");
    // Past the test harness, which keeps what passing tests print.
    let mut out = std::io::stderr().lock();
    let (took, threads) = (began.elapsed(), settings.threads);
    let each = took.as_micros() / u128::from(settings.histories.max(1));
    let (first, seconds) = (settings.seed, took.as_secs());
    let _ = writeln!(
        out,
        "simulation: histories {first} to {}, {seconds} s, {each} us each on {threads} threads, {moved:?}",
        last - 1
    );
    drop(out);
    if let Some((seed, broken)) = failures.into_inner().expect("whole").first() {
        panic!("{}", explain(*seed, broken));
    }
    // Where nothing moves, nothing can go wrong.
    let much = usize::try_from(settings.histories / 4).unwrap_or(usize::MAX);
    let Moved { links, records, writes, entries, deletions } = moved;
    let often = [links, writes, entries].iter().all(|count| *count >= much);
    assert!(often && records >= much / 8 && deletions >= much / 64, "next to nothing happened: {moved:?}");
}

/// What the engine did in some histories.
#[derive(Clone, Copy, Debug, Default)]
struct Moved {
    links: usize,
    /// Made in ServiceNow.
    records: usize,
    writes: usize,
    entries: usize,
    /// Carried out on the record that was left.
    deletions: usize,
}

impl Moved {
    fn of(world: &World) -> Self {
        let both = [&world.servicenow, &world.platform];
        Self {
            links: world.platform.made() + world.servicenow.made(),
            records: world.servicenow.made(),
            writes: both.iter().map(|side| side.written().iter().filter(|written| written.changed).count()).sum(),
            entries: both.iter().map(|side| side.appended()).sum(),
            deletions: both.iter().map(|side| side.deleted().len()).sum(),
        }
    }

    fn add(&mut self, more: &Self) {
        self.links += more.links;
        self.records += more.records;
        self.deletions += more.deletions;
        self.writes += more.writes;
        self.entries += more.entries;
    }
}

/// Some histories on one database. The first that fails ends it.
fn run(seeds: std::ops::Range<u64>) -> Result<Moved, (u64, Broken)> {
    alone(async {
        let store = Store::in_memory().await.expect("a database");
        let mut moved = Moved::default();
        for seed in seeds {
            moved.add(&one(&store, &History::of(seed), Tale::default()).await.map_err(|broken| (seed, broken))?);
        }
        store.close().await;
        Ok(moved)
    })
}

/// On a runtime of this thread alone.
fn alone<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(work)
}

async fn one(store: &Store, history: &History, tale: Tale) -> Result<Moved, Broken> {
    let mut world = World::new(store.clone(), history, tale).await;
    let lived = live(&mut world, history).await;
    // Its jobs are nobody's business in the next history.
    world.set(crate::store::State::Paused).await;
    lived.map(|()| Moved::of(&world))
}

async fn live(world: &mut World, history: &History) -> Result<(), Broken> {
    for step in &history.steps {
        world.live(step, history.seed).await?;
    }
    world.settle().await?;
    if !world.needs_a_look {
        check::everything(world).await.map_err(|broken| format!("before anybody looked again: {broken}"))?;
    }
    world.look_at_everything(history.seed.is_multiple_of(3)).await?;
    check::everything(world).await?;
    check::another_look_changes_nothing(world).await
}

/// Runs a history by itself and writes down what happened.
fn replay(history: &History) -> (Result<(), Broken>, Vec<String>) {
    alone(async {
        let tale = Tale::told();
        let store = Store::in_memory().await.expect("a database");
        let lived = one(&store, history, tale.clone()).await.map(drop);
        store.close().await;
        (lived, tale.lines())
    })
}

/// The failing history, as short as it gets by leaving out steps and weather, with all that happened in it.
fn explain(seed: u64, broken: &str) -> String {
    let mut history = History::of(seed);
    let fails = |history: &History| replay(history).0.is_err();
    if fails(&history) {
        for calmer in [
            |history: &mut History| history.weather.crashes = false,
            |history: &mut History| history.weather.sleeps = false,
            |history: &mut History| history.weather.faults = false,
            |history: &mut History| history.weather.lost_news = false,
            |history: &mut History| history.weather.odd_fields = false,
            |history: &mut History| history.weather.workers = 1,
        ] {
            let mut shorter = history.clone();
            calmer(&mut shorter);
            if fails(&shorter) {
                history = shorter;
            }
        }
        let mut at = history.steps.len();
        while at > 1 {
            at -= 1;
            let mut shorter = history.clone();
            shorter.steps.remove(at);
            if fails(&shorter) {
                history = shorter;
            }
        }
    }
    let (again, tale) = replay(&history);
    let mut text = format!("history {seed} fails: {broken}\nAgain: make simulate HISTORIES=1 SEED={seed}\n");
    let _ = writeln!(text, "As short as it gets, {:?}:", history.weather);
    for line in tale {
        let _ = writeln!(text, "{line}");
    }
    let _ = write!(
        text,
        "=> {}",
        again.err().unwrap_or_else(|| "it does not fail by itself: chance is not all seeded".into())
    );
    text
}

#[test]
fn the_same_seed_is_the_same_history() {
    for seed in [3, 4, 5] {
        let history = History::of(seed);
        let (first, second) = (replay(&history), replay(&history));
        assert!(first.1.len() > 20, "{:?}", first.1);
        assert_eq!(first, second, "seed {seed}");
    }
}
