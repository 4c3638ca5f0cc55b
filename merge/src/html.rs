//! HTML to plain text and back.
//!
//! A text becomes paragraphs (an empty line ends one) and `<br>`. HTML becomes the text that a reader sees: one line a
//! block, an empty line around paragraphs, `- ` before list items. Law (a property test below): a text that was written
//! as HTML reads back as the same text.

/// The text of some HTML. Scripts, styles and comments are no text.
pub fn to_text(html: &str) -> String {
    let mut text = Text::default();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.words(&rest[..open]);
        let tag = &rest[open + 1..];
        if let Some(comment) = tag.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
        } else if tag.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/' || first == '!') {
            let Some(end) = end_of_tag(tag) else {
                // No tag ends from here on, so these are words.
                text.words(&rest[open..].replace('<', "&lt;"));
                return text.done();
            };
            let name: String =
                tag[..end].chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '/').collect();
            let name = name.to_ascii_lowercase();
            let name = name.trim_end_matches('/');
            rest = &tag[end + 1..];
            text.tag(name);
            if matches!(name, "script" | "style" | "head" | "title") {
                rest = after_closing(rest, name);
            }
        } else {
            text.words("&lt;");
            rest = tag;
        }
    }
    text.words(rest);
    text.done()
}

/// Plain text as simple HTML.
pub fn from_text(text: &str) -> String {
    let mut html = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        // Line ends beyond the empty line belong to the next paragraph, as breaks.
        let breaks = rest.len() - rest.trim_start_matches('\n').len();
        let end = rest[breaks..].find("\n\n").map_or(rest.len(), |at| breaks + at);
        html.push_str("<p>");
        html.push_str(&escaped(&rest[..end]));
        html.push_str("</p>");
        rest = rest.get(end + 2..).unwrap_or("");
    }
    html
}

/// Text in the form that survives HTML: no-break blanks and tabs are blanks there, control characters are nothing.
pub fn plain(text: &str) -> String {
    text.replace('\u{a0}', " ").replace('\t', "    ").chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

fn escaped(text: &str) -> String {
    let mut html = String::new();
    let mut before = '\n';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("<br>"),
            // Blanks that HTML would swallow: several in a row, and those at a line's ends.
            ' ' if before.is_whitespace() || letters.peek().is_none_or(|next| next.is_whitespace()) => {
                html.push_str("&nbsp;");
            }
            other => html.push(other),
        }
        before = letter;
    }
    html
}

/// Where the tag's `>` is, quoted values apart.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, letter) in tag.char_indices() {
        match (quote, letter) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
    }
    None
}

fn after_closing<'a>(html: &'a str, name: &str) -> &'a str {
    let close = format!("</{name}");
    let closes = |at: &[u8]| at.eq_ignore_ascii_case(close.as_bytes());
    html.as_bytes().windows(close.len()).position(closes).map_or("", |at| &html[at..])
}

/// The text so far. Line ends and blanks wait until there are words to put after them.
#[derive(Default)]
struct Text {
    written: String,
    line_ends: usize,
    is_blank_due: bool,
}

impl Text {
    /// Words between tags: white space of any length is one blank.
    fn words(&mut self, words: &str) {
        let is_space = |letter: char| letter.is_ascii_whitespace();
        for word in words.split_inclusive(is_space) {
            let bare = word.trim_end_matches(is_space);
            if !bare.is_empty() {
                self.begin();
                decode(bare, &mut self.written);
            }
            self.is_blank_due |= bare.len() < word.len();
        }
    }

    fn tag(&mut self, name: &str) {
        match name.trim_start_matches('/') {
            "br" => {
                self.is_blank_due = false;
                self.begin();
                self.written.push('\n');
            }
            "li" => {
                self.at_least(1);
                if name == "li" {
                    self.begin();
                    self.written.push_str("- ");
                }
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "pre" | "ul" | "ol" | "table" => {
                self.at_least(2);
            }
            "div" | "tr" | "section" | "article" | "header" | "footer" | "dt" | "dd" | "hr" => self.at_least(1),
            "td" | "th" => self.is_blank_due = true,
            _ => {}
        }
    }

    fn at_least(&mut self, line_ends: usize) {
        self.line_ends = self.line_ends.max(line_ends);
        self.is_blank_due = false;
    }

    fn begin(&mut self) {
        let is_line_start = self.written.is_empty() || self.written.ends_with(['\n', ' ']) || self.line_ends > 0;
        if !self.written.is_empty() {
            self.written.extend(std::iter::repeat_n('\n', self.line_ends));
        }
        if self.is_blank_due && !is_line_start {
            self.written.push(' ');
        }
        self.line_ends = 0;
        self.is_blank_due = false;
    }

    fn done(self) -> String {
        self.written
    }
}

/// Character references become characters; one that nobody knows stays as it is.
fn decode(words: &str, text: &mut String) {
    let mut rest = words;
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        let reference = &rest[at + 1..];
        let known = reference.find(';').and_then(|end| Some((character(&reference[..end])?, end)));
        if let Some((character, end)) = known {
            text.push(character);
            rest = &reference[end + 1..];
        } else {
            text.push('&');
            rest = reference;
        }
    }
    text.push_str(rest);
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).map(|letter| if letter == '\u{a0}' { ' ' } else { letter });
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "bull" => '•',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "euro" => '€',
        "deg" => '°',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_text_written_as_html_reads_back(text in "([ -~\n\u{a0}\tä€🙂]|&nbsp;|&amp;|<p>|<br>|- |\n\n|  ){0,40}") {
            let text = plain(&text);
            let text = text.trim_end();
            prop_assert_eq!(to_text(&from_text(text)), text);
        }

        #[test]
        fn any_html_has_a_text_without_tags_lost_in_it(html in "(<p>|</p>|<br/>|<div class='a>b'>|<!-- x -->|<li>|&lt;|&#65;|[a-z ]|<script>alert\\(1\\)</script>|< ){0,30}") {
            let text = to_text(&html);
            prop_assert!(!text.contains("alert") && !text.contains("<p>"));
            // What a side shows as text is stable from then on.
            let text = plain(text.trim_end());
            prop_assert_eq!(to_text(&from_text(&text)), text);
        }
    }

    #[test]
    fn html_is_read_as_a_person_sees_it() {
        let html = "<h1>Printer</h1>\n<p>It is <b>on\n  fire</b>&nbsp;&mdash; 1 &lt; 2 &unknown;</p><ul><li>first</li><li>second</li></ul><div>a</div><div>b</div>\
                    <style>p { color: red }</style><a href='https://x/?a>b'>link</a>";
        assert_eq!(to_text(html), "Printer\n\nIt is on fire — 1 < 2 &unknown;\n\n- first\n- second\n\na\nb\nlink");
        assert_eq!(from_text("a  <b>\nc\n\nd"), "<p>a&nbsp;&nbsp;&lt;b&gt;<br>c</p><p>d</p>");
    }
}
