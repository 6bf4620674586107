//! Sockets in pairs. Those of a closed leg stay bound for a while: what still comes to them reaches nobody, and no other program gets it.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
    time::Duration,
};

use ringfall_media::{
    ports::{PortPair, PortPool},
    sdp::LocalAddress,
};
use rustix::net::sockopt;

use super::{EngineConfig, EngineError, MediaAddress};

/// How many pairs are tried: another program may have some of them.
const MOST_TRIES: usize = 32;

/// How many bytes may wait at a socket, as the kernel counts them (it takes twice as much): about half a second of a call.
const WAITING_BYTES: usize = 16 << 10;

/// Expedited forwarding (RFC 3246) in the byte of the type of service: what voice is marked with.
const EXPEDITED: u8 = 0xB8;

/// A leg's sockets: nothing waits for them.
#[derive(Debug)]
pub(super) struct Sockets {
    pub(super) rtp: UdpSocket,
    pub(super) rtcp: UdpSocket,
    pair: PortPair,
}

/// All ports, and the sockets of closed legs.
#[derive(Debug)]
pub(super) struct Ports {
    addresses: Vec<MediaAddress>,
    pool: PortPool,
    stays_closed: Duration,
    /// The longest closed first.
    closed: VecDeque<(Duration, Sockets)>,
}

impl Ports {
    pub(super) fn new(config: &EngineConfig) -> io::Result<Self> {
        let pool = PortPool::new(config.ports.clone(), config.ports_stay_closed);
        let pool = pool.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let stays_closed = config.ports_stay_closed;
        Ok(Self { addresses: config.addresses.clone(), pool, stays_closed, closed: VecDeque::new() })
    }

    /// Opens a pair for a leg whose other side is at an address. `random` gives any numbers.
    pub(super) fn open(
        &mut self,
        towards: Option<IpAddr>,
        mut random: impl FnMut() -> io::Result<u32>,
        now: Duration,
    ) -> Result<(Sockets, LocalAddress), EngineError> {
        let address = self.address(towards).ok_or(EngineError::NoAddress)?;
        self.forget_closed(now);
        for _ in 0..MOST_TRIES {
            let pair = self.pool.take(random()?, now).ok_or(EngineError::NoPort)?;
            match bind(address.bound, pair) {
                Ok(sockets) => {
                    let local = LocalAddress { ip: address.told, rtp_port: pair.rtp, rtcp_port: pair.rtcp };
                    return Ok((sockets, local));
                }
                Err(error) => {
                    self.pool.give_back(pair, now);
                    if error.kind() != io::ErrorKind::AddrInUse {
                        return Err(error.into());
                    }
                }
            }
        }
        Err(EngineError::NoPort)
    }

    /// Takes the sockets of a closed leg.
    pub(super) fn close(&mut self, sockets: Sockets, now: Duration) {
        self.pool.give_back(sockets.pair, now);
        self.closed.push_back((now, sockets));
    }

    /// Closes the sockets whose ports may be taken again.
    pub(super) fn forget_closed(&mut self, now: Duration) {
        while self.closed.front().is_some_and(|(since, _)| now.saturating_sub(*since) >= self.stays_closed) {
            self.closed.pop_front();
        }
    }

    /// How many pairs are in use, and how many are still closed.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.pool.in_use(), self.closed.len())
    }

    fn address(&self, towards: Option<IpAddr>) -> Option<MediaAddress> {
        let fits = |address: &&MediaAddress| {
            towards.is_none_or(|towards| towards.to_canonical().is_ipv4() == address.bound.is_ipv4())
        };
        self.addresses.iter().find(fits).copied()
    }
}

fn bind(ip: IpAddr, pair: PortPair) -> io::Result<Sockets> {
    let open = |port| {
        let socket = UdpSocket::bind(SocketAddr::new(ip, port))?;
        socket.set_nonblocking(true)?;
        sockopt::set_socket_recv_buffer_size(&socket, WAITING_BYTES)?;
        // Routers may do without it.
        let _ = match ip {
            IpAddr::V4(_) => sockopt::set_ip_tos(&socket, EXPEDITED),
            IpAddr::V6(_) => sockopt::set_ipv6_tclass(&socket, u32::from(EXPEDITED)),
        };
        Ok::<_, io::Error>(socket)
    };
    Ok(Sockets { rtp: open(pair.rtp)?, rtcp: open(pair.rtcp)?, pair })
}
