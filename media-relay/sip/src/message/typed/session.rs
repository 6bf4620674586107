//! Session-Expires (RFC 4028).

use std::fmt;

use super::params::Params;
use crate::message::scan::{Scanner, number};

/// Who sends the refreshes of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresher {
    /// The sender of the request that this stands in or answers.
    Uac,
    /// The sender of its response.
    Uas,
}

/// How long a session lasts without a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionExpires {
    /// The interval in seconds.
    pub seconds: u32,
    /// Who refreshes it, if it is said.
    pub refresher: Option<Refresher>,
}

impl SessionExpires {
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut scanner = Scanner::new(text);
        let seconds = number(scanner.take_while(|next| next.is_ascii_digit()));
        let seconds = seconds.ok_or("the interval is missing or does not fit 32 bits")?;
        let params = Params::of_header(&mut scanner)?;
        let refresher = match params.raw("refresher") {
            Some(who) if who.eq_ignore_ascii_case("uac") => Some(Refresher::Uac),
            Some(who) if who.eq_ignore_ascii_case("uas") => Some(Refresher::Uas),
            Some(_) => return Err("the refresher is neither uac nor uas"),
            None => None,
        };
        Ok(Self { seconds, refresher })
    }
}

impl fmt::Display for SessionExpires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.refresher {
            None => write!(f, "{}", self.seconds),
            Some(Refresher::Uac) => write!(f, "{};refresher=uac", self.seconds),
            Some(Refresher::Uas) => write!(f, "{};refresher=uas", self.seconds),
        }
    }
}
