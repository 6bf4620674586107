//! The phones: each call's two send a packet every 20 ms, spread evenly over that time, and all that comes is looked at.

use std::{
    io::IoSliceMut,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    os::fd::AsRawFd,
    time::{Duration, Instant},
};

use anyhow::Result;
use nix::{
    cmsg_space,
    sys::{
        socket::{ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, setsockopt, sockopt},
        time::TimeSpec,
    },
};

use super::{
    Figures, Subject,
    packet::{self, PACKET_BYTES, Stamp},
};

/// The time between two packets of a phone.
const INTERVAL: Duration = Duration::from_millis(20);

/// How much may wait at the phones, in bytes: what is lost is to be lost elsewhere.
const WAITING_BYTES: usize = 32 << 20;

/// How long the driver sleeps when nothing is due.
const NAP: Duration = Duration::from_micros(100);

/// How long late packets are waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many packets are looked at before others are sent again.
const MOST_AT_ONCE: usize = 64;

/// All phones: those of one side share a socket.
#[derive(Debug)]
pub struct Phones {
    sockets: [UdpSocket; 2],
    stamps: Vec<u8>,
}

/// What they do.
#[derive(Debug, Clone, Copy)]
pub struct Traffic {
    /// Whether they send; callers on hold may only listen.
    pub speak: bool,
    /// Whether what comes is our own music, which has no stamps: it is counted alone.
    pub is_music: bool,
    /// How long before it is measured.
    pub warm_up: Duration,
    /// How long it is measured.
    pub measured: Duration,
}

impl Phones {
    /// Opens the sockets.
    ///
    /// # Errors
    /// The system refuses.
    pub fn open() -> Result<Self> {
        let open = || {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            socket.set_nonblocking(true)?;
            setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
            // As much as we may, if not as much as we would like.
            if setsockopt(&socket, sockopt::RcvBufForce, &WAITING_BYTES).is_err() {
                setsockopt(&socket, sockopt::RcvBuf, &WAITING_BYTES)?;
            }
            anyhow::Ok(socket)
        };
        Ok(Self { sockets: [open()?, open()?], stamps: cmsg_space!(TimeSpec) })
    }

    /// Where each side hears.
    ///
    /// # Errors
    /// The system refuses.
    pub fn addresses(&self) -> Result<[SocketAddr; 2]> {
        Ok([self.sockets[0].local_addr()?, self.sockets[1].local_addr()?])
    }

    /// Lets all phones of a subject speak and listen.
    ///
    /// # Errors
    /// The subject has ended.
    pub fn run(&mut self, subject: &Subject, traffic: Traffic) -> Result<Figures> {
        let calls = subject.addresses.len();
        let targets: Vec<(usize, SocketAddr)> = if traffic.is_music {
            subject.addresses.iter().map(|pair| (0, pair[0])).collect()
        } else {
            subject.addresses.iter().flat_map(|pair| [(0, pair[0]), (1, pair[1])]).collect()
        };
        let mut run = Run {
            figures: Figures { calls, bytes_a_call: subject.bytes_a_call, ..Figures::default() },
            window: [Duration::MAX; 2],
            is_music: traffic.is_music,
        };
        let begun = Instant::now();
        let mut sent = 0;
        let mut before = Duration::ZERO;
        loop {
            let elapsed = begun.elapsed();
            if run.window[0] == Duration::MAX && elapsed >= traffic.warm_up {
                before = subject.processor()?;
                run.window = [packet::now(), packet::now() + traffic.measured];
            }
            if packet::now() >= run.window[1] {
                break;
            }
            if traffic.speak {
                sent = self.speak(&targets, &mut run, begun, sent);
            }
            if self.listen(&mut run) == 0 {
                std::thread::sleep(NAP);
            }
        }
        run.figures.processor = subject.processor()?.saturating_sub(before);
        run.figures.measured = traffic.measured;
        let over = Instant::now();
        while over.elapsed() < PATIENCE && !traffic.is_music {
            self.listen(&mut run);
            std::thread::sleep(NAP);
        }
        if traffic.is_music {
            let rounds = traffic.measured.as_millis() / INTERVAL.as_millis();
            run.figures.sent = u64::try_from(rounds)? * u64::try_from(calls)?;
        }
        Ok(run.figures)
    }

    /// Sends all packets that are due: how many have been sent in all.
    fn speak(&self, targets: &[(usize, SocketAddr)], run: &mut Run, begun: Instant, sent: usize) -> usize {
        let streams = targets.len();
        let due =
            begun.elapsed().as_nanos() * u128::try_from(streams).unwrap_or_default() / INTERVAL.as_nanos();
        let due = usize::try_from(due).unwrap_or(usize::MAX);
        let mut packet = [0xFF; PACKET_BYTES];
        // Not too many before what came is looked at.
        for number in sent..due.min(sent + MOST_AT_ONCE) {
            let (stream, place) = (number % streams, number / streams);
            let (side, to) = targets[stream];
            let ideal = INTERVAL.as_nanos() * u128::try_from(number).unwrap_or_default()
                / u128::try_from(streams).unwrap_or(1);
            let lag = begun.elapsed().as_nanos().saturating_sub(ideal);
            let [stream, place] = [stream, place].map(|number| u32::try_from(number).unwrap_or(u32::MAX));
            let stamp = Stamp { stream, place, sent: packet::now() };
            stamp.write(&mut packet);
            let is_sent = self.sockets[side].send_to(&packet, to).is_ok();
            if run.is_measured(stamp.sent) && !run.is_music {
                run.figures.lag.add(Duration::from_nanos(u64::try_from(lag).unwrap_or(u64::MAX)));
                // What does not even leave is not the subject's loss.
                run.figures.sent += u64::from(is_sent);
            }
        }
        due.min(sent + MOST_AT_ONCE)
    }

    /// Looks at what has come: how much it was.
    fn listen(&mut self, run: &mut Run) -> usize {
        let mut heard = 0;
        for side in 0..2 {
            for _ in 0..MOST_AT_ONCE {
                let Some((bytes, length, at)) = self.receive(side) else { break };
                heard += 1;
                run.hear(side, &bytes[..length], at);
            }
        }
        heard
    }

    fn receive(&mut self, side: usize) -> Option<([u8; PACKET_BYTES], usize, Duration)> {
        let mut bytes = [0; PACKET_BYTES];
        let (length, at) = {
            let mut parts = [IoSliceMut::new(&mut bytes)];
            let socket = self.sockets[side].as_raw_fd();
            let message =
                recvmsg::<SockaddrIn>(socket, &mut parts, Some(&mut self.stamps), MsgFlags::empty()).ok()?;
            let stamp = message.cmsgs().ok()?.find_map(|control| match control {
                ControlMessageOwned::ScmTimestampns(at) => Some(Duration::from(at)),
                _ => None,
            });
            (message.bytes, stamp?)
        };
        Some((bytes, length, at))
    }
}

/// A run under way.
struct Run {
    figures: Figures,
    /// Between which times packets have to be sent to be measured; of music, to be heard.
    window: [Duration; 2],
    is_music: bool,
}

impl Run {
    fn is_measured(&self, at: Duration) -> bool {
        (self.window[0]..self.window[1]).contains(&at)
    }

    fn hear(&mut self, side: usize, bytes: &[u8], at: Duration) {
        if self.is_music {
            self.figures.received += u64::from(bytes.len() == PACKET_BYTES && self.is_measured(at));
            return;
        }
        let Some(stamp) = Stamp::read(bytes).filter(|stamp| self.is_measured(stamp.sent)) else { return };
        // What comes to the side that it was sent from has lost its way, and is not heard.
        if usize::try_from(stamp.stream).is_ok_and(|stream| stream % 2 != side) {
            self.figures.received += 1;
            self.figures.latency.add(at.saturating_sub(stamp.sent));
        }
    }
}
