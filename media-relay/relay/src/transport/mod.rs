//! The sockets of SIP: UDP, TCP and TLS (RFC 3261 §18).
//!
//! [`Transports`] sends without waiting and is asked for what came. Whoever is not known is not heard: a datagram from elsewhere is dropped and a
//! connection closed before a byte is read, without an answer.

mod bucket;
mod connections;
mod gate;
mod stream;
mod tls;
mod udp;

use std::{io, net::SocketAddr};

use bytes::Bytes;
use ringfall_sip::{
    message::{Malformed, Message},
    transaction::Transmit,
    transport::{NameId, Peer, Transport},
};
use tokio::{net::TcpListener, sync::mpsc};

use self::{connections::Connections, stream::FromStream, udp::Udp};
pub(crate) use self::{
    gate::{Drop, Gate, Known},
    tls::TlsFiles,
};
use crate::config::Pem;

/// Where to listen.
#[derive(Debug, Clone)]
pub(crate) struct Listen {
    /// For datagrams and, at the same port, for TCP.
    pub(crate) plain: SocketAddr,
    /// For TLS.
    pub(crate) tls: Option<(SocketAddr, TlsFiles)>,
    /// Who vouches for the certificates of those that we connect to, besides whom the system trusts, in PEM.
    pub(crate) roots: Option<Pem>,
}

/// What came.
#[derive(Debug)]
pub(crate) enum Arrived {
    /// A sound message of somebody who is known.
    Message(Peer, Box<Message>),
    /// Nothing can be brought to a peer.
    Failed(Vec<Peer>),
}

/// How many free ports are tried for one that is free for both UDP and TCP.
const MOST_TRIES: u8 = 16;

/// One port for datagrams and connections.
async fn bind(plain: SocketAddr) -> io::Result<(Udp, TcpListener)> {
    let mut tries = 0;
    loop {
        tries += 1;
        let udp = Udp::bind(plain).await?;
        match connections::bind(udp.local_address(), "TCP").await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(error) if plain.port() != 0 || tries == MOST_TRIES => return Err(error),
            Err(_) => {}
        }
    }
}

/// All sockets.
#[derive(Debug)]
pub(crate) struct Transports {
    udp: Udp,
    connections: Connections,
    from_streams: mpsc::Receiver<FromStream>,
    gate: Gate,
}

impl Transports {
    /// Opens them, inside a `LocalSet` or a current-thread runtime.
    ///
    /// # Errors
    /// An address is taken or not ours, or the certificate cannot be used.
    pub(crate) async fn open(listen: &Listen, gate: Gate) -> io::Result<Self> {
        // What a burst of all connections brings; a stream that finds it full waits.
        let (inbox, from_streams) = mpsc::channel(1_024);
        let (udp, tcp) = bind(listen.plain).await?;
        let connections = Connections::listen(tcp, listen, gate.clone(), inbox).await?;
        Ok(Self { udp, connections, from_streams, gate })
    }

    /// Where datagrams and TCP are taken.
    pub(crate) fn plain_address(&self) -> SocketAddr {
        self.udp.local_address()
    }

    /// Where TLS is taken, if it is.
    pub(crate) const fn tls_address(&self) -> Option<SocketAddr> {
        self.connections.tls_address()
    }

    /// The transports that are spoken, the preferred first.
    pub(crate) fn enabled(&self) -> Vec<Transport> {
        vec![Transport::Udp, Transport::Tcp, Transport::Tls]
    }

    /// A name that the certificate of a peer must be made out to, for [`Peer::name`].
    pub(crate) fn name(&mut self, host: &str) -> NameId {
        self.connections.name(host)
    }

    /// Sends a message, if it can be sent at once; a connection is made if there is none.
    pub(crate) fn send(&mut self, transmit: Transmit) {
        match transmit.to.transport {
            Transport::Udp => {
                if !self.udp.send(transmit.to.address, &transmit.bytes) {
                    self.gate.count(Drop::NotSent);
                }
            }
            Transport::Tcp | Transport::Tls => self.connections.send(transmit),
        }
    }

    /// The next of what came. Nothing is lost if this is given up.
    pub(crate) async fn next(&mut self) -> Arrived {
        loop {
            tokio::select! {
                (from, bytes) = self.udp.receive() => {
                    if let Some(arrived) = self.take_datagram(from, &bytes) {
                        return arrived;
                    }
                }
                Some(from_stream) = self.from_streams.recv() => {
                    if let Some(arrived) = self.take_from_stream(from_stream) {
                        return arrived;
                    }
                }
            }
        }
    }

    /// The next of what came, if it is there already.
    pub(crate) fn next_at_once(&mut self) -> Option<Arrived> {
        while let Some((from, bytes)) = self.udp.receive_at_once() {
            if let Some(arrived) = self.take_datagram(from, &bytes) {
                return Some(arrived);
            }
        }
        while let Ok(from_stream) = self.from_streams.try_recv() {
            if let Some(arrived) = self.take_from_stream(from_stream) {
                return Some(arrived);
            }
        }
        None
    }

    fn take_datagram(&mut self, from: SocketAddr, bytes: &Bytes) -> Option<Arrived> {
        // Line ends alone keep a way through a NAT open.
        let is_empty = bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0));
        let known = self.gate.admits(from.ip())?;
        if is_empty {
            return None;
        }
        self.take_message(Peer::new(Transport::Udp, from), known, bytes)
    }

    fn take_from_stream(&mut self, from_stream: FromStream) -> Option<Arrived> {
        match from_stream {
            FromStream::Opened { connection, peer, writer } => {
                self.connections.opened(connection, peer, writer);
                None
            }
            FromStream::Message { peer, bytes } => {
                let known = self.gate.admits(peer.address.ip())?;
                self.take_message(peer, known, &bytes)
            }
            FromStream::Closed { connection, peer } => {
                let failed = self.connections.closed(connection, peer);
                (!failed.is_empty()).then_some(Arrived::Failed(failed))
            }
        }
    }

    fn take_message(&mut self, from: Peer, known: Known, bytes: &Bytes) -> Option<Arrived> {
        match Message::parse(bytes) {
            Ok(message) if self.gate.believes(known, &message) => {
                Some(Arrived::Message(from, Box::new(message)))
            }
            Ok(_) => None,
            Err(Malformed { problem, answer }) => {
                tracing::debug!(%problem, from = %from.address, "a message is not sound");
                self.gate.count(Drop::Malformed);
                if let Some(bytes) = answer.filter(|_| known == Known::Trunk) {
                    self.send(Transmit { to: from, bytes });
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
