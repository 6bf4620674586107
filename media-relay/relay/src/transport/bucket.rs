//! How often a source may be heard.

use std::{collections::HashMap, net::IpAddr, time::Duration};

/// How many sources are followed at once; the ones not heard for longest are forgotten first, when there are more.
const MOST_SOURCES: usize = 16_384;

/// A token bucket for each source. Times are since any start that never changes.
#[derive(Debug)]
pub(super) struct Buckets {
    per_second: u32,
    sources: HashMap<IpAddr, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    /// In millionths of a token.
    left: u64,
    at: Duration,
}

impl Buckets {
    /// So many tokens a second for each source, and as many at once.
    pub(super) fn new(per_second: u32) -> Self {
        Self { per_second, sources: HashMap::new() }
    }

    /// Takes a source's token; false if it has none.
    pub(super) fn take(&mut self, source: IpAddr, now: Duration) -> bool {
        if self.sources.len() >= MOST_SOURCES && !self.sources.contains_key(&source) {
            self.make_room(now);
        }
        let full = u64::from(self.per_second) * 1_000_000;
        let bucket = self.sources.entry(source).or_insert(Bucket { left: full, at: now });
        let passed = u64::try_from(now.saturating_sub(bucket.at).as_micros()).unwrap_or(u64::MAX);
        bucket.left = bucket.left.saturating_add(passed.saturating_mul(self.per_second.into())).min(full);
        bucket.at = now;
        let is_there = bucket.left >= 1_000_000;
        if is_there {
            bucket.left -= 1_000_000;
        }
        is_there
    }

    /// Forgets those whose buckets are full again, or else all: then each has a new one.
    fn make_room(&mut self, now: Duration) {
        self.sources.retain(|_, bucket| now.saturating_sub(bucket.at) < Duration::from_secs(1));
        if self.sources.len() >= MOST_SOURCES {
            self.sources.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn a_source_is_heard_as_often_as_it_may_and_others_are_not_held_up() {
        let mut buckets = Buckets::new(10);
        let heard = (0..25).filter(|_| buckets.take(source(1), Duration::ZERO)).count();
        assert_eq!(heard, 10);
        assert!(buckets.take(source(2), Duration::ZERO));
        let later = Duration::from_millis(300);
        assert_eq!((0..25).filter(|_| buckets.take(source(1), later)).count(), 3);
        let much_later = Duration::from_secs(1_000);
        assert_eq!((0..25).filter(|_| buckets.take(source(1), much_later)).count(), 10);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut buckets = Buckets::new(1);
        for number in 0..100_000_u32 {
            buckets.take(IpAddr::from(number.to_be_bytes()), Duration::ZERO);
        }
        assert!(buckets.sources.len() <= MOST_SOURCES);
    }
}
