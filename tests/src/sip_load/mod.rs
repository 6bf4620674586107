//! How many calls the relay sets up and tears down on one core, and how long a call takes through it: callers and a desk of our own that are no
//! more than sockets, and a platform that answers at once, all on the other core.
//!
//! All is on loopback, and bounded in calls and seconds.

mod bare;
mod caller;
mod desk;
mod message;
mod platform;
mod relay;
mod times;

use std::{
    net::UdpSocket,
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, anyhow};

pub use self::{
    bare::serve_bare,
    caller::{Callers, Pace},
    relay::{Between, serve_relay},
    times::Times,
};
use crate::rtp_load::Percentiles;

/// The most calls of a run.
pub const MOST_CALLS: usize = 200_000;

/// The longest measurement, in seconds.
pub const MOST_SECONDS: u64 = 60;

/// What came of a run.
#[derive(Debug)]
pub struct Figures {
    /// Calls that were answered and hung up, each by both sides.
    pub done: usize,
    /// Calls that were refused or lost.
    pub failed: usize,
    /// How long it took from the first to the last.
    pub measured: Duration,
    /// The processor time of what stands between.
    pub processor: Duration,
    /// From the caller's INVITE to the desk's, without the time that the platform had.
    pub added: Percentiles,
}

impl Figures {
    /// Calls a second.
    pub fn rate(&self) -> f64 {
        let calls = f64::from(u32::try_from(self.done).unwrap_or(u32::MAX));
        calls / self.measured.as_secs_f64().max(f64::EPSILON)
    }

    /// The processor's time of a call.
    pub fn processor_of_call(&self) -> Duration {
        self.processor / u32::try_from(self.done.max(1)).unwrap_or(u32::MAX)
    }
}

/// What stands between the callers and the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The relay.
    Relay,
    /// What hands over and does nothing else.
    Bare,
}

/// Plays so many calls.
///
/// # Errors
/// What stands between does not start, or there is no port.
pub fn run(kind: Kind, calls: usize, pace: Pace) -> Result<Figures> {
    let times = Arc::new(Times::new(calls));
    let desk = UdpSocket::bind("127.0.0.1:0")?;
    let address = desk.local_addr()?;
    let platform = platform::start(address, Arc::clone(&times))?;
    let between = Between::start(kind, platform, address)?;
    let done = Arc::new(AtomicBool::new(false));
    let answering = thread::spawn({
        let (times, done) = (Arc::clone(&times), Arc::clone(&done));
        move || desk::answer(&desk, &times, &done)
    });
    let mut callers = Callers::new(between.sip, Arc::clone(&times))?;
    callers.wait_for_the_trunk().context("the relay does not learn of its trunk")?;
    let before = between.processor()?;
    let (finished, failed, measured) = callers.call(calls, pace)?;
    let processor = between.processor()? - before;
    done.store(true, Ordering::Relaxed);
    answering.join().map_err(|_| anyhow!("the desk has broken down"))??;
    let mut added = Percentiles::default();
    times.added().for_each(|time| added.add(time));
    Ok(Figures { done: finished, failed, measured, processor, added })
}
