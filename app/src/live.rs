//! Pages that follow the server. `/events` sends names only ("ticket:12 moved"); whoever shows that thing
//! asks for it again, the ordinary way. One line per tab, opened by the layout, and none while nobody looks.

use leptos::prelude::*;
use std::collections::HashMap;

/// How often each topic has moved since the page was loaded.
#[derive(Clone, Copy)]
pub struct Live {
    topics: StoredValue<HashMap<String, ArcRwSignal<u64>>>,
    everything: RwSignal<u64>,
}

impl Live {
    /// Starts listening in the browser; on the server there is nothing to listen to.
    pub fn provide() {
        let live = Self { topics: StoredValue::default(), everything: RwSignal::new(0) };
        provide_context(live);
        #[cfg(feature = "hydrate")]
        line::listen(live);
    }

    /// Grows when the topic moves. Read it where the question is asked, and the question is asked again.
    pub fn version(self, topic: &str) -> u64 {
        self.everything.get() + self.topic(topic).get()
    }

    /// Says that a topic moved, without waiting for the server to say so.
    pub fn moved(self, topic: &str) {
        self.topic(topic).update(|version| *version += 1);
    }

    /// Says so each time that an act has succeeded.
    pub fn moves_after<A, T>(self, topic: String, act: ServerAction<A>)
    where
        A: leptos::server_fn::ServerFn<Output = T, Error = crate::error::Trouble> + Send + Sync + Clone + 'static,
        T: Send + Sync + 'static,
    {
        Effect::new(move |_| {
            if act.value().with(|answer| matches!(answer, Some(Ok(_)))) {
                self.moved(&topic);
            }
        });
    }

    fn topic(self, topic: &str) -> ArcRwSignal<u64> {
        self.topics
            .try_update_value(|topics| topics.entry(topic.to_owned()).or_insert_with(|| ArcRwSignal::new(0)).clone())
            .unwrap_or_else(|| ArcRwSignal::new(0))
    }
}

pub fn use_live() -> Live {
    expect_context()
}

/// A value that is asked for again when one of its topics moves. A question that fails leaves what is shown.
pub fn follow<T, F>(first: T, topics: Vec<String>, ask: impl Fn() -> F + 'static) -> RwSignal<T>
where
    T: Clone + PartialEq + Send + Sync + 'static,
    F: Future<Output = crate::api::Answer<T>> + 'static,
{
    let live = use_live();
    let value = RwSignal::new(first);
    let asked = StoredValue::new(0_u32);
    Effect::new(move |before: Option<u64>| {
        let now: u64 = topics.iter().map(|topic| live.version(topic)).sum();
        if before.is_some_and(|before| before != now) {
            let turn = asked.try_update_value(|asked| {
                *asked += 1;
                *asked
            });
            let answer = ask();
            leptos::task::spawn_local(async move {
                let Ok(answer) = answer.await else { return };
                // Answers can overtake each other: only the last question counts. And the reader may have left.
                if turn == asked.try_get_value() && value.try_with_untracked(|shown| *shown != answer) == Some(true) {
                    value.try_set(answer);
                }
            });
        }
        now
    });
    value
}

/// The browser's side of `/events`.
#[cfg(feature = "hydrate")]
mod line {
    use super::Live;
    use leptos::prelude::*;
    use std::collections::HashSet;
    use std::time::Duration;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{EventSource, MessageEvent};

    /// A burst of changes becomes one question per topic and this long.
    const CALM: Duration = Duration::from_millis(250);
    /// A browser does not open a line again that was refused; we do.
    const AGAIN: Duration = Duration::from_secs(4);

    type Held = StoredValue<Option<Line>, LocalStorage>;

    struct Line {
        source: EventSource,
        _message: Closure<dyn FnMut(MessageEvent)>,
        _open: Closure<dyn FnMut()>,
        _error: Closure<dyn FnMut()>,
    }

    impl Drop for Line {
        fn drop(&mut self) {
            self.source.close();
        }
    }

    pub fn listen(live: Live) {
        let held: Held = StoredValue::new_local(None);
        let burst = Burst { live, waiting: StoredValue::default(), timer: StoredValue::new(false) };
        Effect::new(move |_| open(held, burst));
        // HTTP/1.1 allows six requests at a time to a server: tabs in the background must not hold them all.
        let watch = window_event_listener_untyped("visibilitychange", move |_| {
            if document().hidden() {
                held.try_set_value(None);
            } else if held.try_with_value(Option::is_none) == Some(true) {
                open(held, burst);
            }
        });
        on_cleanup(move || {
            watch.remove();
            held.try_set_value(None);
        });
    }

    fn open(held: Held, burst: Burst) {
        if document().hidden() {
            return;
        }
        let Ok(source) = EventSource::new("/events") else {
            return;
        };

        // What moved while nobody listened is unknown, so whatever is shown is asked for again.
        let opened = Closure::<dyn FnMut()>::new(move || burst.live.everything.update(|version| *version += 1));
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(topic) = event.data().as_string() {
                burst.push(topic);
            }
        });
        let state = source.clone();
        let failed = Closure::<dyn FnMut()>::new(move || {
            if state.ready_state() == EventSource::CLOSED {
                set_timeout(
                    move || {
                        // Dropped here and not above: a closure must not drop itself while it runs.
                        if held.try_set_value(None).is_none() {
                            open(held, burst);
                        }
                    },
                    AGAIN,
                );
            }
        });
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        source.set_onmessage(Some(message.as_ref().unchecked_ref()));
        source.set_onerror(Some(failed.as_ref().unchecked_ref()));
        held.try_set_value(Some(Line { source, _message: message, _open: opened, _error: failed }));
    }

    /// Passes the first of many moves on at once, the rest when it has been calm.
    #[derive(Clone, Copy)]
    struct Burst {
        live: Live,
        waiting: StoredValue<HashSet<String>>,
        timer: StoredValue<bool>,
    }

    impl Burst {
        fn push(self, topic: String) {
            self.waiting.try_update_value(|waiting| waiting.insert(topic));
            if self.timer.try_get_value() == Some(false) {
                self.pass_on();
            }
        }

        fn pass_on(self) {
            let Some(topics) = self.waiting.try_update_value(std::mem::take) else {
                return;
            };
            self.timer.try_set_value(!topics.is_empty());
            if topics.is_empty() {
                return;
            }
            for topic in topics {
                self.live.moved(&topic);
            }
            set_timeout(move || self.pass_on(), CALM);
        }
    }
}
