//! Parameters, as URIs and headers carry them behind semicolons.

use std::fmt;

use crate::message::scan::{Scanner, is_token, is_token_char, quote, unquote};

/// Parameters in their order, values as they were written (quotes included). Names are compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Params(Vec<(String, Option<String>)>);

impl Params {
    /// What the first parameter of that name says, without quotes; none if it is missing or has no value.
    pub fn get(&self, name: &str) -> Option<String> {
        self.raw(name).map(unquote)
    }

    /// The first parameter of that name, as it was written.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.find(name).and_then(|(_, value)| value.as_deref())
    }

    /// Whether there is such a parameter, with a value or without.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Sets a parameter, in its place if it was there. A value that is no token, host or number is quoted.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        let value = value.map(|value| if is_plain(value) { value.to_owned() } else { quote(value) });
        match self.0.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, known)) => *known = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// The same parameters with one more.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<&str>) -> Self {
        self.set(name, value);
        self
    }

    /// Removes the parameters of that name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// Names and values, as they were written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    fn find(&self, name: &str) -> Option<&(String, Option<String>)> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// A header's parameters: everything to the end of the value.
    pub(crate) fn of_header(scanner: &mut Scanner<'_>) -> Result<Self, &'static str> {
        let mut params = Self::default();
        while scanner.eat_separator(';') {
            let name = scanner.token().ok_or("a parameter has no name")?;
            let value = if scanner.eat_separator('=') { Some(value(scanner)?) } else { None };
            params.0.push((name.to_owned(), value));
        }
        scanner.skip_space();
        if scanner.is_empty() { Ok(params) } else { Err("something stands behind the parameters") }
    }

    /// A URI's parameters: what stands between its host and its headers, without the first semicolon.
    pub(crate) fn of_uri(text: &str) -> Result<Self, &'static str> {
        let params = text.split(';').filter(|param| !param.is_empty());
        let params = params.map(|param| match param.split_once('=') {
            None if is_uri_text(param) => Ok((param.to_owned(), None)),
            Some((name, value)) if !name.is_empty() && is_uri_text(name) && is_uri_text(value) => {
                Ok((name.to_owned(), Some(value.to_owned())))
            }
            _ => Err("a parameter of the URI has characters that must be escaped"),
        });
        params.collect::<Result<_, _>>().map(Self)
    }
}

fn value(scanner: &mut Scanner<'_>) -> Result<String, &'static str> {
    if scanner.peek() == Some('"') {
        return scanner.quoted().map(str::to_owned).ok_or("a quote is not closed");
    }
    let value = scanner.take_while(is_value_char);
    if value.is_empty() { Err("a parameter has an equals sign and no value") } else { Ok(value.to_owned()) }
}

/// Tokens and hosts, and what is written unquoted though it should not be.
fn is_value_char(character: char) -> bool {
    is_token_char(character) || matches!(character, '[' | ']' | ':' | '/' | '@' | '$' | '&' | '(' | ')' | '#')
}

fn is_plain(value: &str) -> bool {
    is_token(value)
        || (!value.is_empty() && value.chars().all(|each| is_token_char(each) || "[]:".contains(each)))
}

/// RFC 3261 §25.1 `paramchar`, more or less: what can neither end the URI nor the header.
pub(crate) fn is_uri_text(text: &str) -> bool {
    text.chars().all(|each| {
        each.is_ascii_graphic() && !matches!(each, '<' | '>' | '"' | '\\' | '^' | '`' | '{' | '|' | '}')
    })
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.0 {
            match value {
                Some(value) => write!(f, ";{name}={value}")?,
                None => write!(f, ";{name}")?,
            }
        }
        Ok(())
    }
}
