//! The headers that are kept as they came: names and raw values, in their order.

use std::fmt;

use bytes::Bytes;

use super::{
    Problem,
    scan::{is_token, number, split_values},
    typed::{address::Address, cseq::RAck, session::SessionExpires},
};

macro_rules! names {
    ($($variant:ident $text:literal $($compact:literal)?,)*) => {
        /// A header's name, compared without regard to case; its compact form is the same name.
        #[derive(Debug, Clone, Eq)]
        pub enum Name {
            $(#[doc = $text] $variant,)*
            /// Any other.
            Other(String),
        }

        const KNOWN: &[(&str, Name)] = &[$(($text, Name::$variant), $(($compact, Name::$variant),)?)*];

        impl Name {
            /// As it is written.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(name) => name,
                }
            }
        }
    };
}

names! {
    Accept "Accept",
    AlertInfo "Alert-Info",
    Allow "Allow",
    AuthenticationInfo "Authentication-Info",
    Authorization "Authorization",
    CallId "Call-ID" "i",
    CallInfo "Call-Info",
    Contact "Contact" "m",
    ContentDisposition "Content-Disposition",
    ContentEncoding "Content-Encoding" "e",
    ContentLength "Content-Length" "l",
    ContentType "Content-Type" "c",
    CSeq "CSeq",
    Date "Date",
    Diversion "Diversion",
    Event "Event" "o",
    Expires "Expires",
    From "From" "f",
    HistoryInfo "History-Info",
    Identity "Identity" "y",
    MaxForwards "Max-Forwards",
    MinExpires "Min-Expires",
    MinSe "Min-SE",
    PAssertedIdentity "P-Asserted-Identity",
    Privacy "Privacy",
    ProxyAuthenticate "Proxy-Authenticate",
    ProxyAuthorization "Proxy-Authorization",
    ProxyRequire "Proxy-Require",
    RAck "RAck",
    Reason "Reason",
    RecordRoute "Record-Route",
    ReferTo "Refer-To" "r",
    ReferredBy "Referred-By" "b",
    RemotePartyId "Remote-Party-ID",
    Replaces "Replaces",
    Require "Require",
    RetryAfter "Retry-After",
    Route "Route",
    RSeq "RSeq",
    Server "Server",
    SessionExpires "Session-Expires" "x",
    Subject "Subject" "s",
    Supported "Supported" "k",
    Timestamp "Timestamp",
    To "To" "t",
    Unsupported "Unsupported",
    UserAgent "User-Agent",
    Via "Via" "v",
    Warning "Warning",
    WwwAuthenticate "WWW-Authenticate",
}

impl Name {
    /// Reads a token, in either form; none if the text is no token.
    pub fn parse(text: &str) -> Option<Self> {
        match KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(text)) {
            Some((_, name)) => Some(name.clone()),
            None => is_token(text).then(|| Self::Other(text.to_owned())),
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(one), Self::Other(other)) => one.eq_ignore_ascii_case(other),
            (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Headers in their order. Values are unfolded and otherwise as they came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(Vec<(Name, Bytes)>);

impl Headers {
    /// Adds a header at the end.
    pub fn push(&mut self, name: Name, value: impl Into<Bytes>) {
        self.0.push((name, value.into()));
    }

    /// The same headers with one more.
    #[must_use]
    pub fn with(mut self, name: Name, value: impl Into<Bytes>) -> Self {
        self.push(name, value);
        self
    }

    /// Removes the headers of that name.
    pub fn remove(&mut self, name: &Name) {
        self.0.retain(|(known, _)| known != name);
    }

    /// Adds all headers of others at the end.
    pub fn append(&mut self, others: &Self) {
        self.0.extend(others.0.iter().cloned());
    }

    /// Replaces the headers of that name by one at the end.
    pub fn set(&mut self, name: Name, value: impl Into<Bytes>) {
        self.remove(&name);
        self.push(name, value);
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Bytes)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The values of that name, as they came.
    pub fn raw(&self, name: &Name) -> impl Iterator<Item = &Bytes> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value)
    }

    /// Whether there is such a header.
    pub fn has(&self, name: &Name) -> bool {
        self.raw(name).next().is_some()
    }

    /// The first header of that name as text; none if it is missing or no UTF-8.
    pub fn text(&self, name: &Name) -> Option<&str> {
        self.raw(name).next().and_then(|value| std::str::from_utf8(value).ok()).map(str::trim)
    }

    /// The values of all headers of that name, split at their commas.
    ///
    /// # Errors
    /// One is no UTF-8, or a quote or bracket is left open.
    pub fn values(&self, name: &Name) -> Result<Vec<&str>, Problem> {
        let mut values = Vec::new();
        for value in self.raw(name) {
            let text = std::str::from_utf8(value).map_err(|_| Problem::of(name, "it is no UTF-8"))?;
            let split = split_values(text);
            values.extend(split.ok_or(Problem::of(name, "a quote or a bracket is not closed"))?);
        }
        Ok(values)
    }

    /// The addresses of all headers of that name.
    ///
    /// # Errors
    /// One is no address.
    pub fn addresses(&self, name: &Name) -> Result<Vec<Address>, Problem> {
        let values = self.values(name)?.into_iter();
        values.map(|value| Address::parse(value).map_err(|reason| Problem::of(name, reason))).collect()
    }

    /// Whether one of a list of tokens, such as Supported or Allow, is that one. Without regard to case.
    pub fn lists(&self, name: &Name, token: &str) -> bool {
        self.values(name).is_ok_and(|values| values.iter().any(|value| value.eq_ignore_ascii_case(token)))
    }

    /// The number in the first header of that name, comments and parameters behind it left out.
    pub fn number(&self, name: &Name) -> Option<u32> {
        let text = self.text(name)?;
        number(text.split([' ', '\t', ';', '(']).next().unwrap_or(text))
    }

    /// Session-Expires; none if it is missing.
    ///
    /// # Errors
    /// It is there and says no interval.
    pub fn session_expires(&self) -> Result<Option<SessionExpires>, Problem> {
        let name = Name::SessionExpires;
        let parse = |text| SessionExpires::parse(text).map_err(|reason| Problem::of(&name, reason));
        self.text(&name).map(parse).transpose()
    }

    /// RAck; none if it is missing or wrong.
    pub fn rack(&self) -> Option<RAck> {
        RAck::parse(self.text(&Name::RAck)?).ok()
    }
}
