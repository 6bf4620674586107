//! Callers who come at random, wait in line for one of some slots, and may lose patience.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    time::Duration,
};

use ringfall_domain::queue::Outlook;

use super::{accuracy::Accuracy, seen::Seen};
use crate::sim::chance::Chance;

/// How many calls are taken at once, and how many come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// Lines.
    pub slots: u32,
    /// Calls that come, in hundredths of those that the lines can take.
    pub load_percent: u32,
}

/// How long a call is, in the mean.
const TALK: Duration = Duration::from_secs(240);
/// How long a caller waits at most, in the mean.
const PATIENCE: Duration = Duration::from_secs(300);
/// Nothing is measured before so much has been seen as an estimate goes by.
const MEASURED_FROM_MILLISECONDS: u64 = 2 * 3_600_000;

/// What a caller was told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    pub(super) ahead: u32,
    pub(super) own_seconds: u32,
    pub(super) by_place_seconds: f64,
    pub(super) by_average_seconds: f64,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    number: u64,
    came_at: u64,
    told: Told,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Comes,
    /// A call is over that came then and occupied a line so long.
    Ends {
        came_at: u64,
        occupied_milliseconds: u64,
    },
    /// The caller of that number has waited as long as they can.
    GivesUp(u64),
}

/// How far estimates are off on some traffic, over so many calls.
pub fn measure(traffic: Traffic, calls: u64, seed: u64) -> Accuracy {
    let mut scene = Scene::new(traffic, seed);
    scene.at(0, Event::Comes);
    while let Some(Reverse((now, _, event))) = scene.events.pop() {
        match event {
            Event::Comes if scene.came == calls => break,
            Event::Comes => scene.comes(now),
            Event::Ends { came_at, occupied_milliseconds } => scene.ends(now, came_at, occupied_milliseconds),
            Event::GivesUp(number) => scene.gives_up(now, number),
        }
    }
    scene.accuracy
}

struct Scene {
    traffic: Traffic,
    chance: Chance,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    scheduled: u64,
    came: u64,
    free: u32,
    line: VecDeque<Waiting>,
    seen: Seen,
    average_seconds: f64,
    accuracy: Accuracy,
}

impl Scene {
    fn new(traffic: Traffic, seed: u64) -> Self {
        Self {
            traffic,
            chance: Chance::new(seed, "traffic"),
            events: BinaryHeap::new(),
            scheduled: 0,
            came: 0,
            free: traffic.slots,
            line: VecDeque::new(),
            seen: Seen::default(),
            average_seconds: 0.0,
            accuracy: Accuracy::default(),
        }
    }

    fn at(&mut self, at: u64, event: Event) {
        self.scheduled += 1;
        self.events.push(Reverse((at, self.scheduled, event)));
    }

    fn comes(&mut self, now: u64) {
        self.came += 1;
        let calls_at_once = f64::from(self.traffic.slots) * f64::from(self.traffic.load_percent) / 100.0;
        let gap = self.lasting(TALK.div_f64(calls_at_once));
        self.at(now + gap, Event::Comes);
        if self.free > 0 {
            self.served(now, now, None);
            return;
        }
        let waiting = Waiting { number: self.came, came_at: now, told: self.told(now) };
        self.line.push_back(waiting);
        let patience = self.lasting(PATIENCE);
        self.at(now + patience, Event::GivesUp(waiting.number));
    }

    fn told(&self, now: u64) -> Told {
        let ahead = u32::try_from(self.line.len()).unwrap_or(u32::MAX);
        let outlook = Outlook::of(self.traffic.slots, &self.seen.lately(now));
        let by_place = outlook.handling_seconds * f64::from(ahead + 1) / f64::from(self.traffic.slots);
        Told {
            ahead,
            own_seconds: outlook.wait_seconds(ahead),
            by_place_seconds: by_place,
            by_average_seconds: self.average_seconds,
        }
    }

    fn served(&mut self, now: u64, came_at: u64, told: Option<Told>) {
        self.free -= 1;
        let waited_seconds = seconds(now - came_at);
        // What Asterisk's queues call the hold time.
        self.average_seconds = 3.0_f64.mul_add(self.average_seconds, waited_seconds) / 4.0;
        if let Some(told) = told.filter(|_| came_at >= MEASURED_FROM_MILLISECONDS) {
            self.accuracy.add(&told, waited_seconds);
        }
        let occupied_milliseconds = self.lasting(TALK);
        self.at(now + occupied_milliseconds, Event::Ends { came_at, occupied_milliseconds });
    }

    fn ends(&mut self, now: u64, came_at: u64, occupied_milliseconds: u64) {
        let hour = self.seen.hour_of(came_at);
        hour.handled += 1;
        hour.occupied_seconds += occupied_milliseconds / 1_000;
        self.free += 1;
        if let Some(first) = self.line.pop_front() {
            self.seen.hour_of(first.came_at).waited_seconds += (now - first.came_at) / 1_000;
            self.served(now, first.came_at, Some(first.told));
        }
    }

    fn gives_up(&mut self, now: u64, number: u64) {
        let Some(index) = self.line.iter().position(|waiting| waiting.number == number) else { return };
        let Some(gone) = self.line.remove(index) else { return };
        let hour = self.seen.hour_of(gone.came_at);
        hour.abandoned += 1;
        hour.waited_seconds += (now - gone.came_at) / 1_000;
    }

    /// Milliseconds, exponentially distributed.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "some hours at most"
    )]
    fn lasting(&self, mean: Duration) -> u64 {
        let uniform = self.chance.within(1..=1_000_000) as f64 / 1_000_000.0;
        (-uniform.ln() * mean.as_secs_f64() * 1_000.0) as u64
    }
}

#[expect(clippy::cast_precision_loss, reason = "some hours at most")]
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1_000.0
}
