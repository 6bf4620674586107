//! The desk: answers every call at once.

use std::{
    io::ErrorKind,
    net::UdpSocket,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::Result;

use super::{
    message::{call_of, response, sdp},
    times::{Place, Times},
};

/// Answers until it is told that all is done.
pub(super) fn answer(socket: &UdpSocket, times: &Times, done: &AtomicBool) -> Result<()> {
    socket.set_read_timeout(Some(Duration::from_millis(100)))?;
    let (own, mut buffer) = (socket.local_addr()?, vec![0; 65_536]);
    while !done.load(Ordering::Relaxed) {
        let (length, from) = match socket.recv_from(&mut buffer) {
            Ok(received) => received,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(error) => return Err(error.into()),
        };
        let Ok(message) = std::str::from_utf8(&buffer[..length]) else { continue };
        let answer = if message.starts_with("INVITE ") {
            if let Some(call) = call_of(message, "From") {
                times.pass(call, Place::Rung);
            }
            response(message, "200 OK", own, sdp())
        } else if ["BYE ", "CANCEL ", "OPTIONS "].iter().any(|method| message.starts_with(method)) {
            response(message, "200 OK", own, "")
        } else {
            continue;
        };
        socket.send_to(answer.as_bytes(), from)?;
    }
    Ok(())
}
