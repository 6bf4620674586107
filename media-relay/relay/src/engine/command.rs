//! What the engine's threads are told to do.

use std::net::{IpAddr, SocketAddr};

use ringfall_media::{
    dtmf::Digit,
    prompt::Playlist,
    rtp::{Forwarder, OutputClock},
    sdp::Agreement,
};

use super::{LegId, PlaybackId, RecordingId, config::RecordingPlan, ports::Sockets};

/// A command for the thread that a leg lives in. What can be refused was refused before.
#[derive(Debug)]
pub(super) enum Command {
    Open(LegId, Sockets, Lots),
    Agree(LegId, Box<Agreed>),
    Play(LegId, PlaybackId, Playlist),
    Whisper(LegId, PlaybackId, Playlist),
    /// Breaks off what plays.
    Silence(LegId),
    Press(LegId, Vec<Digit>),
    ToldByInfo(LegId, Digit),
    Bridge(Box<Ways>),
    /// Ends a bridge, if these two are still in it.
    Part([LegId; 2]),
    Record(LegId, RecordingId, RecordingPlan),
    StopRecording(LegId, RecordingId),
    Close(LegId),
    Stop,
}

/// What a leg's media is to be.
#[derive(Debug)]
pub(super) struct Agreed {
    pub(super) agreement: Agreement,
    /// Where its signalling comes from.
    pub(super) signalling: Option<IpAddr>,
    /// Where RTCP is sent; none where it is sent with RTP.
    pub(super) rtcp: Option<SocketAddr>,
}

/// Both directions of a bridge.
#[derive(Debug)]
pub(super) struct Ways {
    pub(super) legs: [LegId; 2],
    /// From the first to the second, and back; none where one is not to be heard.
    pub(super) forwarders: [Option<Forwarder>; 2],
}

/// Random numbers of a leg.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lots {
    ssrc: u32,
    timestamp: u32,
    sequence: u16,
    name: u64,
    /// Never zero.
    state: u64,
}

impl Lots {
    /// Of 32 random bytes.
    pub(super) fn new(random: [u64; 4]) -> Self {
        let [[high, low], rest] = [random[0], random[1]].map(|number| {
            [number >> 32, number & u64::from(u32::MAX)].map(|half| u32::try_from(half).unwrap_or_default())
        });
        let [.., s0, s1] = rest[0].to_be_bytes();
        Self {
            ssrc: high,
            timestamp: low,
            sequence: u16::from_be_bytes([s0, s1]),
            name: random[2],
            state: random[3] | 1,
        }
    }

    /// A clock of a rate in Hz.
    pub(super) const fn clock(&self, clock_rate_hz: u32) -> OutputClock {
        OutputClock::new(self.ssrc, self.sequence, self.timestamp, clock_rate_hz)
    }

    /// Other numbers for another clock: it is another source.
    pub(super) fn draw_again(&mut self) {
        let (ssrc, timestamp) = (self.next(), self.next());
        (self.ssrc, self.timestamp) = (self.ssrc ^ ssrc, self.timestamp ^ timestamp);
    }

    /// The canonical name that reports carry.
    pub(super) fn name(&self) -> String {
        format!("{:016x}", self.name)
    }

    /// A number for spreading things in time, where nobody gains by guessing it (Marsaglia's xorshift).
    pub(super) fn next(&mut self) -> u32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        u32::try_from(self.state >> 32).unwrap_or_default()
    }
}
