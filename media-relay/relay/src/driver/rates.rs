//! How many calls a connection may begin in a second.

use std::{collections::HashMap, time::Duration};

use ringfall_control::text::Id;
use ringfall_sip::Moment;

/// Calls of each connection in the current second.
#[derive(Debug, Default)]
pub(super) struct Rates(HashMap<Id, (Moment, u32)>);

impl Rates {
    /// Counts one more, if it may be.
    pub(super) fn take(&mut self, connection: &Id, most_per_second: u32, now: Moment) -> bool {
        let (began, count) = self.0.entry(connection.clone()).or_insert((now, 0));
        if now - *began >= Duration::from_secs(1) {
            (*began, *count) = (now, 0);
        }
        if *count >= most_per_second {
            return false;
        }
        *count += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_so_many_and_the_next_one_again() {
        let mut rates = Rates::default();
        let (one, other) = ("one".parse().expect("an id"), "other".parse().expect("an id"));
        let at = |milliseconds| Moment::after_origin(Duration::from_millis(milliseconds));
        let taken = (0..10).filter(|number| rates.take(&one, 3, at(number * 90))).count();
        assert_eq!(taken, 3);
        assert!(rates.take(&other, 3, at(900)));
        assert!(rates.take(&one, 3, at(1_000)));
    }
}
