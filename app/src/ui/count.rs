//! Numbers of things as people read them.

use crate::model::MANY;

/// Groups of three. Counting stops at [`MANY`].
pub fn counted(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number >= MANY { format!("{text}+") } else { text }
}

/// `1 cause`, `7 causes`: `what` is one and many of them.
pub fn so_many(number: i64, what: (&str, &str)) -> String {
    format!("{} {}", counted(number), if number == 1 { what.0 } else { what.1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_not_counted_to_the_end() {
        let shown = [0, 7, 999, 1000, 99_999, MANY].map(counted);
        assert_eq!(shown, ["0", "7", "999", "1,000", "99,999", "100,000+"]);
    }
}
