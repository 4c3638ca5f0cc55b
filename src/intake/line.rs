//! What waits to be kept. Connections take turns, and none may fill the line: a flood of one is turned away while
//! the others are served.

use std::collections::{HashMap, VecDeque};

/// So many may wait in all, and so many of one connection.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub all: usize,
    pub of_one: usize,
}

pub struct Line<T> {
    bounds: Bounds,
    waiting: HashMap<String, VecDeque<T>>,
    /// The connections in `waiting`, the next to be served first.
    turns: VecDeque<String>,
    length: usize,
}

impl<T> Line<T> {
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, waiting: HashMap::new(), turns: VecDeque::new(), length: 0 }
    }

    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there was room.
    #[must_use]
    pub fn join(&mut self, connection: &str, one: T) -> bool {
        let of_one = self.waiting.get(connection).map_or(0, VecDeque::len);
        if self.length >= self.bounds.all || of_one >= self.bounds.of_one {
            return false;
        }
        if of_one == 0 {
            self.turns.push_back(connection.to_owned());
        }
        self.waiting.entry(connection.to_owned()).or_default().push_back(one);
        self.length += 1;
        true
    }

    /// Up to so many, one of each connection in turn.
    pub fn take(&mut self, most: usize) -> Vec<T> {
        let mut taken = Vec::with_capacity(most.min(self.length));
        while taken.len() < most {
            let Some(connection) = self.turns.pop_front() else { break };
            let Some(own) = self.waiting.get_mut(&connection) else { continue };
            taken.extend(own.pop_front());
            if own.is_empty() {
                self.waiting.remove(&connection);
            } else {
                self.turns.push_back(connection);
            }
        }
        self.length -= taken.len();
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOUNDS: Bounds = Bounds { all: 12, of_one: 5 };

    proptest! {
        /// Each step joins as one of four connections, or takes up to so many.
        #[test]
        fn nothing_is_lost_none_fills_the_line_and_all_take_turns(steps in proptest::collection::vec((0..4_usize, 0..7_usize), 1..100)) {
            let mut line = Line::new(BOUNDS);
            let mut naive: [VecDeque<usize>; 4] = Default::default();
            for (number, (connection, most)) in steps.into_iter().enumerate() {
                let all: usize = naive.iter().map(VecDeque::len).sum();
                if most == 0 {
                    let fits = all < BOUNDS.all && naive[connection].len() < BOUNDS.of_one;
                    prop_assert_eq!(line.join(&connection.to_string(), (connection, number)), fits);
                    if fits {
                        naive[connection].push_back(number);
                    }
                } else {
                    let waited: Vec<usize> = naive.iter().map(VecDeque::len).collect();
                    let taken = line.take(most);
                    prop_assert_eq!(taken.len(), most.min(all));
                    for (connection, number) in &taken {
                        prop_assert_eq!(naive[*connection].pop_front(), Some(*number), "in its own order");
                    }
                    // Who still waits got no less than anybody else, give or take the turn that was cut off.
                    let got = |connection: usize| taken.iter().filter(|one| one.0 == connection).count();
                    for waiting in (0..4).filter(|connection| waited[*connection] > got(*connection)) {
                        prop_assert!((0..4).all(|other| got(other) <= got(waiting) + 1));
                    }
                }
            }
        }
    }
}
