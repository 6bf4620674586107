//! Datagrams.

use std::{io, net::SocketAddr};

use bytes::{Bytes, BytesMut};
use ringfall_sip::message::MOST_MESSAGE_BYTES;
use tokio::net::UdpSocket;

/// One socket for all datagrams.
#[derive(Debug)]
pub(super) struct Udp {
    socket: UdpSocket,
    address: SocketAddr,
    buffer: BytesMut,
}

impl Udp {
    pub(super) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(address).await.map_err(|error| {
            io::Error::new(error.kind(), format!("cannot take SIP over UDP at {address}: {error}"))
        })?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address, buffer: BytesMut::zeroed(MOST_MESSAGE_BYTES) })
    }

    pub(super) const fn local_address(&self) -> SocketAddr {
        self.address
    }

    /// False if the socket takes no more now.
    pub(super) fn send(&self, to: SocketAddr, bytes: &[u8]) -> bool {
        self.socket.try_send_to(bytes, to).is_ok()
    }

    /// The next datagram; one that is longer than a message may be comes cut, and is no message then.
    pub(super) async fn receive(&mut self) -> (SocketAddr, Bytes) {
        loop {
            // An error is the echo of a datagram that nobody took: not of interest, timers see it.
            if let Ok((length, from)) = self.socket.recv_from(&mut self.buffer).await {
                return (from, Bytes::copy_from_slice(&self.buffer[..length]));
            }
        }
    }

    /// The next one, if it is there already.
    pub(super) fn receive_at_once(&mut self) -> Option<(SocketAddr, Bytes)> {
        let (length, from) = self.socket.try_recv_from(&mut self.buffer).ok()?;
        Some((from, Bytes::copy_from_slice(&self.buffer[..length])))
    }
}
