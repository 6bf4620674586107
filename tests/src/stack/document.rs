//! A provider's document, read as the provider reads it.

use anyhow::{Context, Result, bail};
use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

/// An element of an XML document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Its attributes, in their order.
    pub attributes: Vec<(String, String)>,
    /// The text directly in it.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Self>,
}

/// A dial to one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// Who is dialled.
    pub number: String,
    /// Where its end is told; the fallback of last resort has none.
    pub action: Option<String>,
    /// Where the answerer's first instructions are; none bridges at once.
    pub greeting: Option<String>,
    /// Where the leg's progress is told.
    pub progress: Option<String>,
    /// What is told there, in Twilio's words.
    pub events: Vec<String>,
}

impl Element {
    /// Reads a document.
    ///
    /// # Errors
    /// It is no XML of elements and text.
    pub fn read(document: &str) -> Result<Self> {
        let mut reader = Reader::from_str(document);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event()? {
                Event::Start(start) => open.push(element(&start)?),
                Event::Empty(start) => parent(&mut open)?.children.push(element(&start)?),
                Event::End(_) => {
                    let closed = open.pop().context("nothing is open")?;
                    parent(&mut open)?.children.push(closed);
                }
                Event::Text(text) => parent(&mut open)?.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let escaped = format!("&{};", reference.xml10_content());
                    parent(&mut open)?.text.push_str(&quick_xml::escape::unescape(&escaped)?);
                }
                Event::Decl(_) => {}
                Event::Eof => break,
                other => bail!("{other:?} has no place in a provider's document"),
            }
        }
        parent(&mut open)?.children.pop().context("the document has no root")
    }

    /// The first element of a name, below this one at any depth.
    pub fn find(&self, name: &str) -> Option<&Self> {
        self.children.iter().find_map(|child| if child.name == name { Some(child) } else { child.find(name) })
    }

    /// An attribute's value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What the document tells Twilio to dial, if it does.
    pub fn dial(&self) -> Option<Dial> {
        let dial = self.find("Dial")?;
        let number = dial.find("Number")?;
        Some(Dial {
            number: number.text.clone(),
            action: dial.attribute("action").map(str::to_owned),
            greeting: number.attribute("url").map(str::to_owned),
            progress: number.attribute("statusCallback").map(str::to_owned),
            events: number.attribute("statusCallbackEvent").map_or_else(Vec::new, words),
        })
    }

    /// The names of the elements directly in it.
    pub fn verbs(&self) -> Vec<&str> {
        self.children.iter().map(|child| child.name.as_str()).collect()
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn parent(open: &mut [Element]) -> Result<&mut Element> {
    open.last_mut().context("an element is closed that was not open")
}

fn element(start: &BytesStart<'_>) -> Result<Element> {
    let name = start.name().as_ref().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute?;
        let value = attribute.normalized_value(XmlVersion::Explicit1_0)?;
        attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok(Element { name, attributes, ..Element::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_with_its_text_and_attributes() {
        let document = r#"<?xml version="1.0" encoding="UTF-8"?><Response><Gather action="/a?b=1&amp;c=2">
            <Say>Were you hurt &amp; where?</Say></Gather><Hangup/></Response>"#;
        let response = Element::read(document).expect("a document");
        assert_eq!(response.verbs(), ["Gather", "Hangup"]);
        assert_eq!(response.find("Gather").and_then(|it| it.attribute("action")), Some("/a?b=1&c=2"));
        assert_eq!(response.find("Say").map(|say| say.text.as_str()), Some("Were you hurt & where?"));
        assert_eq!(response.find("Dial"), None);
    }

    #[test]
    fn what_is_no_document_is_an_error() {
        for text in ["", "no XML", "<Response>", "</Response>", "<Response><!-- x --></Response>"] {
            assert!(Element::read(text).is_err(), "{text}");
        }
    }
}
