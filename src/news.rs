//! Tells open pages that something of theirs changed: names only, never data. A page asks again.

use tokio::sync::broadcast;

/// Whoever sees this topic may have missed any other.
pub const EVERYTHING: &str = "everything";
/// How a connection is set up, for whoever remembers it.
pub fn settings(connection: &str) -> String {
    format!("{SETTINGS}{connection}")
}

/// The connection whose settings a topic is about.
pub fn settings_of(topic: &str) -> Option<&str> {
    topic.strip_prefix(SETTINGS)
}

const SETTINGS: &str = "settings:";

/// A page that falls further behind than this is told to ask for everything.
const BEHIND: usize = 1024;

/// The sender of topics: `tickets`, `ticket:{id}`, `connections`, `connection:{id}`, `settings:{id}`, `history`.
#[derive(Clone, Debug)]
pub struct News {
    pages: broadcast::Sender<String>,
    /// For what this process remembers.
    inside: broadcast::Sender<String>,
    /// What this process said, for the other processes.
    ours: broadcast::Sender<String>,
}

impl Default for News {
    fn default() -> Self {
        Self {
            pages: broadcast::channel(BEHIND).0,
            inside: broadcast::channel(BEHIND).0,
            ours: broadcast::channel(BEHIND).0,
        }
    }
}

impl News {
    /// Everything, wherever it was said: for a page.
    pub fn subscribe(&self) -> broadcast::Receiver<String> {
        self.pages.subscribe()
    }

    /// The same for whoever must not show what is old.
    pub fn inside(&self) -> broadcast::Receiver<String> {
        self.inside.subscribe()
    }

    /// Whether a page may be open, here or in another process.
    pub fn is_followed(&self) -> bool {
        self.pages.receiver_count() + self.ours.receiver_count() > 0
    }

    /// What is said in this process.
    pub fn ours(&self) -> broadcast::Receiver<String> {
        self.ours.subscribe()
    }

    /// After the commit, never before. Nobody listening is no fault.
    pub fn tell(&self, topic: impl Into<String>) {
        let topic = topic.into();
        let _ = self.ours.send(topic.clone());
        self.pass_on(&topic);
    }

    /// Said in another process.
    pub fn pass_on(&self, topic: &str) {
        let _ = self.inside.send(topic.to_owned());
        let _ = self.pages.send(topic.to_owned());
    }

    pub fn ticket(&self, id: &str) {
        self.tell("tickets");
        self.tell(format!("ticket:{id}"));
    }

    /// A person changed a connection, or it was stopped.
    pub fn connection(&self, id: &str) {
        self.tell(settings(id));
        self.moved(id);
    }

    /// Something of a connection moved, and it is as it was.
    pub fn moved(&self, id: &str) {
        self.tell("connections");
        self.tell(format!("connection:{id}"));
    }
}
