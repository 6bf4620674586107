//! Where a request for a URI is sent (RFC 3263), as a machine that asks for names and is given answers.
//!
//! [`Resolution::start`] begins. Whoever knows the network asks each [`Question`] that [`Resolution::poll_question`] gives, hands the answer to
//! [`Resolution::handle_answer`], and in the end takes the peers from [`Resolution::peers`], which are tried in that order: the next one
//! after a time-out, a transport failure or a 503.

mod machine;
mod order;
#[cfg(test)]
mod tests;

use core::net::IpAddr;

pub use self::machine::{Resolution, Unresolvable};

/// A name and what is wanted of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// Which transports a domain has, and under which names.
    Naptr(String),
    /// Which hosts serve a transport.
    Srv(String),
    /// Which addresses, of both versions, a host has.
    Addresses(String),
}

/// One NAPTR record (RFC 2915); those whose flag is not `s` are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naptr {
    /// Lower is taken first.
    pub order: u16,
    /// Lower is taken first within an order.
    pub preference: u16,
    /// The flag, such as `s`.
    pub flags: String,
    /// The service, such as `SIP+D2U`.
    pub service: String,
    /// The name to ask for SRV.
    pub replacement: String,
}

/// One SRV record (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Srv {
    /// Lower is taken first.
    pub priority: u16,
    /// The share among those of one priority.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host; `.` means that there is none.
    pub target: String,
}

/// What a question was answered with; a list that is empty also if the name is not there or nobody could tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To [`Question::Naptr`].
    Naptr(Vec<Naptr>),
    /// To [`Question::Srv`].
    Srv(Vec<Srv>),
    /// To [`Question::Addresses`].
    Addresses(Vec<IpAddr>),
}
