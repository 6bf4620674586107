//! Reading the text of a header's value, from left to right. Folded lines are one line by now.

/// What is left of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(crate) const fn rest(&self) -> &'a str {
        self.rest
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Takes that character, if it is next.
    pub(crate) fn eat(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes that character and the space around it: a separator as RFC 3261 §25.1 writes them (`SEMI`, `EQUAL`, `SLASH`, …).
    pub(crate) fn eat_separator(&mut self, wanted: char) -> bool {
        let before = self.rest;
        self.skip_space();
        if self.eat(wanted) {
            self.skip_space();
            return true;
        }
        self.rest = before;
        false
    }

    pub(crate) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|next| !wanted(next)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// A token of at least one character.
    pub(crate) fn token(&mut self) -> Option<&'a str> {
        Some(self.take_while(is_token_char)).filter(|token| !token.is_empty())
    }

    /// A quoted string as it stands, its quotes included.
    pub(crate) fn quoted(&mut self) -> Option<&'a str> {
        let end = end_of_quoted(self.rest)?;
        let (quoted, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(quoted)
    }
}

/// Where the quoted string that begins here ends, its closing quote included.
fn end_of_quoted(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    let inner = text.strip_prefix('"')?;
    for (place, next) in inner.char_indices() {
        match next {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(place + 2),
            _ => {}
        }
    }
    None
}

/// What a quoted string says; any other text says itself.
pub(crate) fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return text.to_owned();
    };
    let mut said = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(next) = characters.next() {
        match next {
            '\\' => said.extend(characters.next()),
            _ => said.push(next),
        }
    }
    said
}

/// A text as a quoted string. Line ends, which no quoted string can hold, become spaces.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for next in text.chars() {
        match next {
            '"' | '\\' => quoted.extend(['\\', next]),
            '\r' | '\n' => quoted.push(' '),
            _ => quoted.push(next),
        }
    }
    quoted.push('"');
    quoted
}

/// RFC 3261 §25.1 `token`.
pub(crate) const fn is_token_char(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(character, '-' | '.' | '!' | '%' | '*' | '_' | '+' | '`' | '\'' | '~')
}

/// Whether a text is one token.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_token_char)
}

/// The values of a header that may hold several, split at the commas that stand neither in quotes nor in angle brackets. None if a
/// quote or a bracket is left open.
pub(crate) fn split_values(text: &str) -> Option<Vec<&str>> {
    let (mut values, mut start, mut is_bracketed) = (Vec::new(), 0, false);
    let mut place = 0;
    while let Some(next) = text[place..].chars().next() {
        match next {
            '"' if !is_bracketed => {
                place += end_of_quoted(&text[place..])?;
                continue;
            }
            '<' => is_bracketed = true,
            '>' => is_bracketed = false,
            ',' if !is_bracketed => {
                values.push(text[start..place].trim());
                start = place + 1;
            }
            _ => {}
        }
        place += next.len_utf8();
    }
    values.push(text[start..].trim());
    (!is_bracketed).then_some(values)
}

/// Digits alone, as a number that fits.
pub(crate) fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_split_at_commas_outside_quotes_and_brackets() {
        let text = r#""Doe, \"J\"" <sip:a@b;x=1,2> , c , <sip:d@e>"#;
        assert_eq!(split_values(text), Some(vec![r#""Doe, \"J\"" <sip:a@b;x=1,2>"#, "c", "<sip:d@e>"]));
        for open in [r#"a, "b"#, "<sip:a@b", r#""\""#] {
            assert_eq!(split_values(open), None, "{open}");
        }
    }

    #[test]
    fn a_quoted_text_reads_back() {
        for text in ["", "plain", r#"a "b" \c"#, "é\t"] {
            assert_eq!(unquote(&quote(text)), text);
        }
        assert_eq!(quote("a\r\nVia: x"), "\"a  Via: x\"");
    }

    #[test]
    fn numbers_are_digits_that_fit() {
        assert_eq!(number::<u32>("0009"), Some(9));
        for wrong in ["", "+1", "-1", " 1", "4294967296", "1e3"] {
            assert_eq!(number::<u32>(wrong), None, "{wrong}");
        }
    }
}
