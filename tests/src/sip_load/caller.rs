//! The callers: each dials, acknowledges the answer, and hangs up at once.

use std::{
    io::ErrorKind,
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};

use super::{
    message::{call_of, finish, header, sdp, user_of},
    times::{Place, Times},
};

/// The number that is dialled.
pub(super) const NUMBER: &str = "+18005550111";

/// A call that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(5);

/// When callers call.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// As soon as another has done, so many at once.
    AtOnce(usize),
    /// So many in a second, whatever becomes of the others.
    ASecond(u32),
}

/// All callers, on one socket.
#[derive(Debug)]
pub struct Callers {
    socket: UdpSocket,
    own: SocketAddr,
    relay: SocketAddr,
    times: Arc<Times>,
    buffer: Vec<u8>,
}

/// What came for a call.
enum Came {
    Answer { call: usize, status: u16, of_invite: bool, target: String, to: String },
    Nothing,
}

impl Callers {
    /// Callers of a relay.
    pub(super) fn new(relay: SocketAddr, times: Arc<Times>) -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let own = socket.local_addr()?;
        Ok(Self { socket, own, relay, times, buffer: vec![0; 65_536] })
    }

    /// Asks until it is answered: before the relay has its trunks, it answers nobody.
    pub(super) fn wait_for_the_trunk(&mut self) -> Result<()> {
        for number in 0..100 {
            let text = self.head("OPTIONS", &format!("sip:{}", self.relay), usize::MAX, number, "");
            self.socket.send_to(finish(text, self.own, "").as_bytes(), self.relay)?;
            self.socket.set_read_timeout(Some(Duration::from_millis(100)))?;
            if self.socket.recv_from(&mut self.buffer).is_ok() {
                return Ok(());
            }
        }
        bail!("nobody answers")
    }

    /// Makes so many calls: how many were answered and ended, how many were not, and how long it took.
    pub(super) fn call(&mut self, calls: usize, pace: Pace) -> Result<(usize, usize, Duration)> {
        let began = Instant::now();
        let (mut next, mut done, mut failed, mut live) = (0, 0, 0, 0_usize);
        let mut last_news = began;
        while done + failed < calls {
            while next < calls && is_due(pace, next, live, began.elapsed()) {
                self.dial(next)?;
                (next, live) = (next + 1, live + 1);
            }
            match self.come(wait(pace, next, calls, began.elapsed()))? {
                Came::Answer { call, status: 200, of_invite: true, target, to } => {
                    self.hang_up(call, &target, &to)?;
                }
                Came::Answer { status: 200, of_invite: false, .. } => (done, live) = (done + 1, live - 1),
                Came::Answer { status: 100..=199, .. } => {}
                Came::Answer { call, to, .. } => {
                    let uri = format!("sip:{NUMBER}@{}", self.relay);
                    let text = self.head("ACK", &uri, call, 1, &to);
                    self.socket.send_to(finish(text, self.own, "").as_bytes(), self.relay)?;
                    (failed, live) = (failed + 1, live.saturating_sub(1));
                }
                Came::Nothing if last_news.elapsed() > PATIENCE => break,
                Came::Nothing => continue,
            }
            last_news = Instant::now();
        }
        ensure!(done > 0, "no call was answered, {failed} were refused");
        Ok((done, calls - done, began.elapsed()))
    }

    fn dial(&self, call: usize) -> Result<()> {
        let uri = format!("sip:{NUMBER}@{}", self.relay);
        let text = self.head("INVITE", &uri, call, 1, &format!("<{uri}>"));
        let text = finish(text, self.own, sdp());
        self.times.pass(call, Place::Dialled);
        self.socket.send_to(text.as_bytes(), self.relay)?;
        Ok(())
    }

    fn hang_up(&self, call: usize, target: &str, to: &str) -> Result<()> {
        for (method, number) in [("ACK", 1), ("BYE", 2)] {
            let text = self.head(method, target, call, number, to);
            self.socket.send_to(finish(text, self.own, "").as_bytes(), self.relay)?;
        }
        Ok(())
    }

    fn head(&self, method: &str, uri: &str, call: usize, number: u32, to: &str) -> String {
        let (own, user) = (self.own, user_of(call));
        let to = if to.is_empty() { format!("<{uri}>") } else { to.to_owned() };
        // The ACK of a refusal is of the INVITE's own transaction; that of a success has a branch of its own.
        let branch = if method == "ACK" && number == 1 && !uri.contains(NUMBER) { "A" } else { "" };
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{call}x{number}{branch}\r\nMax-Forwards: 70\r\n\
             From: <sip:{user}@{own}>;tag=c{call}\r\nTo: {to}\r\nCall-ID: {call}@load\r\nCSeq: {number} {method}\r\n"
        )
    }

    fn come(&mut self, within: Duration) -> Result<Came> {
        self.socket.set_read_timeout(Some(within.max(Duration::from_micros(1))))?;
        let length = match self.socket.recv(&mut self.buffer) {
            Ok(length) => length,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Ok(Came::Nothing);
            }
            Err(error) => return Err(error.into()),
        };
        let message = std::str::from_utf8(&self.buffer[..length])?;
        let status = message.strip_prefix("SIP/2.0 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let (Some(status), Some(call)) = (status, call_of(message, "From")) else { return Ok(Came::Nothing) };
        let of = |name| header(message, name).unwrap_or_default();
        let (contact, to, cseq) = (of("Contact"), of("To"), of("CSeq"));
        let target = contact.split(['<', '>']).nth(1).unwrap_or(contact).to_owned();
        Ok(Came::Answer { call, status, of_invite: cseq.ends_with("INVITE"), target, to: to.to_owned() })
    }
}

fn is_due(pace: Pace, next: usize, live: usize, elapsed: Duration) -> bool {
    match pace {
        Pace::AtOnce(most) => live < most,
        Pace::ASecond(_) => due(pace, next) <= elapsed,
    }
}

fn due(pace: Pace, next: usize) -> Duration {
    match pace {
        Pace::AtOnce(_) => Duration::ZERO,
        Pace::ASecond(calls) => {
            Duration::from_secs(1) / calls.max(1) * u32::try_from(next).unwrap_or(u32::MAX)
        }
    }
}

/// Until when what comes is waited for.
fn wait(pace: Pace, next: usize, calls: usize, elapsed: Duration) -> Duration {
    match pace {
        Pace::ASecond(_) if next < calls => due(pace, next).saturating_sub(elapsed),
        Pace::ASecond(_) | Pace::AtOnce(_) => Duration::from_millis(100),
    }
}
