//! Other processes on the same PostgreSQL: work stored by one wakes the workers of all, and what one tells open pages
//! all tell. What gets lost on the way (a cut connection) is found by looking again: workers by their tick, pages
//! because they are told that they missed something.

use crate::news::{EVERYTHING, News};
use crate::queue::Wake;
use crate::store::{Heard, Messages, Store};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// News of a burst travels together.
const CALM: Duration = Duration::from_millis(50);
/// How long to wait for a database that does not answer.
const AGAIN: Duration = Duration::from_secs(2);
/// PostgreSQL takes messages of at most 8000 bytes; whoever has more to tell tells everybody to ask for everything.
const LONGEST: usize = 7000;

/// Listens and tells until it is dropped. `me` names this process, which does not listen to itself.
pub async fn keep_in_touch(messages: Messages, store: Store, me: String, news: News, wake: Wake) {
    tokio::join!(listen(messages, &me, &news, &wake), tell(&store, &me, &news));
}

async fn listen(mut messages: Messages, me: &str, news: &News, wake: &Wake) {
    loop {
        match messages.next().await {
            Ok(Heard::Work) => wake.wake(),
            Ok(Heard::News(text)) => {
                let mut lines = text.lines();
                if lines.next() != Some(me) {
                    lines.for_each(|topic| news.pass_on(topic));
                }
            }
            Ok(Heard::Lost) => {
                wake.wake();
                news.pass_on(EVERYTHING);
            }
            Err(error) => {
                tracing::warn!(%error, "other processes are not heard; trying again");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

async fn tell(store: &Store, me: &str, news: &News) {
    let mut ours = news.ours();
    loop {
        let mut topics = BTreeSet::new();
        match ours.recv().await {
            Ok(topic) => topics.insert(topic),
            Err(RecvError::Lagged(_)) => topics.insert(EVERYTHING.to_owned()),
            Err(RecvError::Closed) => return,
        };
        tokio::time::sleep(CALM).await;
        loop {
            match ours.try_recv() {
                Ok(topic) => topics.insert(topic),
                Err(TryRecvError::Lagged(_)) => topics.insert(EVERYTHING.to_owned()),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            };
        }
        let lines: Vec<&str> = std::iter::once(me).chain(topics.iter().map(String::as_str)).collect();
        let text = lines.join("\n");
        let text = if text.len() > LONGEST { format!("{me}\n{EVERYTHING}") } else { text };
        if let Err(error) = store.tell_news(&text).await {
            tracing::warn!(%error, "other processes could not be told what changed");
        }
    }
}
