//! Text that one side cannot keep in full: cut to a number of characters, with a mark that says so.

/// At most `length` characters, the mark included. What was cut is not cut again.
pub fn cut(text: &str, length: usize, mark: &str) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let mark_length = mark.chars().count();
    if mark_length >= length {
        return text.chars().take(length).collect::<String>().trim_end().to_owned();
    }
    let kept: String = text.chars().take(length - mark_length).collect();
    format!("{}{mark}", kept.trim_end()).trim_end().to_owned()
}
