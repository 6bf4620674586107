//! Hosts: names and addresses.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fmt;

/// A host in a URI or a Via.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A domain name, in lower case.
    Name(String),
    /// An address; one of version 6 is written in brackets.
    Address(IpAddr),
}

impl Host {
    /// Reads a host without its port.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or("a bracket of the host is not closed")?;
            let address = inner.parse::<Ipv6Addr>().map_err(|_| "the host in brackets is no IPv6 address")?;
            return Ok(Self::Address(address.into()));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Address(address.into()));
        }
        let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        if text.is_empty() || text.len() > 255 || !is_name {
            return Err("the host is neither a name nor an address");
        }
        Ok(Self::Name(text.to_ascii_lowercase()))
    }

    /// The address, if it is one.
    pub const fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(*address),
            Self::Name(_) => None,
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        Self::Address(address)
    }
}

/// A host with the port that may follow it.
pub(crate) fn host_and_port(text: &str) -> Result<(Host, Option<u16>), &'static str> {
    let end_of_host =
        if text.starts_with('[') { text.find(']').map_or(text.len(), |end| end + 1) } else { 0 };
    match text[end_of_host..].find(':') {
        None => Ok((Host::parse(text.trim_end())?, None)),
        Some(colon) => {
            let colon = end_of_host + colon;
            let port = text[colon + 1..].trim();
            let port = crate::message::scan::number(port).ok_or("the port is no number below 65536")?;
            Ok((Host::parse(text[..colon].trim_end())?, Some(port)))
        }
    }
}
