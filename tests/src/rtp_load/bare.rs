//! The least that handing packets over costs on this kernel: a socket for each leg, waited for with epoll, received from, sent from. It
//! looks at nothing but the sender's address, and changes nothing.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
};

use anyhow::{Context, Result};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

/// Hands packets over between the legs of so many calls, whose addresses it tells, until its input ends.
///
/// # Errors
/// The system refuses sockets.
pub fn serve_bare(
    calls: usize,
    phones: [SocketAddr; 2],
    mut tell: impl FnMut([SocketAddr; 2]) -> Result<()>,
) -> Result<()> {
    let epoll = Epoll::new(EpollCreateFlags::empty())?;
    let mut sockets = Vec::with_capacity(calls * 2);
    for _ in 0..calls {
        let pair = [open(phones[0])?, open(phones[1])?];
        tell([pair[0].local_addr()?, pair[1].local_addr()?])?;
        for socket in pair {
            let number = u64::try_from(sockets.len())?;
            epoll.add(&socket, EpollEvent::new(EpollFlags::EPOLLIN, number))?;
            sockets.push(socket);
        }
    }
    std::thread::spawn(move || forward(&epoll, &sockets, phones));
    Ok(())
}

fn open(phone: SocketAddr) -> Result<UdpSocket> {
    let socket = UdpSocket::bind((phone.ip(), 0)).context("no port is free")?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn forward(epoll: &Epoll, sockets: &[UdpSocket], phones: [SocketAddr; 2]) -> io::Result<()> {
    let mut ready = [EpollEvent::empty(); 512];
    let mut buffer = [0; 2_048];
    loop {
        let count = epoll.wait(&mut ready, EpollTimeout::NONE)?;
        for event in &ready[..count] {
            let place = usize::try_from(event.data()).unwrap_or_default();
            let Ok((length, from)) = sockets[place].recv_from(&mut buffer) else { continue };
            if from == phones[place % 2] {
                // What the system does not take is lost.
                let _ = sockets[place ^ 1].send_to(&buffer[..length], phones[(place ^ 1) % 2]);
            }
        }
    }
}
