//! What the engine counts. A thread counts for itself and shows its counts a few times a second.

use std::sync::atomic::{AtomicU64, Ordering};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Count {
    /// RTP packets that came, whatever became of them.
    Received,
    /// Packets handed to the other leg of a bridge.
    Forwarded,
    /// Packets of our own: prompts, music, digits.
    Played,
    /// RTCP packets that came.
    ReportsReceived,
    /// RTCP packets sent.
    ReportsSent,
    /// Not handed on: from an address that signalling does not vouch for.
    FromStranger,
    /// Not handed on: another port or SSRC than the one that is locked on.
    FromOtherSource,
    /// Not handed on: its source is not known yet.
    FromNewSource,
    /// Not handed on: no RTP, or damaged.
    NotRtp,
    /// Not handed on: not genuine by SRTP, or came before.
    NotGenuine,
    /// Not handed on: came while this direction is on hold.
    OnHold,
    /// Not handed on: the other leg hears a prompt, music or digits of ours.
    TalkedOver,
    /// Not handed on: a payload type that was not agreed.
    PayloadType,
    /// Not handed on: a duplicate, or too late.
    Late,
    /// Not sent: the kernel refused.
    NotSent,
    /// Keys beyond what fingers can press.
    DigitsRefused,
    /// Chunks of recordings that the disk was too slow for.
    ChunksLost,
}

impl Count {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Received,
        Self::Forwarded,
        Self::Played,
        Self::ReportsReceived,
        Self::ReportsSent,
        Self::FromStranger,
        Self::FromOtherSource,
        Self::FromNewSource,
        Self::NotRtp,
        Self::NotGenuine,
        Self::OnHold,
        Self::TalkedOver,
        Self::PayloadType,
        Self::Late,
        Self::NotSent,
        Self::DigitsRefused,
        Self::ChunksLost,
    ];

    /// Its name, as metrics are named.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Forwarded => "forwarded",
            Self::Played => "played",
            Self::ReportsReceived => "reports_received",
            Self::ReportsSent => "reports_sent",
            Self::FromStranger => "from_stranger",
            Self::FromOtherSource => "from_other_source",
            Self::FromNewSource => "from_new_source",
            Self::NotRtp => "not_rtp",
            Self::NotGenuine => "not_genuine",
            Self::OnHold => "on_hold",
            Self::TalkedOver => "talked_over",
            Self::PayloadType => "payload_type",
            Self::Late => "late",
            Self::NotSent => "not_sent",
            Self::DigitsRefused => "digits_refused",
            Self::ChunksLost => "chunks_lost",
        }
    }

    /// Whether it counts packets that came and were not handed on.
    pub const fn is_drop(self) -> bool {
        matches!(
            self,
            Self::FromStranger
                | Self::FromOtherSource
                | Self::FromNewSource
                | Self::NotRtp
                | Self::NotGenuine
                | Self::OnHold
                | Self::TalkedOver
                | Self::PayloadType
                | Self::Late
                | Self::NotSent
        )
    }
}

const COUNTS: usize = Count::ALL.len();

/// A thread's own counts.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: [u64; COUNTS],
    /// Legs that are open.
    pub(super) legs: u64,
    /// Legs that hear another leg.
    pub(super) bridged_legs: u64,
    /// Recordings under way.
    pub(super) recordings: u64,
    /// The mean and the worst jitter of the legs that are heard, in µs.
    pub(super) jitter_microseconds: [u64; 2],
}

impl Tally {
    #[inline]
    pub(super) fn add(&mut self, count: Count) {
        self.counts[count as usize] += 1;
    }

    pub(super) fn show(&self, shown: &Shown) {
        for (shown, count) in shown.0.iter().zip(self.all()) {
            shown.store(count, Ordering::Relaxed);
        }
    }

    fn all(&self) -> impl Iterator<Item = u64> {
        self.counts
            .into_iter()
            .chain([self.legs, self.bridged_legs, self.recordings])
            .chain(self.jitter_microseconds)
    }
}

/// What a thread shows of its counts.
#[derive(Debug)]
pub(super) struct Shown([AtomicU64; COUNTS + 5]);

impl Default for Shown {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; COUNTS + 5])
    }
}

/// What was counted since the engine started, up to a fraction of a second ago, and how things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    counts: [u64; COUNTS],
    /// Legs that are open.
    pub legs: u64,
    /// Legs that hear another leg.
    pub bridged_legs: u64,
    /// Recordings under way.
    pub recordings: u64,
    /// The mean jitter of the legs that are heard, in µs; of several threads the worst.
    pub mean_jitter_microseconds: u64,
    /// The worst jitter of a leg, in µs.
    pub worst_jitter_microseconds: u64,
    /// Pairs of ports in use.
    pub ports_in_use: u64,
    /// Pairs of ports that are still closed after use.
    pub ports_closed: u64,
}

impl Counters {
    /// One of the counts.
    pub const fn get(&self, count: Count) -> u64 {
        self.counts[count as usize]
    }

    /// All packets that came and were not handed on.
    pub fn dropped(&self) -> u64 {
        Count::ALL.into_iter().filter(|count| count.is_drop()).map(|count| self.get(count)).sum()
    }

    pub(super) fn of<'a>(shown: impl Iterator<Item = &'a Shown>) -> Self {
        let mut all = Self::default();
        for Shown(shown) in shown {
            let (counts, rest) = shown.split_at(COUNTS);
            let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
            all.counts.iter_mut().zip(counts).for_each(|(sum, count)| *sum += read(count));
            if let [legs, bridged, recordings, mean, worst] = rest {
                all.legs += read(legs);
                all.bridged_legs += read(bridged);
                all.recordings += read(recordings);
                all.mean_jitter_microseconds = all.mean_jitter_microseconds.max(read(mean));
                all.worst_jitter_microseconds = all.worst_jitter_microseconds.max(read(worst));
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_has_its_place_and_its_name() {
        for (place, count) in Count::ALL.into_iter().enumerate() {
            assert_eq!(count as usize, place, "{}", count.name());
        }
        let mut names: Vec<_> = Count::ALL.into_iter().map(Count::name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COUNTS);
    }

    #[test]
    fn threads_counts_add_up() {
        let shown = [Shown::default(), Shown::default()];
        for (shown, jitter) in shown.iter().zip([7, 5]) {
            let mut tally = Tally {
                legs: 4,
                bridged_legs: 2,
                recordings: 1,
                jitter_microseconds: [jitter, 100],
                ..Tally::default()
            };
            (0..3).for_each(|_| tally.add(Count::Forwarded));
            tally.add(Count::Late);
            tally.show(shown);
        }
        let counters = Counters::of(shown.iter());
        assert_eq!((counters.get(Count::Forwarded), counters.dropped(), counters.legs), (6, 2, 8));
        assert_eq!(
            (counters.bridged_legs, counters.recordings, counters.mean_jitter_microseconds),
            (4, 2, 7)
        );
    }
}
