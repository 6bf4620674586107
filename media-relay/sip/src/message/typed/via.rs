//! Via: the way that a request came and its response goes back (RFC 3261 §20.42, RFC 3581).

use core::net::IpAddr;
use std::fmt;

use super::{
    host::{Host, host_and_port},
    params::Params,
};
use crate::{
    message::scan::{Scanner, is_token, number},
    transport::Transport,
};

/// What a branch begins with if it is unique in space and time (RFC 3261 §8.1.1.7).
pub const MAGIC_COOKIE: &str = "z9hG4bK";

/// One value of a Via header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// The transport's name in upper case; it may be one that we do not speak.
    pub transport: String,
    /// The host that sent the message, as it calls itself.
    pub host: Host,
    /// The port that responses are expected on, if it is named.
    pub port: Option<u16>,
    /// `branch`, `received`, `rport` and others.
    pub params: Params,
}

impl Via {
    /// A Via of our own, with an empty `rport` that asks for symmetric responses.
    pub fn new(transport: Transport, host: Host, port: Option<u16>, branch: &str) -> Self {
        let params = Params::default().with("rport", None).with("branch", Some(branch));
        Self { transport: transport.name().to_owned(), host, port, params }
    }

    /// The branch, if there is one.
    pub fn branch(&self) -> Option<&str> {
        self.params.raw("branch")
    }

    /// The branch, if it is one of RFC 3261: it begins with the cookie and goes on behind it.
    pub fn unique_branch(&self) -> Option<&str> {
        let branch = self.branch()?;
        let cookie = branch.get(..MAGIC_COOKIE.len())?;
        (cookie.eq_ignore_ascii_case(MAGIC_COOKIE) && branch.len() > MAGIC_COOKIE.len()).then_some(branch)
    }

    /// Where the message came from, as its receiver saw it.
    pub fn received(&self) -> Option<IpAddr> {
        Host::parse(self.params.raw("received")?).ok().and_then(|host| host.address()).or_else(|| {
            // Some write an address of version 6 without its brackets.
            self.params.raw("received")?.parse().ok()
        })
    }

    /// The port that the message came from, as its receiver saw it.
    pub fn rport(&self) -> Option<u16> {
        number(self.params.raw("rport")?)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut scanner = Scanner::new(text);
        scanner.skip_space();
        let protocol = scanner.token().ok_or("the protocol is missing")?;
        let has_version =
            scanner.eat_separator('/') && scanner.token() == Some("2.0") && scanner.eat_separator('/');
        if !protocol.eq_ignore_ascii_case("SIP") || !has_version {
            return Err("the protocol is not SIP/2.0");
        }
        let transport = scanner.token().ok_or("the transport is missing")?.to_ascii_uppercase();
        let before = scanner.rest().len();
        scanner.skip_space();
        if scanner.rest().len() == before {
            return Err("no space stands before the host");
        }
        let (host, port) = host_and_port(scanner.take_while(|next| next != ';').trim_end())?;
        let via = Self { transport, host, port, params: Params::of_header(&mut scanner)? };
        match via.branch() {
            Some(branch) if !is_token(branch) => Err("the branch is no token"),
            _ => Ok(via),
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        self.params.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_via_is_read_with_space_wherever_it_may_stand() {
        let via = Via::parse(
            "SIP  / 2.0  / TCP     Spindle.example.com : 5070  ;\tbranch  =   z9hG4bK9ikj8 ; rport",
        )
        .expect("a Via");
        assert_eq!(via.to_string(), "SIP/2.0/TCP spindle.example.com:5070;branch=z9hG4bK9ikj8;rport");
        assert_eq!((via.unique_branch(), via.rport()), (Some("z9hG4bK9ikj8"), None));
    }

    #[test]
    fn only_a_branch_that_goes_on_behind_the_cookie_is_unique() {
        for (branch, unique) in [("z9hG4bK1", true), ("Z9HG4BK1", true), ("z9hG4bK", false), ("1234", false)]
        {
            let via = Via::parse(&format!("SIP/2.0/UDP h;branch={branch}")).expect("a Via");
            assert_eq!(via.unique_branch().is_some(), unique, "{branch}");
        }
    }

    #[test]
    fn received_may_be_an_address_of_either_version_with_brackets_or_without() {
        for (written, address) in
            [("192.0.2.1", "192.0.2.1"), ("2001:db8::9", "2001:db8::9"), ("[::1]", "::1")]
        {
            let via = Via::parse(&format!("SIP/2.0/UDP h;received={written}")).expect("a Via");
            assert_eq!(via.received(), address.parse().ok());
        }
    }
}
