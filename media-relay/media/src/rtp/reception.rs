//! What is received of one source: loss and jitter as RFC 3550 (A.1, A.3, A.8) counts them.

use std::time::Duration;

use super::packet::Header;
use crate::{
    codec::ticks,
    rtcp::{ReportBlock, middle_of_ntp},
};

/// How far ahead a packet may be and still be of the same count.
const MOST_DROPOUT: u16 = 3_000;

/// How far back a packet may be and still be of the same count.
const MOST_MISORDER: u16 = 100;

/// What was received over the whole of a leg, of all its sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Packets, duplicates included.
    pub received: u64,
    /// Packets that never came.
    pub lost: u64,
}

/// What is received of one leg. A new SSRC begins a new count; the totals go on.
#[derive(Debug, Clone)]
pub struct Reception {
    clock_rate_hz: u32,
    source: Option<Source>,
    before: Totals,
}

#[derive(Debug, Clone)]
struct Source {
    ssrc: u32,
    first_sequence: u32,
    /// How often the sequence numbers went round, times 65,536.
    cycles: u32,
    highest_sequence: u16,
    received: u32,
    expected_at_report: u32,
    received_at_report: u32,
    /// Sixteen times the mean deviation of the transit time, in ticks.
    jitter_16ths: u32,
    transit: u32,
    /// A sequence number that would begin a new count if the next packet follows it.
    restart: Option<u16>,
    report: Option<(u32, Duration)>,
}

impl Reception {
    /// Nothing received yet.
    pub const fn new(clock_rate_hz: u32) -> Self {
        Self { clock_rate_hz, source: None, before: Totals { received: 0, lost: 0 } }
    }

    /// Counts a packet.
    pub fn received(&mut self, header: &Header, now: Duration) {
        let arrived = ticks(now, self.clock_rate_hz);
        match &mut self.source {
            Some(source) if source.ssrc == header.ssrc => {
                if !source.count(header.sequence) {
                    self.start(header, arrived);
                    return;
                }
                source.time(header.timestamp, arrived);
            }
            Some(_) | None => self.start(header, arrived),
        }
    }

    /// Takes note of the other side's sender report: our reports tell when it came.
    pub fn sender_reported(&mut self, ssrc: u32, ntp: u64, now: Duration) {
        if let Some(source) = self.source.as_mut().filter(|source| source.ssrc == ssrc) {
            source.report = Some((middle_of_ntp(ntp), now));
        }
    }

    /// The block of our next report, which begins a new interval; none before the first packet.
    pub fn report_block(&mut self, now: Duration) -> Option<ReportBlock> {
        self.source.as_mut().map(|source| source.report_block(now))
    }

    /// Ticks of its clock per second.
    pub const fn clock_rate_hz(&self) -> u32 {
        self.clock_rate_hz
    }

    /// The jitter now, in ticks.
    pub fn jitter_ticks(&self) -> u32 {
        self.source.as_ref().map_or(0, |source| source.jitter_16ths >> 4)
    }

    /// What was received in all.
    pub fn totals(&self) -> Totals {
        let Some(source) = &self.source else { return self.before };
        Totals {
            received: self.before.received + u64::from(source.received),
            lost: self.before.lost + u64::try_from(source.lost()).unwrap_or_default(),
        }
    }

    #[cold]
    fn start(&mut self, header: &Header, arrived: u32) {
        self.before = self.totals();
        self.source = Some(Source {
            ssrc: header.ssrc,
            first_sequence: u32::from(header.sequence),
            cycles: 0,
            highest_sequence: header.sequence,
            received: 1,
            expected_at_report: 0,
            received_at_report: 0,
            jitter_16ths: 0,
            transit: arrived.wrapping_sub(header.timestamp),
            restart: None,
            report: None,
        });
    }
}

impl Source {
    /// Counts a packet; false if the source counts anew: two packets in order, far from the others.
    fn count(&mut self, sequence: u16) -> bool {
        let ahead = sequence.wrapping_sub(self.highest_sequence);
        if ahead < MOST_DROPOUT {
            if sequence < self.highest_sequence {
                self.cycles = self.cycles.wrapping_add(1 << 16);
            }
            self.highest_sequence = sequence;
        } else if ahead <= u16::MAX - MOST_MISORDER {
            let expected = self.restart.replace(sequence.wrapping_add(1));
            return expected != Some(sequence);
        }
        self.restart = None;
        self.received = self.received.wrapping_add(1);
        true
    }

    fn time(&mut self, timestamp: u32, arrived: u32) {
        let transit = arrived.wrapping_sub(timestamp);
        let difference = transit.wrapping_sub(self.transit).cast_signed().unsigned_abs();
        self.transit = transit;
        // A jump of the source's timestamps is no jitter.
        if difference < 1 << 20 {
            self.jitter_16ths = self.jitter_16ths + difference - ((self.jitter_16ths + 8) >> 4);
        }
    }

    fn highest(&self) -> u32 {
        self.cycles.wrapping_add(u32::from(self.highest_sequence))
    }

    fn expected(&self) -> u32 {
        self.highest().wrapping_sub(self.first_sequence).wrapping_add(1)
    }

    /// Duplicates can make it negative.
    fn lost(&self) -> i32 {
        self.expected().wrapping_sub(self.received).cast_signed()
    }

    fn report_block(&mut self, now: Duration) -> ReportBlock {
        let expected = self.expected().wrapping_sub(self.expected_at_report);
        let received = self.received.wrapping_sub(self.received_at_report);
        self.expected_at_report = self.expected();
        self.received_at_report = self.received;
        let lost = expected.saturating_sub(received);
        let fraction_lost = (u64::from(lost) * 256).checked_div(u64::from(expected)).unwrap_or_default();
        let (last_report, delay) =
            self.report.map_or((0, Duration::ZERO), |(ntp, at)| (ntp, now.saturating_sub(at)));
        ReportBlock {
            ssrc: self.ssrc,
            fraction_lost: u8::try_from(fraction_lost).unwrap_or(u8::MAX),
            lost: self.lost().clamp(-(1 << 23), (1 << 23) - 1),
            highest_sequence: self.highest(),
            jitter_ticks: self.jitter_16ths >> 4,
            last_report,
            delay_since_report: ticks(delay, 1 << 16),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 8_000;

    fn header(sequence: u16, timestamp: u32) -> Header {
        Header { marker: false, payload_type: 0, sequence, timestamp, ssrc: 9 }
    }

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Receives the packets of these places in a stream, each on time.
    fn receive(first: u16, places: impl IntoIterator<Item = u16>) -> Reception {
        let mut reception = Reception::new(RATE);
        for place in places {
            let header = header(first.wrapping_add(place), u32::from(place) * 160);
            reception.received(&header, at(u64::from(place) * 20));
        }
        reception
    }

    #[test]
    fn a_whole_stream_across_the_turn_of_the_numbers_has_no_loss() {
        let mut reception = receive(65_500, 0..100);
        let block = reception.report_block(at(0)).expect("a block");
        assert_eq!((block.fraction_lost, block.lost, block.jitter_ticks), (0, 0, 0));
        assert_eq!(block.highest_sequence, 65_500 + 99);
        assert_eq!(reception.totals(), Totals { received: 100, lost: 0 });
    }

    #[test]
    fn loss_is_counted_by_interval_and_in_all() {
        let mut reception =
            receive(0, (0..101).filter(|place| *place == 0 || place % 4 != 0 || *place == 100));
        let block = reception.report_block(at(0)).expect("a block");
        assert_eq!((block.fraction_lost, block.lost), (u8::try_from(24 * 256 / 101).expect("small"), 24));
        let block = reception.report_block(at(0)).expect("a block");
        assert_eq!((block.fraction_lost, block.lost), (0, 24));
        assert_eq!(reception.totals(), Totals { received: 77, lost: 24 });
    }

    #[test]
    fn late_packets_and_duplicates_are_no_loss() {
        let reception = receive(10, [0, 2, 1, 3, 3, 4]);
        assert_eq!(reception.totals(), Totals { received: 6, lost: 0 });
        assert_eq!(receive(10, [0, 1, 1, 1]).source.map(|source| source.lost()), Some(-2));
    }

    #[test]
    fn a_stray_packet_changes_nothing_and_two_in_order_begin_a_new_count() {
        let mut reception = receive(0, 0..10);
        reception.received(&header(30_000, 0), at(200));
        reception.received(&header(10, 1_600), at(200));
        assert_eq!(reception.totals(), Totals { received: 11, lost: 0 });
        reception.received(&header(40_000, 0), at(220));
        reception.received(&header(40_001, 160), at(240));
        assert_eq!(reception.source.as_ref().map(Source::highest), Some(40_001));
        assert_eq!(reception.totals(), Totals { received: 12, lost: 0 });
    }

    #[test]
    fn jitter_comes_near_the_mean_deviation() {
        let mut reception = Reception::new(RATE);
        for place in 0..400_u16 {
            let late = if place % 2 == 0 { 0 } else { 10 };
            let header = header(place, u32::from(place) * 160);
            reception.received(&header, at(u64::from(place) * 20 + late));
        }
        assert!((78..=80).contains(&reception.jitter_ticks()), "{}", reception.jitter_ticks());
        reception.received(&header(400, 3_000_000_000), at(8_000));
        assert!(reception.jitter_ticks() <= 80, "a jump of timestamps is no jitter");
    }

    #[test]
    fn a_report_tells_when_the_last_one_came() {
        let mut reception = receive(0, 0..2);
        reception.sender_reported(9, 0x0001_2345_6789_0000, at(1_000));
        reception.sender_reported(8, 0, at(1_100));
        let block = reception.report_block(at(1_500)).expect("a block");
        assert_eq!((block.last_report, block.delay_since_report), (0x2345_6789, 1 << 15));
        assert_eq!(Reception::new(RATE).report_block(at(0)), None);
    }
}
