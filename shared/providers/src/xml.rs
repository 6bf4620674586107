//! XML documents in memory: elements in, one correctly escaped text out.

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};

/// An element with its attributes and what is in it.
#[derive(Debug)]
pub(crate) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// An element without attributes or content.
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), text: String::new(), children: Vec::new() }
    }

    /// Adds an attribute.
    pub(crate) fn attribute(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, allowed(&value.into())));
        self
    }

    /// Adds an attribute if there is a value for it.
    pub(crate) fn attribute_if_some(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.attribute(name, value),
            None => self,
        }
    }

    /// Puts text in.
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.text = allowed(text);
        self
    }

    /// Puts elements in, behind the text and those that are there.
    pub(crate) fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// The whole document with this element as its root.
    pub(crate) fn into_document(self) -> String {
        let mut writer = Writer::new(Vec::with_capacity(512));
        writer
            .write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))
            .and_then(|()| self.write(&mut writer))
            .expect("writing to memory cannot fail");
        String::from_utf8(writer.into_inner()).expect("only text was written")
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        let start = BytesStart::new(self.name)
            .with_attributes(self.attributes.iter().map(|(name, value)| (*name, value.as_str())));
        if self.text.is_empty() && self.children.is_empty() {
            return writer.write_event(Event::Empty(start));
        }
        writer.write_event(Event::Start(start))?;
        if !self.text.is_empty() {
            writer.write_event(Event::Text(BytesText::new(&self.text)))?;
        }
        self.children.iter().try_for_each(|child| child.write(writer))?;
        writer.write_event(Event::End(BytesEnd::new(self.name)))
    }
}

/// Drops the characters that no XML 1.0 document may hold, even escaped (XML 1.0 §2.2, `Char`).
pub(crate) fn allowed(text: &str) -> String {
    text.chars()
        .filter(|character| {
            !matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::{Reader, escape::unescape};

    use super::*;

    /// What a reader finds in `<R a="{attribute}">{text}</R>`: the attribute, the text, and the number of elements.
    fn read_back(document: &str) -> (String, String, usize) {
        let (mut attribute, mut text, mut elements) = (String::new(), String::new(), 0);
        let mut reader = Reader::from_str(document);
        loop {
            match reader.read_event().expect("well-formed") {
                Event::Start(start) | Event::Empty(start) => {
                    elements += 1;
                    for found in start.attributes() {
                        let value = found.expect("an attribute").value.into_owned();
                        attribute = unescape(&value).expect("known references").into_owned();
                    }
                }
                Event::Text(part) => text.push_str(&part),
                Event::GeneralRef(reference) => {
                    let escaped = format!("&{};", &*reference);
                    text.push_str(&unescape(&escaped).expect("a known reference"));
                }
                Event::Eof => return (attribute, text, elements),
                Event::End(_) | Event::Decl(_) => {}
                other => panic!("{other:?} was never written"),
            }
        }
    }

    #[test]
    fn an_element_without_content_is_closed_at_once() {
        assert_eq!(
            Element::new("Response").into_document(),
            r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#
        );
    }

    #[test]
    fn markup_in_values_stays_text() {
        let hostile = "\"'><Hangup/>&amp;<!--]]>\u{0}\u{b}\n\t";
        let document = Element::new("R").attribute("a", hostile).text(hostile).into_document();
        let expected = "\"'><Hangup/>&amp;<!--]]>\n\t".to_owned();
        assert_eq!(read_back(&document), (expected.clone(), expected, 1));
    }

    proptest! {
        #[test]
        fn any_text_reads_back_as_its_allowed_characters(text in any::<String>()) {
            let document = Element::new("R").attribute("a", &text).text(&text).into_document();
            prop_assert_eq!(read_back(&document), (allowed(&text), allowed(&text), 1));
        }
    }
}
