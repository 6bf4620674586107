//! Where a buyer's calls go.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::phone::PhoneNumber;

/// One phone number or SIP URI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// A number in E.164 form.
    PhoneNumber(PhoneNumber),
    /// A SIP or SIPS URI (RFC 3261 §19.1).
    SipUri(SipUri),
}

/// A SIP or SIPS URI, checked in shape: scheme, optional user, host, optional port; no spaces or controls, at most 255 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "sip:desk@127.0.0.1:5080")]
pub struct SipUri(String);

/// A text that is not a SIP URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a SIP URI such as sip:desk@sip.example.com:5060, at most 255 characters")]
pub struct InvalidSipUri;

impl SipUri {
    /// The URI as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SipUri {
    type Error = InvalidSipUri;

    fn try_from(text: String) -> Result<Self, InvalidSipUri> {
        let rest = text.strip_prefix("sips:").or_else(|| text.strip_prefix("sip:")).ok_or(InvalidSipUri)?;
        let printable = rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"".contains(&byte));
        let host = rest.rsplit_once('@').map_or(rest, |(user, host)| if user.is_empty() { "" } else { host });
        let host_is_there = host.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[');
        if printable && host_is_there && text.len() <= 255 { Ok(Self(text)) } else { Err(InvalidSipUri) }
    }
}

impl From<SipUri> for String {
    fn from(uri: SipUri) -> Self {
        uri.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sip_uris_are_checked_in_shape() {
        for good in
            ["sip:desk@127.0.0.1:5080", "sips:example.com", "sip:+12145550100@[2001:db8::1];transport=tcp"]
        {
            assert!(SipUri::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "sip:", "sip:@host", "http://x", "sip:a b@c", "sip:a@\"x", "sip:a@<x>", "sip:é@x"] {
            assert!(SipUri::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        assert!(SipUri::try_from(format!("sip:{}", "a".repeat(252))).is_err());
    }
}
