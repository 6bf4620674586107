//! When which leg has its next turn: a wheel of 64 slots of 1 ms. One timer serves all legs that play, and they are spread over the
//! interval, so that thousands do not want to send at once.

use std::time::Duration;

/// Slots: more than the longest packet time, 60 ms.
const SLOTS: u64 = 64;

/// The same, as tables count.
const SLOTS_IN_TABLE: usize = 64;

/// How late turns may be and still all be taken. What is later has missed its turns: a machine that slept does not shout afterwards.
const MOST_LATE: u64 = 200;

/// What has turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// The place of the leg.
    pub(super) place: u32,
    /// Which of the legs that have had this place.
    pub(super) tenant: u32,
    pub(super) what: What,
}

/// What a turn is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// To say something.
    Speak,
    /// To record.
    Record,
}

/// The wheel.
#[derive(Debug)]
pub(super) struct Wheel {
    slots: [Vec<Turn>; SLOTS_IN_TABLE],
    /// The first ms that is not over.
    next: u64,
    /// Where the next newcomer is put, so that newcomers are spread.
    spread: u64,
    turns: usize,
}

impl Wheel {
    pub(super) fn new(now: Duration) -> Self {
        Self { slots: [const { Vec::new() }; SLOTS_IN_TABLE], next: milliseconds(now), spread: 0, turns: 0 }
    }

    /// Gives a newcomer its first turn, within its interval in ms.
    pub(super) fn begin(&mut self, turn: Turn, interval: u16, now: Duration) {
        let interval = u64::from(interval).clamp(1, SLOTS - 1);
        // A step that shares no divisor with any interval comes round to every ms.
        self.spread = self.spread.wrapping_add(7);
        if self.turns == 0 {
            self.next = milliseconds(now);
        }
        self.put(turn, self.next + self.spread % interval);
    }

    /// Gives a turn again, so many ms after the one that was due at `due`.
    pub(super) fn again(&mut self, turn: Turn, due: u64, interval: u16) {
        self.put(turn, due + u64::from(interval).clamp(1, SLOTS - 1));
    }

    /// When the next turn is due, if there is one.
    pub(super) fn due(&self) -> Option<Duration> {
        if self.turns == 0 {
            return None;
        }
        let ahead = (0..SLOTS).find(|ahead| !self.slot(self.next + ahead).is_empty())?;
        Some(Duration::from_millis(self.next + ahead))
    }

    /// Takes the turns of the next ms that has any and is due: when they were due, and which. They go into `turns`, which is emptied first.
    pub(super) fn take(&mut self, now: Duration, turns: &mut Vec<Turn>) -> Option<u64> {
        turns.clear();
        let now = milliseconds(now);
        if now.saturating_sub(self.next) > MOST_LATE {
            // On by whole rounds and a little: each turn stays in its slot.
            self.next += (now - self.next) / SLOTS * SLOTS;
        }
        while self.next <= now && self.turns > 0 {
            let due = self.next;
            self.next += 1;
            let slot = &mut self.slots[usize::try_from(due % SLOTS).unwrap_or_default()];
            if !slot.is_empty() {
                self.turns -= slot.len();
                std::mem::swap(slot, turns);
                return Some(due);
            }
        }
        self.next = self.next.max(now);
        None
    }

    fn put(&mut self, turn: Turn, at: u64) {
        // Never more than a round ahead, never in the past.
        let at = at.clamp(self.next, self.next + SLOTS - 1);
        self.slots[usize::try_from(at % SLOTS).unwrap_or_default()].push(turn);
        self.turns += 1;
    }

    fn slot(&self, at: u64) -> &[Turn] {
        &self.slots[usize::try_from(at % SLOTS).unwrap_or_default()]
    }
}

fn milliseconds(now: Duration) -> u64 {
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(place: u32) -> Turn {
        Turn { place, tenant: 0, what: What::Speak }
    }

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Runs a wheel from one ms to another in steps, and gives the turns that come: when they were due, and whose.
    fn run(wheel: &mut Wheel, from: u64, to: u64, step: usize, interval: u16) -> Vec<(u64, u32)> {
        let (mut turns, mut taken) = (Vec::new(), Vec::new());
        for now in (from..to).step_by(step) {
            while let Some(due) = wheel.take(at(now), &mut turns) {
                for turn in turns.clone() {
                    taken.push((due, turn.place));
                    wheel.again(turn, due, interval);
                }
            }
        }
        taken
    }

    #[test]
    fn turns_come_at_their_pace_however_seldom_one_looks() {
        for interval in [10, 20, 30, 60] {
            for step in [1, 7, 50] {
                let mut wheel = Wheel::new(at(1_000));
                wheel.begin(turn(3), interval, at(1_000));
                let due: Vec<_> =
                    run(&mut wheel, 1_000, 3_000, step, interval).into_iter().map(|(due, _)| due).collect();
                assert!(due[0] < 1_000 + u64::from(interval), "{due:?}");
                assert!(due.windows(2).all(|pair| pair[1] - pair[0] == u64::from(interval)), "{due:?}");
                let looked = 1_999 / step * step;
                assert!(due.len() >= looked / usize::from(interval), "{interval} {step} {}", due.len());
            }
        }
    }

    #[test]
    fn newcomers_are_spread_over_the_interval() {
        let mut wheel = Wheel::new(at(0));
        (0..5_000).for_each(|place| wheel.begin(turn(place), 20, at(0)));
        let taken = run(&mut wheel, 0, 20, 1, 20);
        assert_eq!(taken.len(), 5_000);
        for ms in 0..20 {
            assert_eq!(taken.iter().filter(|(due, _)| *due == ms).count(), 250, "{ms}");
        }
    }

    #[test]
    fn a_machine_that_slept_does_not_shout_afterwards() {
        let mut wheel = Wheel::new(at(0));
        wheel.begin(turn(1), 20, at(0));
        run(&mut wheel, 0, 100, 1, 20);
        let taken = run(&mut wheel, 60_000, 60_200, 1, 20);
        assert!(taken.len() <= 14, "{taken:?}");
        assert!(taken[0].0 > 59_900 && taken.windows(2).all(|pair| pair[1].0 - pair[0].0 == 20), "{taken:?}");
    }

    #[test]
    fn it_tells_when_it_wants_to_be_looked_at() {
        let mut wheel = Wheel::new(at(0));
        assert_eq!(wheel.due(), None);
        wheel.begin(turn(1), 20, at(500));
        let mut turns = Vec::new();
        let due = wheel.due().expect("a turn");
        assert!((at(500)..at(520)).contains(&due));
        assert!(due == at(500) || wheel.take(due.saturating_sub(at(1)), &mut turns).is_none());
        assert!(wheel.take(due, &mut turns).is_some() && turns == [turn(1)]);
        assert_eq!(wheel.due(), None);
    }
}
