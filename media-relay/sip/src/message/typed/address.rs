//! Names and addresses, as From, To, Contact, Route and others hold them (RFC 3261 §20.10).

use std::fmt;

use super::{params::Params, uri::Uri};
use crate::message::scan::{Scanner, is_token_char, quote, unquote};

/// A URI with the name that may stand before it and the parameters that may follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The display name without quotes; never empty.
    pub display: Option<String>,
    /// The URI.
    pub uri: Uri,
    /// The header's parameters, such as `tag`, `q` or `expires`.
    pub params: Params,
}

impl Address {
    /// An address without name and parameters.
    pub fn new(uri: impl Into<Uri>) -> Self {
        Self { display: None, uri: uri.into(), params: Params::default() }
    }

    /// The tag of From or To.
    pub fn tag(&self) -> Option<&str> {
        self.params.raw("tag")
    }

    /// The same address under a tag.
    #[must_use]
    pub fn with_tag(mut self, tag: &str) -> Self {
        self.params.set("tag", Some(tag));
        self
    }

    /// Reads one value, which must be all of the text.
    ///
    /// # Errors
    /// It is no address; the sentence says why.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut scanner = Scanner::new(text);
        scanner.skip_space();
        let display = match scanner.peek() {
            Some('"') => Some(unquote(scanner.quoted().ok_or("a quote is not closed")?)),
            _ if text.contains('<') => Some(unquoted_name(scanner.take_while(|next| next != '<'))?),
            _ => None,
        };
        scanner.skip_space();
        let uri = if scanner.eat('<') {
            let uri = scanner.take_while(|next| next != '>');
            if !scanner.eat('>') {
                return Err("an angle bracket is not closed");
            }
            uri
        } else if display.is_some() {
            return Err("the URI behind a name must stand in angle brackets");
        } else {
            bare(scanner.take_while(|next| !matches!(next, ';' | ' ' | '\t')))?
        };
        let uri = uri.parse::<Uri>().map_err(|error| error.0)?;
        let params = Params::of_header(&mut scanner)?;
        let address = Self { display: display.filter(|name| !name.is_empty()), uri, params };
        match address.params.raw("tag") {
            Some(tag) if !tag.chars().all(is_token_char) => Err("the tag is no token"),
            None if address.params.has("tag") => Err("the tag is empty"),
            _ => Ok(address),
        }
    }
}

/// A name without quotes is a row of tokens.
fn unquoted_name(text: &str) -> Result<String, &'static str> {
    let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
    if words.all(|word| word.chars().all(is_token_char)) {
        Ok(text.trim().to_owned())
    } else {
        Err("a name that is not in quotes has characters that need them")
    }
}

/// Outside of brackets, what follows a comma, a semicolon or a question mark would not be the URI's (RFC 3261 §20.10).
fn bare(uri: &str) -> Result<&str, &'static str> {
    if uri.contains(['?', ',']) {
        Err("a URI with a question mark must stand in angle brackets")
    } else {
        Ok(uri)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.display {
            write!(f, "{} ", quote(name))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tags_and_bare_uris_are_read() {
        for (text, written) in [
            (
                r#""J Rosenberg \\\""       <sip:jdrosen@example.com>  ;  tag = 98asjd8"#,
                r#""J Rosenberg \\\"" <sip:jdrosen@example.com>;tag=98asjd8"#,
            ),
            ("sip:vivekg@example.com ;   tag    = 1918181833n", "<sip:vivekg@example.com>;tag=1918181833n"),
            ("caller<sip:caller@example.com>;tag=323", "\"caller\" <sip:caller@example.com>;tag=323"),
            ("<sip:a@b;lr>", "<sip:a@b;lr>"),
            ("\"\" <tel:+1>", "<tel:+1>"),
        ] {
            assert_eq!(Address::parse(text).expect(text).to_string(), written);
        }
    }

    #[test]
    fn whatever_is_no_address_is_refused() {
        for text in [
            "",
            "<sip:a@b",
            "\"open <sip:a@b>",
            "Bell, A <sip:a@b>",
            "< sip:a@b >",
            "\"x\" sip:a@b",
            "sip:a@b?Route=%3Csip:c%3E",
            "<sip:a@b>;;;;",
            "<sip:a@b> x",
            "<sip:a@b>;tag",
            "<sip:a@b>;tag=",
            "<sip:a@b>;tag=\"a b\"",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
