//! What a leg sends, on one clock: prompt, hold music, digits and the other leg's voice follow each other under one SSRC, and
//! neither sequence number nor timestamp ever runs backwards. A telephone that sees them do so falls silent.

use std::time::Duration;

use super::packet::Header;
use crate::{codec::ticks, rtcp::SenderInfo};

/// How long our own audio may stall and still be the same piece.
const MOST_STALL: Duration = Duration::from_millis(200);

/// How far back a forwarded packet may come and still be late rather than of a restarted source (RFC 3550 A.1).
const MOST_MISORDER: u16 = 100;

/// How far a forwarded packet may be ahead and still be of the same source (RFC 3550 A.1).
const MOST_DROPOUT: u16 = 3_000;

/// How much further a source's timestamps may go than the time that passed.
const MOST_SKIP: Duration = Duration::from_secs(10);

/// A leg's output.
#[derive(Debug, Clone)]
pub struct OutputClock {
    ssrc: u32,
    clock_rate_hz: u32,
    /// Of the newest packet.
    sequence: u16,
    timestamp: u32,
    /// How much time the newest packet covers.
    covered_ticks: u32,
    /// When the first packet with that timestamp was sent: an event has many.
    sent_at: Option<Duration>,
    source: Source,
    packets: u32,
    octets: u32,
}

/// Whose packets are sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Nobody's yet.
    None,
    /// Our own audio.
    Own,
    /// An event of our own.
    OwnEvent,
    /// Another leg's, whose numbers become ours by what is added to them; none of them below the first.
    Other { ssrc: u32, add_sequence: u16, add_timestamp: u32, first_sequence: u16 },
}

/// How long ago an event that still lasts may have begun.
const LONGEST_EVENT: Duration = Duration::from_secs(60);

/// What a packet is, for the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Content {
    /// How much time it covers.
    pub(super) ticks: u32,
    /// Audio moves the clock on; an event's timestamp stays at its beginning while audio may go on beside it.
    pub(super) is_event: bool,
    /// Bytes of payload.
    pub(super) octets: usize,
}

impl OutputClock {
    /// A leg's output: its SSRC and first numbers are random.
    pub const fn new(ssrc: u32, first_sequence: u16, first_timestamp: u32, clock_rate_hz: u32) -> Self {
        Self {
            ssrc,
            clock_rate_hz,
            sequence: first_sequence.wrapping_sub(1),
            timestamp: first_timestamp,
            covered_ticks: 0,
            sent_at: None,
            source: Source::None,
            packets: 0,
            octets: 0,
        }
    }

    /// The leg's SSRC.
    pub const fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Ticks of its timestamps per second.
    pub const fn clock_rate_hz(&self) -> u32 {
        self.clock_rate_hz
    }

    /// The header of a packet of our own audio, which follows the last one that was sent.
    pub fn play(&mut self, payload_type: u8, covered_ticks: u32, octets: usize, now: Duration) -> Header {
        let starts = self.source != Source::Own || self.elapsed(now) > MOST_STALL;
        let timestamp =
            if starts { self.next_timestamp(now) } else { self.timestamp.wrapping_add(self.covered_ticks) };
        self.source = Source::Own;
        let header = self.header(starts, payload_type, self.sequence.wrapping_add(1), timestamp);
        self.sent(&header, covered_ticks, octets, now);
        header
    }

    /// The header of a packet of an event of our own that began at `started`: its timestamp stays, its sequence number goes on.
    pub(crate) fn play_event(&mut self, event: OwnEvent, octets: usize, now: Duration) -> Header {
        self.source = Source::OwnEvent;
        let header =
            self.header(event.is_first, event.payload_type, self.sequence.wrapping_add(1), event.started);
        self.sent(&header, event.covered_ticks, octets, now);
        header
    }

    /// Where the timestamps stand: what a new piece of audio, or an event, begins at.
    pub fn next_timestamp(&self, now: Duration) -> u32 {
        let elapsed = ticks(self.elapsed(now), self.clock_rate_hz);
        self.timestamp.wrapping_add(self.covered_ticks.max(elapsed))
    }

    /// The header under which another leg's packet goes out; none if it is a duplicate, older than
    /// what its source began with, or late with a timestamp that is not.
    pub(super) fn forward(
        &mut self,
        header: &Header,
        payload_type: u8,
        content: Content,
        now: Duration,
    ) -> Option<Header> {
        let (sequence, mut timestamp, is_newest) = match self.source {
            Source::Other { ssrc, add_sequence, add_timestamp, first_sequence } if ssrc == header.ssrc => {
                let sequence = header.sequence.wrapping_add(add_sequence);
                let timestamp = header.timestamp.wrapping_add(add_timestamp);
                let (ahead, behind) =
                    (sequence.wrapping_sub(self.sequence), self.sequence.wrapping_sub(sequence));
                if behind < MOST_MISORDER {
                    let is_of_before = sequence.wrapping_sub(first_sequence) > i16::MAX.cast_unsigned();
                    let is_contrary =
                        self.timestamp.wrapping_sub(timestamp) > ticks(LONGEST_EVENT, self.clock_rate_hz);
                    if behind == 0 || is_of_before || is_contrary {
                        return None;
                    }
                    (sequence, timestamp, false)
                } else if ahead < MOST_DROPOUT {
                    (sequence, timestamp, true)
                } else {
                    return Some(self.begin(header, payload_type, content, now));
                }
            }
            Source::Other { .. } | Source::Own | Source::OwnEvent | Source::None => {
                return Some(self.begin(header, payload_type, content, now));
            }
        };
        let mut marker = header.marker;
        if !is_newest {
            let header = self.header(marker, payload_type, sequence, timestamp);
            self.count(content.octets);
            return Some(header);
        }
        if !self.is_onward(timestamp, content, now) {
            timestamp = self.next_timestamp(now);
            marker |= !content.is_event;
            self.follow(header, sequence, timestamp);
        }
        let header = self.header(marker, payload_type, sequence, timestamp);
        self.sent(&header, content.ticks, content.octets, now);
        Some(header)
    }

    /// How a report of this leg describes what was sent. `ntp` is the time of day, as NTP counts it.
    pub fn sender_info(&self, ntp: u64, now: Duration) -> SenderInfo {
        let elapsed = ticks(self.elapsed(now), self.clock_rate_hz);
        SenderInfo {
            ntp,
            rtp_timestamp: self.timestamp.wrapping_add(elapsed),
            packets: self.packets,
            octets: self.octets,
        }
    }

    /// Whether anything was sent.
    pub const fn has_sent(&self) -> bool {
        self.sent_at.is_some()
    }

    /// The first packet of another leg, or the first after that leg counted anew.
    #[cold]
    fn begin(&mut self, header: &Header, payload_type: u8, content: Content, now: Duration) -> Header {
        let (sequence, timestamp) = (self.sequence.wrapping_add(1), self.next_timestamp(now));
        self.follow(header, sequence, timestamp);
        let header = self.header(!content.is_event || header.marker, payload_type, sequence, timestamp);
        self.sent(&header, content.ticks, content.octets, now);
        header
    }

    fn follow(&mut self, theirs: &Header, sequence: u16, timestamp: u32) {
        let first_sequence = match self.source {
            Source::Other { ssrc, first_sequence, add_sequence, .. }
                if ssrc == theirs.ssrc && theirs.sequence.wrapping_add(add_sequence) == sequence =>
            {
                first_sequence
            }
            Source::Other { .. } | Source::Own | Source::OwnEvent | Source::None => sequence,
        };
        self.source = Source::Other {
            ssrc: theirs.ssrc,
            add_sequence: sequence.wrapping_sub(theirs.sequence),
            add_timestamp: timestamp.wrapping_sub(theirs.timestamp),
            first_sequence,
        };
    }

    /// Whether a timestamp goes on from the newest, and not beyond what time allows. That of an event may lie behind audio that was
    /// sent beside it.
    fn is_onward(&self, timestamp: u32, content: Content, now: Duration) -> bool {
        let behind = if content.is_event { ticks(LONGEST_EVENT, self.clock_rate_hz) } else { 0 };
        let most =
            ticks(self.elapsed(now).saturating_add(MOST_SKIP), self.clock_rate_hz).max(self.covered_ticks);
        timestamp.wrapping_add(behind).wrapping_sub(self.timestamp) <= most.saturating_add(behind)
    }

    fn elapsed(&self, now: Duration) -> Duration {
        self.sent_at.map_or(Duration::ZERO, |sent_at| now.saturating_sub(sent_at))
    }

    const fn header(&self, marker: bool, payload_type: u8, sequence: u16, timestamp: u32) -> Header {
        Header { marker, payload_type, sequence, timestamp, ssrc: self.ssrc }
    }

    fn sent(&mut self, header: &Header, covered_ticks: u32, octets: usize, now: Duration) {
        self.sequence = header.sequence;
        self.count(octets);
        // An event that began before audio that was sent beside it does not take the clock back.
        if self.sent_at.is_none() || header.timestamp.wrapping_sub(self.timestamp) <= i32::MAX.cast_unsigned()
        {
            if self.sent_at.is_none() || header.timestamp != self.timestamp {
                self.sent_at = Some(now);
            }
            self.timestamp = header.timestamp;
            self.covered_ticks = covered_ticks;
        }
    }

    fn count(&mut self, octets: usize) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(u32::try_from(octets).unwrap_or_default());
    }
}

/// A packet of an event that we send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnEvent {
    /// Its payload type.
    pub(crate) payload_type: u8,
    /// The timestamp at which it began.
    pub(crate) started: u32,
    /// How long it has lasted.
    pub(crate) covered_ticks: u32,
    /// Whether it is the event's first packet.
    pub(crate) is_first: bool,
}

#[cfg(test)]
#[path = "output_tests.rs"]
mod tests;
