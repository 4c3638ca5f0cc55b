//! A record's journal as the one text that display mode shows (contract 4), taken apart into entries. Newest first,
//! each is `2026-11-21 03:22:10 - Ada Lovelace (Work notes)`, the text, an empty line; time and format are the reader's.
//!
//! A text may hold lines that look like such a heading: a quoted entry, above all. A line is taken for one if it stands
//! after an empty line, has the label of the very first line, and its time keeps the order. That is decided from the
//! oldest entry upwards, so that entries which are there stay what they are when new ones come on top of them. What
//! quotes the newest entry word for word with its heading cannot be told from two entries, and becomes two.

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

/// ServiceNow's own choices, as its profiles spell them.
const DATES: [&str; 6] = ["yyyy-MM-dd", "MM-dd-yyyy", "dd-MM-yyyy", "dd/MM/yyyy", "dd.MM.yyyy", "MM/dd/yyyy"];
const TIMES: [&str; 6] = ["HH:mm:ss", "hh:mm:ss a", "HH.mm.ss", "hh.mm.ss a", "HH:mm", "hh:mm a"];
const HOUR_MS: i64 = 60 * 60 * 1000;
/// Zones differ by quarters of an hour, and by no more than this.
const QUARTER_MS: i64 = HOUR_MS / 4;
const FARTHEST_MS: i64 = 14 * HOUR_MS;

/// How an account reads times.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// As `strftime` spells it.
    format: String,
    zone: Option<TimeZone>,
    /// Local time of a sample, and how far its zone is from UTC there.
    offsets: Vec<(i64, i64)>,
}

impl Reading {
    /// Found from `samples`: moments in UTC beside the text that the account is shown for them. What its profile says
    /// is tried first; empty where it does not say. `None` for an account whose times cannot be read.
    pub fn found(samples: &[(i64, String)], date: &str, time: &str, zone: &str) -> Option<Self> {
        if samples.is_empty() {
            return None;
        }
        let dates = [date].into_iter().filter(|date| !date.is_empty()).chain(DATES);
        let (format, offsets) = dates
            .flat_map(|date| {
                let times = [time].into_iter().filter(|time| !time.is_empty()).chain(TIMES);
                times.map(move |time| strftime(&format!("{date} {time}")))
            })
            .find_map(|format| {
                let offsets = samples.iter().map(|(at, shown)| offset(&format, *at, shown)).collect::<Option<_>>()?;
                Some((format, offsets))
            })?;
        let found = Self { format, zone: TimeZone::get(zone).ok(), offsets };
        // A profile that was changed a moment ago is not believed over what is shown.
        let agrees = samples
            .iter()
            .all(|(at, shown)| found.moment(shown).is_some_and(|read| read.abs_diff(*at) < QUARTER_MS.unsigned_abs()));
        Some(if agrees { found } else { Self { zone: None, ..found } })
    }

    /// UTC milliseconds of a time as this account is shown it.
    fn moment(&self, shown: &str) -> Option<i64> {
        let local = local(&self.format, shown)?;
        if let Some(zone) = &self.zone {
            return Some(zone.to_zoned(local).ok()?.timestamp().as_millisecond());
        }
        let local = as_if_utc(local)?;
        let (_, offset) = self.offsets.iter().min_by_key(|(sample, _)| sample.abs_diff(local))?;
        Some(local - offset)
    }
}

fn strftime(java: &str) -> String {
    [("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("hh", "%I"), ("mm", "%M"), ("ss", "%S"), ("a", "%p")]
        .into_iter()
        .fold(java.to_owned(), |format, (letters, sign)| format.replace(letters, sign))
}

fn local(format: &str, shown: &str) -> Option<DateTime> {
    strtime::parse(format, shown).ok()?.to_datetime().ok()
}

fn as_if_utc(local: DateTime) -> Option<i64> {
    Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// The local time and its distance from UTC, if `shown` can mean `at`. Formats may leave the seconds out.
fn offset(format: &str, at: i64, shown: &str) -> Option<(i64, i64)> {
    let local = as_if_utc(local(format, shown)?)?;
    let minute = |at: i64| at.div_euclid(60_000) * 60_000;
    let offset = minute(local) - minute(at);
    (offset % QUARTER_MS == 0 && offset.abs() <= FARTHEST_MS).then_some((local, offset))
}

/// One entry as the text shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// UTC milliseconds.
    pub at: i64,
    pub author: String,
    pub body: String,
}

struct Heading<'a> {
    line: usize,
    at: i64,
    author: &'a str,
    label: &'a str,
}

fn heading<'a>(line: usize, text: &'a str, reading: &Reading) -> Option<Heading<'a>> {
    // Reading times is lenient about blanks, which are what `without_headings` puts before a line.
    let (time, rest) = text.split_once(" - ").filter(|_| !text.starts_with(char::is_whitespace))?;
    let (author, label) = rest.strip_suffix(')')?.rsplit_once(" (")?;
    (!author.is_empty()).then_some(())?;
    Some(Heading { line, at: reading.moment(time)?, author, label })
}

/// Oldest first. `None` for a text that does not begin as a journal does.
pub(super) fn take_apart(text: &str, reading: &Reading) -> Option<Vec<Piece>> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    let lines: Vec<&str> = text.split('\n').collect();
    // The first line is a heading for certain; all others have its label, which is in the reader's language.
    let newest = heading(0, lines[0], reading)?;
    let (label, latest) = (newest.label, newest.at);
    let later = (1..lines.len()).filter(|line| lines[line - 1].is_empty());
    let candidates: Vec<Heading<'_>> = std::iter::once(newest)
        .chain(later.filter_map(|line| heading(line, lines[line], reading)).filter(|found| found.label == label))
        .collect();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut end = lines.len();
    for candidate in candidates.iter().rev() {
        // An hour comes twice when clocks are set back.
        let is_in_order = pieces.last().is_none_or(|below: &Piece| candidate.at + HOUR_MS >= below.at)
            && candidate.at <= latest + HOUR_MS;
        if candidate.line == 0 || is_in_order {
            let body = lines[candidate.line + 1..end].join("\n").trim_end().to_owned();
            pieces.push(Piece { at: candidate.at, author: candidate.author.to_owned(), body });
            end = candidate.line;
        }
    }
    Some(pieces)
}

/// A text in which no line passes for a heading, for what is written there from here: it is found again as it is.
pub(super) fn without_headings(text: &str) -> String {
    let guarded = text.split('\n').map(|line| {
        let looks_like_one =
            line.starts_with(|c: char| c.is_ascii_digit()) && line.contains(" - ") && line.trim_end().ends_with(')');
        if looks_like_one { format!(" {line}") } else { line.to_owned() }
    });
    guarded.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use proptest::prelude::*;

    fn utc() -> Reading {
        Reading::found(&[(0, "1970-01-01 00:00:00".into())], "", "", "").expect("readable")
    }

    fn shown(pieces: &[Piece]) -> String {
        let newest_first = pieces
            .iter()
            .rev()
            .map(|piece| format!("{} - {} (Work notes)\n{}\n\n", clock::in_words(piece.at), piece.author, piece.body));
        newest_first.collect()
    }

    fn piece(second: i64, author: &str, body: &str) -> Piece {
        Piece { at: second * 1000, author: author.into(), body: body.into() }
    }

    fn pieces() -> impl Strategy<Value = Vec<Piece>> {
        let body = "[a-z)( \n-]{0,20}[a-z)]";
        proptest::collection::vec((0_i64..4, "[A-Z][a-z]{0,3}( \\([A-Z]\\))?", body), 0..8).prop_map(|parts| {
            let mut at = 0;
            parts
                .into_iter()
                .map(|(later, author, body)| {
                    at += later;
                    piece(at, &author, &body)
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn what_was_put_together_is_taken_apart(pieces in pieces()) {
            prop_assert_eq!(take_apart(&shown(&pieces), &utc()).expect("a journal"), pieces);
        }

        #[test]
        fn old_entries_stay_what_they_are_whatever_comes_on_top(pieces in pieces(), quoted in 0_usize..8, words in "[a-z]{1,5}") {
            let quote = shown(&pieces[..quoted.min(pieces.len())]);
            let mut all = pieces.clone();
            all.push(piece(pieces.last().map_or(0, |last| last.at / 1000 + 1), "Zoe", format!("{words}\n\n{quote}").trim_end()));
            let taken = take_apart(&shown(&all), &utc()).expect("a journal");
            prop_assert_eq!(&taken[..pieces.len()], &pieces[..]);
        }

        #[test]
        fn what_is_written_from_here_is_one_entry(lines in proptest::collection::vec("(1970-01-01 00:00:00 - A \\(Work notes\\)|[a-z]{0,3})", 0..6)) {
            let body = without_headings(&lines.join("\n")).trim_end().to_owned();
            let all = [piece(0, "Ada", "first"), piece(0, "Me", &body)];
            prop_assert_eq!(take_apart(&shown(&all), &utc()).expect("a journal"), all.to_vec());
        }
    }

    #[test]
    fn formats_and_zones_are_found_from_what_is_shown() {
        let at = |text: &str| clock::read_moment(text).expect("a moment");
        let summer = at("2026-07-01 10:00:00");
        let winter = at("2026-12-24 10:30:00");
        let read = |shown: [&str; 2], zone: &str| {
            Reading::found(&[(summer, shown[0].into()), (winter, shown[1].into())], "", "", zone).expect("readable")
        };
        let american = read(["07/01/2026 03:00:00 AM", "12/24/2026 02:30:00 AM"], "");
        assert_eq!(
            american.moment("12/25/2026 11:00:00 PM"),
            Some(at("2026-12-26 07:00:00")),
            "the nearest sample's offset"
        );
        let german = read(["01.07.2026 12:00", "24.12.2026 11:30"], "Europe/Berlin");
        assert_eq!(german.moment("28.03.2026 12:00"), Some(at("2026-03-28 11:00:00")), "by the zone's own rules");
        let moved = read(["2026-07-01 10:00:00", "2026-12-24 10:30:00"], "Europe/Berlin");
        assert_eq!(moved.moment("2026-12-25 10:00:00"), Some(at("2026-12-25 10:00:00")), "what is shown is believed");
        assert!(Reading::found(&[(summer, "yesterday".into())], "", "", "").is_none());
    }

    #[test]
    fn what_is_quoted_out_of_order_or_with_another_label_is_no_entry() {
        let quote = "see\n\n1970-01-01 00:00:01 - Ada (Work notes)\nold\n\n1970-01-02 00:00:00 - Ada (Note)\nno";
        let all = [piece(1, "Ada", "old"), piece(7200, "Bob", "newer"), piece(7201, "Zoe", quote)];
        assert_eq!(take_apart(&shown(&all), &utc()).expect("a journal"), all);
    }

    #[test]
    fn a_text_that_is_no_journal_is_none() {
        assert_eq!(take_apart("hello", &utc()), None);
        assert_eq!(take_apart(" \n", &utc()), Some(Vec::new()));
    }
}
