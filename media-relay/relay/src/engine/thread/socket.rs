//! A datagram in, a datagram out.

use std::net::{SocketAddr, UdpSocket};

use rustix::net::{RecvFlags, SendFlags, recv, recvfrom, send, sendto};

/// What came to a socket and from where; none if nothing did after all.
#[inline]
pub(super) fn receive_from(socket: &UdpSocket, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
    let (length, _, from) = recvfrom(socket, buffer, RecvFlags::empty()).ok()?;
    Some((length, from?.try_into().ok()?))
}

/// What came to a socket that takes packets from one address alone.
#[inline]
pub(super) fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> Option<usize> {
    // An error tells that the other side's port was closed when we last sent; that is for SIP to say.
    recv(socket, buffer, RecvFlags::empty()).ok().map(|(length, _)| length)
}

/// Sends to the one address that a socket is connected to, or to another: whether the system took it.
#[inline]
pub(super) fn transmit(socket: &UdpSocket, packet: &[u8], to: Option<SocketAddr>) -> bool {
    match to {
        None => send(socket, packet, SendFlags::empty()).is_ok(),
        Some(to) => sendto(socket, packet, SendFlags::empty(), &to).is_ok(),
    }
}
