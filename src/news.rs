//! Tells open pages that something of theirs changed: names only, never data. A page asks again.

use tokio::sync::broadcast;

/// The sender of topics: `tickets`, `ticket:{id}`, `connections`, `connection:{id}`, `history`.
#[derive(Clone, Debug)]
pub struct News(broadcast::Sender<String>);

impl Default for News {
    fn default() -> Self {
        // A page that falls further behind than this is told to ask for everything.
        Self(broadcast::channel(1024).0)
    }
}

impl News {
    pub fn subscribe(&self) -> broadcast::Receiver<String> {
        self.0.subscribe()
    }

    /// After the commit, never before. Nobody listening is no fault.
    pub fn tell(&self, topic: impl Into<String>) {
        let _ = self.0.send(topic.into());
    }

    pub fn ticket(&self, id: &str) {
        self.tell("tickets");
        self.tell(format!("ticket:{id}"));
    }

    pub fn connection(&self, id: &str) {
        self.tell("connections");
        self.tell(format!("connection:{id}"));
    }
}
