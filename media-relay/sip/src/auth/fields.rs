//! `Digest name=value, name="value"`, as challenges and credentials are written.

use crate::message::scan::{Scanner, unquote};

/// The fields of a digest header, without their quotes. None if the scheme is another, or the text is not well formed.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut scanner = Scanner::new(text);
        scanner.skip_space();
        if !scanner.token()?.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let mut fields = Vec::new();
        loop {
            scanner.skip_space();
            if scanner.is_empty() {
                return Some(Self(fields));
            }
            let name = scanner.token()?.to_ascii_lowercase();
            if !scanner.eat_separator('=') {
                return None;
            }
            let value = match scanner.peek() {
                Some('"') => unquote(scanner.quoted()?),
                _ => scanner.take_while(|next| !matches!(next, ',' | ' ' | '\t')).to_owned(),
            };
            let is_repeated = fields.iter().any(|(known, _)| *known == name);
            if is_repeated {
                return None;
            }
            fields.push((name, value));
            if !scanner.eat_separator(',') && !scanner.is_empty() {
                return None;
            }
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
