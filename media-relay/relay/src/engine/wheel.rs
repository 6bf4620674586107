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

    /// How long until the next turn, if there is one.
    pub(super) fn wait(&self, now: Duration) -> Option<Duration> {
        if self.turns == 0 {
            return None;
        }
        let ahead = (0..SLOTS).find(|ahead| !self.slot(self.next + ahead).is_empty())?;
        Some(Duration::from_millis(self.next + ahead).saturating_sub(now))
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
