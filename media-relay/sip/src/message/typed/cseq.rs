//! CSeq, RSeq and RAck.

use std::fmt;

use super::method::Method;
use crate::message::scan::{Scanner, is_token_char, number};

/// The number of a request in its dialog, and its method (RFC 3261 §20.16).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CSeq {
    /// The number.
    pub number: u32,
    /// The method.
    pub method: Method,
}

impl CSeq {
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut scanner = Scanner::new(text);
        let digits = scanner.take_while(|next| next.is_ascii_digit());
        let number = number(digits).ok_or("the number is missing or does not fit 32 bits")?;
        scanner.skip_space();
        let method = scanner.take_while(is_token_char);
        scanner.skip_space();
        match Method::parse(method) {
            Some(method) if scanner.is_empty() => Ok(Self { number, method }),
            _ => Err("the method is missing or no token"),
        }
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

/// Which reliable provisional response is acknowledged (RFC 3262 §7.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RAck {
    /// The response's RSeq.
    pub rseq: u32,
    /// The CSeq of the response.
    pub cseq: CSeq,
}

impl RAck {
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (rseq, cseq) = text.trim().split_once([' ', '\t']).ok_or("there is no second number")?;
        let rseq = number(rseq).ok_or("the first number does not fit 32 bits")?;
        Ok(Self { rseq, cseq: CSeq::parse(cseq.trim_start())? })
    }
}

impl fmt::Display for RAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.rseq, self.cseq)
    }
}
