//! Mappings as they were last read: each job reads its connection anew, and seldom finds another mapping.

use super::{Result, read_json};
use merge::Rules;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The text, and what it says.
type Known = (String, Arc<Rules>);

/// By connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Mappings(Arc<Mutex<HashMap<String, Known>>>);

impl Mappings {
    /// `text` is what the database holds now. To compare it is much faster than to read it.
    pub fn read(&self, connection: &str, text: &str) -> Result<Arc<Rules>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, rules)) = known.get(connection).filter(|(before, _)| before == text) {
            return Ok(rules.clone());
        }
        let rules: Arc<Rules> = Arc::new(read_json(text, "connections", "rules", connection)?);
        known.insert(connection.to_owned(), (text.to_owned(), rules.clone()));
        Ok(rules)
    }
}
