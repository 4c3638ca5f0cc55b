//! Sessions that the REST API hands out with a cookie. Requests of one session queue behind each other
//! (contract 10). They are kept in memory, as on a node, and the oldest give way.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::Line;
use crate::random;

#[derive(Debug)]
pub(crate) struct Session {
    pub id: String,
    pub user_id: String,
    /// The access token that it began with.
    pub token: Option<String>,
    pub line: Line,
}

/// As many as are kept.
const MOST: usize = 5_000;

#[derive(Default)]
pub(crate) struct Sessions(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    by_id: HashMap<String, Arc<Session>>,
    by_age: VecDeque<String>,
}

impl Sessions {
    pub fn find(&self, id: &str) -> Option<Arc<Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_id.get(id).cloned()
    }

    pub fn begin(&self, user_id: &str, token: Option<&str>) -> Arc<Session> {
        let session = Arc::new(Session {
            id: random::sys_id().to_uppercase(),
            user_id: user_id.to_owned(),
            token: token.map(str::to_owned),
            line: Line::default(),
        });
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_id.insert(session.id.clone(), session.clone());
        kept.by_age.push_back(session.id.clone());
        if kept.by_age.len() > MOST
            && let Some(oldest) = kept.by_age.pop_front()
        {
            kept.by_id.remove(&oldest);
        }
        session
    }
}
