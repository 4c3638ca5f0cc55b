//! Which words of a text are not in another one: marked for people who compare.

use app::model::Piece;
use similar::{ChangeTag, TextDiff};
use std::time::Duration;

/// A text that takes longer is marked more roughly.
const PATIENCE: Duration = Duration::from_millis(50);

/// A text in pieces; changed are the words that one of the others does not have there.
pub(super) fn marked(text: &str, others: &[&str]) -> Vec<Piece> {
    let mut words: Vec<(String, bool)> = Vec::new();
    for other in others {
        let diff = TextDiff::configure().timeout(PATIENCE).diff_words(*other, text);
        let now = diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Delete);
        let now = now.map(|change| (change.value().to_owned(), change.tag() == ChangeTag::Insert));
        if words.is_empty() {
            words = now.collect();
        } else {
            // The words of a text are the same whatever it is compared with.
            words.iter_mut().zip(now).for_each(|(word, now)| word.1 |= now.1);
        }
    }
    if others.is_empty() && !text.is_empty() {
        words.push((text.to_owned(), false));
    }
    join(words)
}

/// Neighbours of one kind are one piece, and a blank between two changed words is changed as well.
fn join(words: Vec<(String, bool)>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (at, (text, changed)) in words.iter().enumerate() {
        let is_between = at > 0 && words[at - 1].1 && words.get(at + 1).is_some_and(|next| next.1);
        let changed = *changed || (text.trim().is_empty() && is_between);
        match pieces.last_mut() {
            Some(last) if last.changed == changed => last.text.push_str(text),
            _ => pieces.push(Piece { text: text.clone(), changed }),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof!["[ab \n]{0,24}", "(the |printer |is |on |fire|\n){0,12}", "\\PC{0,16}"]
    }

    fn whole(pieces: &[Piece]) -> String {
        pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    proptest! {
        #[test]
        fn nothing_of_a_text_is_lost(text in texts(), others in proptest::collection::vec(texts(), 0..3)) {
            let others: Vec<&str> = others.iter().map(String::as_str).collect();
            prop_assert_eq!(whole(&marked(&text, &others)), text);
        }

        #[test]
        fn what_is_not_marked_is_in_the_other_in_this_order(text in texts(), other in texts()) {
            let mut rest = other.as_str();
            for piece in marked(&text, &[&other]).iter().filter(|piece| !piece.changed) {
                let words = piece.text.split_whitespace();
                for word in words {
                    let at = rest.find(word);
                    prop_assert!(at.is_some(), "{:?} is not in {:?}", word, rest);
                    rest = &rest[at.unwrap_or_default() + word.len()..];
                }
            }
        }

        #[test]
        fn equal_texts_have_no_mark(text in texts()) {
            prop_assert!(marked(&text, &[&text, &text]).iter().all(|piece| !piece.changed));
        }
    }

    #[test]
    fn a_changed_word_is_marked_and_its_neighbours_are_not() {
        let pieces = marked("The printer is on fire", &["The printer was on fire"]);
        let shown: Vec<(&str, bool)> = pieces.iter().map(|piece| (piece.text.as_str(), piece.changed)).collect();
        assert_eq!(shown, [("The printer ", false), ("is", true), (" on fire", false)]);
        // Two changed words in a row are one mark.
        assert_eq!(marked("is red hot now", &["is cold now"]).iter().filter(|piece| piece.changed).count(), 1);
    }
}
