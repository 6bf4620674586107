//! Which ports legs have: pairs, an even one for RTP and the next for RTCP, drawn at random so that nobody can guess them, and kept
//! closed for a while after use so that a call's last packets never reach the next call.

use std::{collections::VecDeque, ops::RangeInclusive, time::Duration};

/// A pair of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PortPair {
    /// Even.
    pub rtp: u16,
    /// The next.
    pub rtcp: u16,
}

/// A range that holds no pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the range of ports {first} to {last} holds no even port with its next")]
pub struct NoPorts {
    /// Its first port.
    pub first: u16,
    /// Its last port.
    pub last: u16,
}

/// All pairs of a range.
#[derive(Debug, Clone)]
pub struct PortPool {
    free: Vec<u16>,
    /// Since when a pair is closed, the longest first.
    closed: VecDeque<(Duration, u16)>,
    stays_closed: Duration,
    in_use: usize,
}

impl PortPool {
    /// The pairs of a range; one that was given back stays closed for a time.
    ///
    /// # Errors
    /// There are none.
    pub fn new(range: RangeInclusive<u16>, stays_closed: Duration) -> Result<Self, NoPorts> {
        let (first, last) = (*range.start(), *range.end());
        let free: Vec<_> = range.filter(|port| *port != 0 && port % 2 == 0 && *port < last).collect();
        if free.is_empty() {
            return Err(NoPorts { first, last });
        }
        Ok(Self { free, closed: VecDeque::new(), stays_closed, in_use: 0 })
    }

    /// Takes a pair; none if all are in use or closed. `random` is any number.
    pub fn take(&mut self, random: u32, now: Duration) -> Option<PortPair> {
        self.open(now);
        let place = usize::try_from(random).unwrap_or_default().checked_rem(self.free.len())?;
        let rtp = self.free.swap_remove(place);
        self.in_use += 1;
        Some(PortPair { rtp, rtcp: rtp + 1 })
    }

    /// Gives a pair back. Also one that could not be opened, because another program has it: it is tried again later.
    pub fn give_back(&mut self, pair: PortPair, now: Duration) {
        self.in_use = self.in_use.saturating_sub(1);
        self.closed.push_back((now, pair.rtp));
    }

    /// How many pairs are in use.
    pub const fn in_use(&self) -> usize {
        self.in_use
    }

    fn open(&mut self, now: Duration) {
        while let Some((since, port)) = self.closed.front() {
            if now.saturating_sub(*since) < self.stays_closed {
                return;
            }
            self.free.push(*port);
            self.closed.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSED: Duration = Duration::from_secs(5);

    #[test]
    fn pairs_are_even_and_next_and_no_pair_is_taken_twice() {
        let mut pool = PortPool::new(20_001..=20_009, CLOSED).expect("ports");
        let mut taken: Vec<_> = (0..4).filter_map(|random| pool.take(random * 7, Duration::ZERO)).collect();
        assert_eq!(pool.take(0, Duration::ZERO), None);
        taken.sort_by_key(|pair| pair.rtp);
        let expected = [20_002, 20_004, 20_006, 20_008].map(|rtp| PortPair { rtp, rtcp: rtp + 1 });
        assert_eq!((taken.as_slice(), pool.in_use()), (&expected[..], 4));
    }

    #[test]
    fn late_packets_of_a_call_never_reach_the_next() {
        let mut pool = PortPool::new(20_000..=20_001, CLOSED).expect("ports");
        let pair = pool.take(7, Duration::ZERO).expect("a pair");
        pool.give_back(pair, Duration::from_secs(10));
        assert_eq!((pool.in_use(), pool.take(7, Duration::from_millis(14_999))), (0, None));
        assert_eq!(pool.take(7, Duration::from_secs(15)), Some(pair));
    }

    #[test]
    fn ports_are_drawn_from_the_whole_range() {
        let pool = PortPool::new(10_000..=u16::MAX, CLOSED).expect("ports");
        let draw = |random: u32| pool.clone().take(random, Duration::ZERO).map(|pair| pair.rtp);
        assert_eq!((draw(0), draw(27_767), draw(27_768)), (Some(10_000), Some(65_534), Some(10_000)));
    }

    #[test]
    fn a_range_without_a_pair_is_refused() {
        for range in [5..=5, 5..=6, 0..=1] {
            assert!(PortPool::new(range.clone(), CLOSED).is_err(), "{range:?}");
        }
    }
}
