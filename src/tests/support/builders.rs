//! Rows that tests begin with.

use super::TurnedClock;
use crate::clock::Clock;
use crate::store::{Connection, State, Store};

/// An active connection of its own, whose id is answered.
pub async fn connection(store: &Store, clock: &TurnedClock) -> String {
    let id = clock.id();
    let connection = Connection {
        id: id.clone(),
        name: "Practice".into(),
        address: "https://example.service-now.com".into(),
        environment: "sandbox".into(),
        client_id: "client".into(),
        client_secret: String::new(),
        state: State::Active,
        state_note: String::new(),
        rules: merge::incident_to_desk().into(),
        webhook_key: clock.secret(),
        webhook_secret: String::new(),
        acting_as: String::new(),
        active_since: 0,
        last_webhook: 0,
        last_poll: 0,
        checks: "[]".into(),
        tested_at: 0,
        created_at: clock.now(),
    };
    let mut tx = store.begin().await.expect("begins");
    tx.add_connection(&connection).await.expect("added");
    tx.commit().await.expect("committed");
    let read = store.connection(&id).await.expect("readable").expect("there");
    assert_eq!(read.rules, connection.rules);
    id
}
