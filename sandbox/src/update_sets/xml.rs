//! XML as a tree, with bounds: update sets come from strangers.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

const DEEPEST: usize = 32;
const MOST_ELEMENTS: usize = 500_000;

#[derive(Debug, Default)]
pub(super) struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The root of a document, or why it is not read.
pub(super) fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut count = 0;
    loop {
        if count > MOST_ELEMENTS {
            return Err(format!("the XML has more than {MOST_ELEMENTS} elements"));
        }
        match reader.read_event().map_err(|cause| cause.to_string())? {
            Event::Start(start) if open.len() < DEEPEST => {
                count += 1;
                open.push(element(&start)?);
            }
            Event::Start(_) => return Err(format!("the XML is nested more than {DEEPEST} deep")),
            Event::Empty(start) => {
                count += 1;
                close(element(&start)?, &mut open, &mut root)?;
            }
            Event::End(_) => {
                let done = open.pop().ok_or("an element ends that never began")?;
                close(done, &mut open, &mut root)?;
            }
            Event::Text(text) => add(&mut open, &text.xml_content().map_err(|cause| cause.to_string())?),
            Event::CData(text) => add(&mut open, &text.xml_content().map_err(|cause| cause.to_string())?),
            Event::GeneralRef(entity) => add(&mut open, &resolve(&entity)?),
            Event::DocType(_) => return Err("a document type is not allowed here".to_owned()),
            Event::Eof if open.is_empty() => return root.ok_or_else(|| "there is no XML in it".to_owned()),
            Event::Eof => return Err("the XML ends too early".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

fn element(start: &BytesStart) -> Result<Element, String> {
    let name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|cause| cause.to_string())?;
        let value = attribute.unescape_value().map_err(|cause| cause.to_string())?;
        attributes.push((String::from_utf8_lossy(attribute.key.as_ref()).into_owned(), value.into_owned()));
    }
    Ok(Element { name, attributes, ..Element::default() })
}

fn close(done: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), String> {
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None if root.is_none() => *root = Some(done),
        None => return Err("there is more than one root element".to_owned()),
    }
    Ok(())
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// The five entities of XML and characters by number; no others, so that none can grow.
fn resolve(entity: &BytesRef) -> Result<String, String> {
    if let Some(character) = entity.resolve_char_ref().map_err(|cause| cause.to_string())? {
        return Ok(character.to_string());
    }
    let name = entity.decode().map_err(|cause| cause.to_string())?;
    resolve_predefined_entity(&name).map(str::to_owned).ok_or_else(|| format!("the entity &{name}; is not known"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn text_is_put_together_from_its_parts() {
        let root = parse("<a x=\"1 &amp; 2\">one &lt; <![CDATA[<two>]]>&#252;<b/><!-- no --></a>").expect("XML");
        assert_eq!((root.text.as_str(), root.attribute("x")), ("one < <two>ü", Some("1 & 2")));
        assert_eq!(root.children[0].name, "b");
    }

    #[test]
    fn hostile_documents_are_refused() {
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        let bomb = "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>";
        for text in ["", "no", "<a>", "<a></b>", "<a/><b/>", "<a>&x;</a>", bomb, &deep] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
