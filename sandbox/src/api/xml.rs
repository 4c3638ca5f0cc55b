//! The API's XML (contract 2.1): the same tree as the JSON, where a list repeats its element, and
//! requests whose record is `<request><entry><column>value</column></entry></request>`.

use std::borrow::Cow;

use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::{BytesRef, Event};
use quick_xml::reader::Reader;
use serde_json::Value;

pub(super) fn write(body: &Value) -> String {
    let mut text = r#"<?xml version="1.0" encoding="UTF-8"?>"#.to_owned();
    element("response", body, &mut text);
    text
}

fn element(name: &str, value: &Value, text: &mut String) {
    let content = match value {
        Value::Array(several) if name != "response" => return several.iter().for_each(|one| element(name, one, text)),
        Value::Array(several) => several.iter().fold(String::new(), |mut content, one| {
            element("result", one, &mut content);
            content
        }),
        Value::Object(object) => object.iter().fold(String::new(), |mut content, (name, value)| {
            element(name, value, &mut content);
            content
        }),
        Value::Null => String::new(),
        Value::String(plain) => escaped(plain),
        other => other.to_string(),
    };
    let parts: &[&str] =
        if content.is_empty() { &["<", name, "/>"] } else { &["<", name, ">", &content, "</", name, ">"] };
    text.extend(parts.iter().copied());
}

/// Without what XML 1.0 has no way to say.
fn escaped(plain: &str) -> String {
    let sayable = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    let kept: Cow<str> =
        if plain.chars().all(sayable) { plain.into() } else { plain.chars().filter(|&c| sayable(c)).collect() };
    escape(kept).into_owned()
}

/// Columns and values of the first entry, or why the text is not understood.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    let mut reader = Reader::from_reader(bytes);
    let mut values: Vec<(String, String)> = Vec::new();
    let mut entries = 0;
    let mut open: Vec<String> = Vec::new();
    loop {
        match reader.read_event().map_err(|cause| cause.to_string())? {
            Event::Start(start) => {
                let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                begin(&name, open.len(), &mut entries, &mut values);
                open.push(name);
            }
            Event::Empty(start) => {
                let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                begin(&name, open.len(), &mut entries, &mut values);
            }
            Event::End(_) => drop(open.pop()),
            Event::Text(plain) => {
                add(&plain.xml_content().map_err(|cause| cause.to_string())?, &open, entries, &mut values);
            }
            Event::CData(plain) => {
                add(&plain.decode().map_err(|cause| cause.to_string())?, &open, entries, &mut values);
            }
            Event::GeneralRef(reference) => add(&meaning(&reference)?, &open, entries, &mut values),
            Event::Eof => break,
            _ => {}
        }
    }
    if open.is_empty() && entries > 0 { Ok(values) } else { Err("The XML has no complete entry".to_owned()) }
}

/// An entry stands at depth one, its columns at depth two.
fn begin(name: &str, depth: usize, entries: &mut usize, values: &mut Vec<(String, String)>) {
    match depth {
        1 => *entries += 1,
        2 if *entries == 1 => values.push((name.to_owned(), String::new())),
        _ => {}
    }
}

/// Text directly in a column, or in the `value` of a reference that is sent back as it was read.
fn add(plain: &str, open: &[String], entries: usize, values: &mut [(String, String)]) {
    let counts = open.len() == 3 || (open.len() == 4 && open[3] == "value");
    if let Some((_, value)) = values.last_mut().filter(|_| counts && entries == 1) {
        value.push_str(plain);
    }
}

fn meaning(reference: &BytesRef) -> Result<String, String> {
    if let Some(c) = reference.resolve_char_ref().map_err(|cause| cause.to_string())? {
        return Ok(c.to_string());
    }
    let name = reference.decode().map_err(|cause| cause.to_string())?;
    resolve_predefined_entity(&name).map(str::to_owned).ok_or_else(|| format!("The entity {name} is not known"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_repeat_and_nothing_is_lost() {
        let body = json!({"result": [{"a": "1 < 2 & \u{1}3", "b": {"link": "x", "value": "y"}}, {"a": ""}]});
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?><response><result><a>1 &lt; 2 &amp; 3</a><b><link>x</link><value>y</value></b></result><result><a/></result></response>"#;
        assert_eq!(write(&body), expected);
    }

    #[test]
    fn the_first_entry_counts() {
        let text = "<?xml version='1.0'?><request><entry><a>1 &lt; 2 &#65;<![CDATA[<b>]]></a><b/><c><value>y</value><link>z</link></c></entry><entry><a>2</a></entry></request>";
        let expected = [("a", "1 < 2 A<b>"), ("b", ""), ("c", "y")].map(|(c, v)| (c.to_owned(), v.to_owned()));
        assert_eq!(read(text.as_bytes()), Ok(expected.to_vec()));
        for broken in
            ["", "<request>", "<request><entry><a>", "<a></b>", "<request><entry><a>&evil;</a></entry></request>", "x"]
        {
            assert!(read(broken.as_bytes()).is_err(), "{broken}");
        }
    }
}
