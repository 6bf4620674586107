//! Transports, where messages come from and go to, and which transport carries a message (RFC 3261 §18, RFC 3581).

use core::net::{IpAddr, SocketAddr};

use crate::message::{Host, Via};

/// A transport that we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Datagrams: messages may be lost, doubled and reordered.
    Udp,
    /// A stream.
    Tcp,
    /// A stream within TLS.
    Tls,
}

impl Transport {
    /// As a Via names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        }
    }

    /// Reads the name of a Via or of a URI's parameter.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Udp, Self::Tcp, Self::Tls]
            .into_iter()
            .find(|transport| transport.name().eq_ignore_ascii_case(name))
    }

    /// Whether the transport itself repeats what is lost.
    pub const fn is_reliable(self) -> bool {
        matches!(self, Self::Tcp | Self::Tls)
    }

    /// The port that is meant if none is named.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 5060,
            Self::Tls => 5061,
        }
    }
}

/// One connection of a stream transport, numbered by whoever holds the sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// A name that the other side's certificate must be made out to (RFC 5922 §7.2), numbered by whoever holds the sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(pub u64);

/// Where a message came from, or where one is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peer {
    /// The transport.
    pub transport: Transport,
    /// The other side's address.
    pub address: SocketAddr,
    /// The connection, if there is one: it is used as long as it is open, and `address` is connected to after that.
    pub connection: Option<ConnectionId>,
    /// Over TLS, the name that led to the address, if one did. Several may lead to one, and what is for one is not for another.
    pub name: Option<NameId>,
}

impl Peer {
    /// A peer without a connection.
    pub const fn new(transport: Transport, address: SocketAddr) -> Self {
        Self { transport, address, connection: None, name: None }
    }
}

/// The longest request that goes over UDP while the path's MTU is not known, in bytes (RFC 3261 §18.1.1). A request that is longer goes
/// over TCP.
pub const MOST_UDP_REQUEST_BYTES: usize = 1_300;

/// Writes into a request's topmost Via where the request came from (RFC 3261 §18.2.1, RFC 3581 §4).
pub fn mark_received(via: &mut Via, from: SocketAddr) {
    let wants_port = via.params.has("rport");
    if wants_port {
        via.params.set("rport", Some(&from.port().to_string()));
    }
    if wants_port || via.host.address() != Some(from.ip()) {
        via.params.set("received", Some(&from.ip().to_string()));
    }
}

/// Where a response goes (RFC 3261 §18.2.2, RFC 3581 §4), by the topmost Via as [`mark_received`] left it. A stream's response goes back on
/// the request's connection; its address is where to connect should that be gone.
pub fn response_peer(via: &Via, request_from: Peer) -> Peer {
    let sent_by_port = via.port.unwrap_or(request_from.transport.default_port());
    let host = via.received().unwrap_or(request_from.address.ip());
    if request_from.transport.is_reliable() {
        return Peer { address: SocketAddr::new(host, sent_by_port), ..request_from };
    }
    // An address in `maddr` may be anybody's: a response goes there only if it is one of many, as RFC 3261 meant it.
    let multicast = via.params.raw("maddr").and_then(|maddr| maddr.parse::<IpAddr>().ok());
    let multicast = multicast.filter(IpAddr::is_multicast);
    let address = match (multicast, via.rport()) {
        (Some(group), _) => SocketAddr::new(group, sent_by_port),
        (None, Some(port)) => SocketAddr::new(host, port),
        (None, None) => SocketAddr::new(host, sent_by_port),
    };
    Peer { address, ..request_from }
}

/// The transport for a request of that length to a peer that would be reached by that transport.
pub const fn transport_for(preferred: Transport, request_bytes: usize) -> Transport {
    match preferred {
        Transport::Udp if request_bytes > MOST_UDP_REQUEST_BYTES => Transport::Tcp,
        other => other,
    }
}

/// How we are reached, as Via and Contact tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentBy {
    /// Our host.
    pub host: Host,
    /// Our port; none for the transport's default.
    pub port: Option<u16>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Params;

    fn via(params: Params) -> Via {
        Via {
            transport: "UDP".to_owned(),
            host: Host::Name("pc.example.com".to_owned()),
            port: Some(5070),
            params,
        }
    }

    fn from(transport: Transport) -> Peer {
        Peer::new(transport, "192.0.2.9:40000".parse().expect("an address"))
    }

    fn answered_at(params: Params, transport: Transport) -> String {
        let mut via = via(params);
        mark_received(&mut via, from(transport).address);
        response_peer(&via, from(transport)).address.to_string()
    }

    #[test]
    fn a_response_goes_to_the_source_if_rport_asks_for_it_and_to_the_port_of_the_via_if_not() {
        assert_eq!(answered_at(Params::default().with("rport", None), Transport::Udp), "192.0.2.9:40000");
        assert_eq!(answered_at(Params::default(), Transport::Udp), "192.0.2.9:5070");
        assert_eq!(answered_at(Params::default().with("rport", None), Transport::Tcp), "192.0.2.9:5070");
    }

    #[test]
    fn a_foreign_address_in_maddr_or_received_turns_no_response_there() {
        let params =
            Params::default().with("maddr", Some("198.51.100.1")).with("received", Some("198.51.100.2"));
        assert_eq!(answered_at(params, Transport::Udp), "192.0.2.9:5070");
        assert_eq!(
            answered_at(Params::default().with("maddr", Some("224.2.0.1")), Transport::Udp),
            "224.2.0.1:5070"
        );
    }

    #[test]
    fn a_sender_who_names_its_own_address_is_not_told_it_unless_it_asks() {
        let mut named = via(Params::default());
        named.host = Host::Address("192.0.2.9".parse().expect("an address"));
        mark_received(&mut named, from(Transport::Udp).address);
        assert_eq!(named.received(), None);
        named.params.set("rport", None);
        mark_received(&mut named, from(Transport::Udp).address);
        assert_eq!((named.received(), named.rport()), ("192.0.2.9".parse().ok(), Some(40_000)));
    }

    #[test]
    fn a_long_request_goes_over_a_stream() {
        assert_eq!(transport_for(Transport::Udp, 1_300), Transport::Udp);
        assert_eq!(transport_for(Transport::Udp, 1_301), Transport::Tcp);
        assert_eq!(transport_for(Transport::Tls, 9_000), Transport::Tls);
    }
}
