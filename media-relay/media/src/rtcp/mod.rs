//! RTCP (RFC 3550 §6): reading what the other side reports, and writing our own. Reports are never handed from leg to leg: each
//! tells of its own leg alone.

mod read;
mod write;

use std::time::Duration;

pub use read::{Message, NotRtcp, parse};
pub use write::{write_bye, write_report};

/// What a sender says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderInfo {
    /// The time of day as NTP counts it: seconds since 1900 in the upper half, their fraction in the lower.
    pub ntp: u64,
    /// The same instant on its RTP clock.
    pub rtp_timestamp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Bytes of payload sent.
    pub octets: u32,
}

/// What a receiver says of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportBlock {
    /// The source.
    pub ssrc: u32,
    /// Packets lost since the last report, in 256ths.
    pub fraction_lost: u8,
    /// Packets lost in all; negative if more came than were sent.
    pub lost: i32,
    /// The highest sequence number, with the number of turns in the upper half.
    pub highest_sequence: u32,
    /// The jitter, in ticks.
    pub jitter_ticks: u32,
    /// The middle of the NTP time of the last sender report that came, or 0.
    pub last_report: u32,
    /// How long ago that was, in 65,536ths of a second.
    pub delay_since_report: u32,
}

impl ReportBlock {
    /// The time to the other side and back, if it tells (RFC 3550 §6.4.1). `ntp` is the time of day at which the block came.
    pub fn round_trip(&self, ntp: u64) -> Option<Duration> {
        if self.last_report == 0 {
            return None;
        }
        let units = middle_of_ntp(ntp).wrapping_sub(self.last_report).wrapping_sub(self.delay_since_report);
        // A clock that was set back, or a report made up, would give hours.
        (units < 60 << 16).then(|| Duration::from_nanos((u64::from(units) * 1_000_000_000) >> 16))
    }
}

/// The middle 32 bits of an NTP time: seconds and 65,536ths.
pub fn middle_of_ntp(ntp: u64) -> u32 {
    u32::try_from((ntp >> 16) & u64::from(u32::MAX)).unwrap_or_default()
}

/// How long to wait before the next report: 5 seconds, spread between half and one and a half so that reports do not come in step
/// (RFC 3550 §6.2, §6.3.1). `random` is any number.
pub fn report_interval(random: u32) -> Duration {
    Duration::from_micros(2_500_000 + ((u64::from(random) * 5_000_000) >> 32))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
