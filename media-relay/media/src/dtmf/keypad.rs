//! One keypad for both ways in which a key is told: gateways send RFC 4733 and INFO for the same key.

use std::{collections::VecDeque, time::Duration};

use super::event::Digit;

/// How long the other telling of a key may take.
const MOST_APART: Duration = Duration::from_secs(2);

/// How many keys are remembered: more are not pressed in that time.
const MOST_KEYS: usize = 64;

/// How a key is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// RFC 4733, in RTP.
    Event,
    /// SIP's INFO.
    Info,
}

/// The keys of one leg, each once.
#[derive(Debug, Clone, Default)]
pub struct Keypad {
    /// What one way has told and the other not yet, oldest first.
    untwinned: VecDeque<(Duration, Way, Digit)>,
}

impl Keypad {
    /// Takes a key as one way tells it: whether it is new. The nth telling of a key by the one way is the twin of the nth by the other.
    pub fn pressed(&mut self, digit: Digit, way: Way, now: Duration) -> bool {
        self.untwinned.retain(|(at, ..)| now.saturating_sub(*at) <= MOST_APART);
        let twin = self.untwinned.iter().position(|(_, told, other)| *told != way && *other == digit);
        match twin {
            Some(twin) => {
                self.untwinned.remove(twin);
                false
            }
            None => {
                if self.untwinned.len() == MOST_KEYS {
                    self.untwinned.pop_front();
                }
                self.untwinned.push_back((now, way, digit));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys that come of tellings: when in ms, how, what.
    fn keys(told: &[(u64, Way, char)]) -> String {
        let mut keypad = Keypad::default();
        let new = told.iter().filter(|(at, way, key)| {
            keypad.pressed(Digit::from_char(*key).expect("a digit"), *way, Duration::from_millis(*at))
        });
        new.map(|(.., key)| key).collect()
    }

    #[test]
    fn a_key_that_is_told_both_ways_is_pressed_once() {
        use Way::{Event, Info};
        assert_eq!(keys(&[(0, Event, '1'), (30, Info, '1'), (200, Event, '2'), (230, Info, '2')]), "12");
        assert_eq!(keys(&[(0, Info, '1'), (30, Event, '1')]), "1");
        // The same key twice, told in pairs or one way first.
        assert_eq!(keys(&[(0, Event, '1'), (30, Info, '1'), (300, Event, '1'), (330, Info, '1')]), "11");
        assert_eq!(keys(&[(0, Event, '1'), (300, Event, '1'), (330, Info, '1'), (630, Info, '1')]), "11");
    }

    #[test]
    fn a_key_that_is_told_one_way_alone_is_pressed_each_time() {
        assert_eq!(keys(&[(0, Way::Event, '1'), (200, Way::Event, '1'), (400, Way::Event, '1')]), "111");
        assert_eq!(keys(&[(0, Way::Event, '1'), (2_001, Way::Info, '1')]), "11");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut keypad = Keypad::default();
        let digit = Digit::from_char('1').expect("a digit");
        assert!((0..1_000).all(|_| keypad.pressed(digit, Way::Info, Duration::ZERO)));
        assert_eq!(keypad.untwinned.len(), MOST_KEYS);
    }
}
