//! URIs (RFC 3261 §19.1).

use std::{fmt, str::FromStr};

use super::{
    host::{Host, host_and_port},
    params::{Params, is_uri_text},
};
use crate::{message::scan::is_token_char, transport::Transport};

/// A text that is no URI, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidUri(pub &'static str);

/// A URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uri {
    /// `sip:` or `sips:`.
    Sip(SipUri),
    /// Any other scheme, such as `tel:`; what follows the colon is kept as it is.
    Other {
        /// The scheme, in lower case.
        scheme: String,
        /// All behind the colon.
        rest: String,
    },
}

/// A `sip:` or `sips:` URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SipUri {
    /// Whether it is `sips:`.
    pub is_secure: bool,
    /// User and password as they were written, escapes included.
    pub user: Option<String>,
    /// The host.
    pub host: Host,
    /// The port, if one is named.
    pub port: Option<u16>,
    /// The parameters, such as `lr` or `transport`.
    pub params: Params,
    /// The headers behind the question mark, as they were written.
    pub headers: Option<String>,
}

impl SipUri {
    /// A URI of that user at that host.
    pub fn new(user: Option<&str>, host: Host, port: Option<u16>) -> Self {
        let user = user.map(escape_user);
        Self { is_secure: false, user, host, port, params: Params::default(), headers: None }
    }

    /// The user without password and parameters of its own, escapes undone: for a telephone, its digits.
    pub fn user_name(&self) -> Option<String> {
        let user = self.user.as_deref()?;
        Some(unescape(user.split([':', ';']).next().unwrap_or(user)))
    }

    /// The transport that the URI asks for by parameter or by scheme.
    pub fn transport(&self) -> Option<Transport> {
        match self.params.get("transport") {
            Some(named) => Transport::from_name(&named).map(|transport| match transport {
                Transport::Tcp if self.is_secure => Transport::Tls,
                other => other,
            }),
            None if self.is_secure => Some(Transport::Tls),
            None => None,
        }
    }

    /// Whether it names a loose router (RFC 3261 §16.12).
    pub fn is_loose_router(&self) -> bool {
        self.params.has("lr")
    }

    fn parse(is_secure: bool, text: &str) -> Result<Self, InvalidUri> {
        let (user, rest) = match text.split_once('@') {
            Some((user, rest)) => (Some(user.to_owned()), rest),
            None => (None, text),
        };
        let (rest, headers) = match rest.split_once('?') {
            Some((rest, headers)) => (rest, Some(headers.to_owned())),
            None => (rest, None),
        };
        let (host, params) = rest.split_once(';').unwrap_or((rest, ""));
        if user.as_deref().is_some_and(|user| user.is_empty() || !has_whole_escapes(user)) {
            return Err(InvalidUri("the user of the URI is empty or has a broken escape"));
        }
        let (host, port) = host_and_port(host).map_err(InvalidUri)?;
        let params = Params::of_uri(params).map_err(InvalidUri)?;
        Ok(Self { is_secure, user, host, port, params, headers })
    }
}

impl Uri {
    /// The `sip:` or `sips:` URI, if it is one.
    pub const fn as_sip(&self) -> Option<&SipUri> {
        match self {
            Self::Sip(uri) => Some(uri),
            Self::Other { .. } => None,
        }
    }
}

impl From<SipUri> for Uri {
    fn from(uri: SipUri) -> Self {
        Self::Sip(uri)
    }
}

impl FromStr for Uri {
    type Err = InvalidUri;

    fn from_str(text: &str) -> Result<Self, InvalidUri> {
        let (scheme, rest) = text.split_once(':').ok_or(InvalidUri("the URI has no scheme"))?;
        let mut characters = scheme.chars();
        let begins_well = characters.next().is_some_and(|first| first.is_ascii_alphabetic());
        if !begins_well || !characters.all(|each| each.is_ascii_alphanumeric() || "+-.".contains(each)) {
            return Err(InvalidUri("the scheme of the URI is not well formed"));
        }
        if rest.is_empty() || !is_uri_text(rest) {
            return Err(InvalidUri("the URI has characters that must be escaped"));
        }
        match scheme.to_ascii_lowercase().as_str() {
            "sip" => SipUri::parse(false, rest).map(Self::Sip),
            "sips" => SipUri::parse(true, rest).map(Self::Sip),
            other => Ok(Self::Other { scheme: other.to_owned(), rest: rest.to_owned() }),
        }
    }
}

impl fmt::Display for SipUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_secure { "sips:" } else { "sip:" })?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        write!(f, "{}", self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)?;
        match &self.headers {
            Some(headers) => write!(f, "?{headers}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sip(uri) => uri.fmt(f),
            Self::Other { scheme, rest } => write!(f, "{scheme}:{rest}"),
        }
    }
}

fn has_whole_escapes(text: &str) -> bool {
    let mut parts = text.split('%');
    parts.next();
    parts.all(|part| part.as_bytes().get(..2).is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit)))
}

/// A text with its `%41` undone; what is not UTF-8 then is replaced.
pub fn unescape(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, tail @ ..] = rest {
        let escaped = (*first == b'%').then(|| tail.get(..2)).flatten();
        let escaped = escaped.and_then(|pair| hex::decode(pair).ok());
        match escaped {
            Some(byte) => {
                bytes.extend(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn escape_user(user: &str) -> String {
    let mut escaped = String::with_capacity(user.len());
    for byte in user.bytes() {
        let character = char::from(byte);
        // `%` and the backquote are token characters, and no characters of a user.
        let is_plain = byte.is_ascii() && is_token_char(character) && !matches!(character, '%' | '`');
        if is_plain || b"&=$,;?/()".contains(&byte) {
            escaped.push(character);
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Uri {
        text.parse().expect(text)
    }

    #[test]
    fn a_uri_reads_back_as_it_was_written() {
        for text in [
            "sip:alice@example.com",
            "sips:alice:secret@[2001:db8::1]:5061;transport=tcp;lr?Subject=x&Priority=urgent",
            "sip:user;par=u%40example.net@example.com",
            "tel:+12145550100;phone-context=example.com",
            "sip:192.0.2.1:5060;lr",
            "soap.beep://192.0.2.103:3002",
        ] {
            assert_eq!(read(text).to_string(), text);
        }
    }

    #[test]
    fn a_user_is_told_without_its_escapes_and_parameters() {
        let name = |text| read(text).as_sip().and_then(SipUri::user_name);
        assert_eq!(name("sip:%2B12145550100;npdi@example.com").as_deref(), Some("+12145550100"));
        assert_eq!(name("sip:a:b@c").as_deref(), Some("a"));
        assert_eq!(name("sip:c"), None);
    }

    #[test]
    fn whatever_is_no_uri_says_why() {
        for text in [
            "",
            "alice",
            "sip:",
            ":a",
            "1sip:a@b",
            "sip:a b@c",
            "sip:a@",
            "sip:@b",
            "sip:a@b:x",
            "sip:a@b:70000",
            "sip:a@[::1",
            "sip:a@[zz]",
            "sip:a%4@b",
            "sip:a@b c",
            "<sip:a@b>",
            "sip:a@b;x=\"y",
            "sip:a@b\r\nVia: x",
        ] {
            assert!(text.parse::<Uri>().is_err(), "{text}");
        }
    }

    #[test]
    fn users_that_are_set_are_escaped() {
        let uri = SipUri::new(Some("a b@c\r\n%"), Host::Name("example.com".to_owned()), None);
        assert_eq!(uri.to_string(), "sip:a%20b%40c%0D%0A%25@example.com");
        assert_eq!(uri.user_name().as_deref(), Some("a b@c\r\n%"));
    }
}
