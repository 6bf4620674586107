//! What a level comes to.

use std::{fmt, time::Duration};

/// Times up to a second, in steps of 10 µs.
#[derive(Debug, Clone)]
pub struct Percentiles {
    steps: Vec<u32>,
    count: u64,
}

const STEP_MICROSECONDS: u128 = 10;

const STEPS: usize = 100_000;

impl Default for Percentiles {
    fn default() -> Self {
        Self { steps: vec![0; STEPS], count: 0 }
    }
}

impl Percentiles {
    /// Adds a time; what is longer than a second counts as one.
    pub fn add(&mut self, time: Duration) {
        let step = usize::try_from(time.as_micros() / STEP_MICROSECONDS).unwrap_or(STEPS).min(STEPS - 1);
        self.steps[step] += 1;
        self.count += 1;
    }

    /// The time that so many of 1,000 are not above.
    pub fn of_thousand(&self, share: u64) -> Duration {
        let mut left = (self.count * share).div_ceil(1_000);
        for (step, count) in (1_u64..).zip(&self.steps) {
            left = left.saturating_sub(u64::from(*count));
            if left == 0 {
                return Duration::from_micros(step * 10);
            }
        }
        Duration::from_secs(1)
    }
}

/// What a level comes to.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Calls, or callers.
    pub calls: usize,
    /// Packets that were sent in the time that was measured; of music, those that were due.
    pub sent: u64,
    /// How many of them came.
    pub received: u64,
    /// From the phone that sends to the socket of the phone that hears.
    pub latency: Percentiles,
    /// How late phones sent: above a ms or two the driver is what is measured.
    pub lag: Percentiles,
    /// The processor time of what is measured.
    pub processor: Duration,
    /// How long was measured.
    pub measured: Duration,
    /// The resident memory that calls have added, in bytes for each.
    pub bytes_a_call: u64,
}

impl Figures {
    /// Packets that did not come, in parts of a million.
    pub fn lost_of_million(&self) -> u64 {
        (self.sent.saturating_sub(self.received) * 1_000_000).checked_div(self.sent).unwrap_or_default()
    }

    /// Processor time of a thousand packets.
    pub fn processor_of_thousand(&self) -> Duration {
        let nanoseconds = self.processor.as_nanos() * 1_000;
        let each = nanoseconds.checked_div(u128::from(self.received)).unwrap_or_default();
        Duration::from_nanos(u64::try_from(each).unwrap_or(u64::MAX))
    }

    /// Whether it is as telephones need it: 99 of 100 packets within 20 ms, less than one in a thousand lost.
    pub fn is_clean(&self) -> bool {
        self.received > 0
            && self.latency.of_thousand(990) < Duration::from_millis(20)
            && self.lost_of_million() < 1_000
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
        let share = self.processor.as_secs_f64() / self.measured.as_secs_f64().max(0.001) * 100.0;
        write!(
            f,
            "{:>5} calls {:>8} packets/s {:>7.2} ms/1,000 packets {:>4.0} % of its core  p50 {:>7.2} p99 {:>7.2} ms  lost {:>6} of 1,000,000  \
             {:>6} bytes a call  phones' p99 lag {:.2} ms{}",
            self.calls,
            u128::from(self.received) * 1_000 / self.measured.as_millis().max(1),
            milliseconds(self.processor_of_thousand()),
            share,
            milliseconds(self.latency.of_thousand(500)),
            milliseconds(self.latency.of_thousand(990)),
            self.lost_of_million(),
            self.bytes_a_call,
            milliseconds(self.lag.of_thousand(990)),
            if self.is_clean() { "" } else { "  NOT CLEAN" },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_time_that_so_many_are_not_above() {
        let mut times = Percentiles::default();
        (0..990).for_each(|_| times.add(Duration::from_micros(95)));
        (0..9).for_each(|_| times.add(Duration::from_millis(30)));
        times.add(Duration::from_secs(7));
        assert_eq!(times.of_thousand(500), Duration::from_micros(100));
        assert_eq!(times.of_thousand(990), Duration::from_micros(100));
        assert_eq!(times.of_thousand(991), Duration::from_micros(30_010));
        assert_eq!(times.of_thousand(1_000), Duration::from_secs(1));
    }

    #[test]
    fn a_level_is_clean_within_20_ms_and_with_less_than_one_of_a_thousand_lost() {
        let mut figures = Figures { sent: 100_000, received: 99_901, ..Figures::default() };
        figures.latency.add(Duration::from_millis(19));
        assert!(figures.is_clean());
        figures.received = 99_900;
        assert!(!figures.is_clean());
        figures.received = 100_000;
        figures.processor = Duration::from_millis(700);
        assert_eq!(figures.processor_of_thousand(), Duration::from_millis(7));
        figures.latency.add(Duration::from_millis(21));
        assert!(!figures.is_clean());
    }
}
