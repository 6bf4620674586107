//! Webhooks, and what their handlers do.

use super::{
    process::{Offer, Process, Then},
    record::{Key, Record},
    release::{Phase, Release},
    state::{LegName, Scene, State},
    truth::{Mark, Reply},
    variant::Variant,
};

/// A webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Webhook {
    /// The caller waits: for the first attempt since the call came in, for a later one since the dial before it is over.
    Ask(LegName),
    /// A leg is over.
    LegEnded(LegName),
    /// The answerer has taken the call.
    KeyPressed(LegName),
    /// The call is over.
    CallEnded(u8),
}

impl State {
    /// The webhooks that were sent: each may arrive now, however often it has.
    pub(super) fn sent(&self, scene: Scene) -> Vec<Webhook> {
        let of_leg = |leg: LegName| {
            let asked = self.window(leg).is_sent().then_some(Webhook::Ask(leg));
            let ended = self.line(leg).is_over().then_some(Webhook::LegEnded(leg));
            let pressed = self.line(leg).has_key().then_some(Webhook::KeyPressed(leg));
            asked.into_iter().chain(ended).chain(pressed)
        };
        let is_over = |call: &u8| scene.attempts[usize::from(*call)] > 0 && !self.call(*call).is_on_line;
        let calls = (0..).take(scene.attempts.len()).filter(is_over).map(Webhook::CallEnded);
        scene.legs().flat_map(of_leg).chain(calls).collect()
    }

    /// A webhook arrives, and its handler takes its first step: what it proves is written, and the call is read.
    pub(super) fn deliver(&mut self, scene: Scene, webhook: Webhook) {
        match webhook {
            Webhook::Ask(window) => self.ask(scene, window),
            Webhook::LegEnded(leg) => {
                if let Some(release) = self.end_and_read(leg) {
                    self.begin(Process::Release { release, then: Then::Nothing });
                }
            }
            Webhook::KeyPressed(leg) => {
                let ended = self.record(leg.call).leg(leg).ended;
                let key = if ended.unwrap_or_default() == Mark::Running { Key::InTime } else { Key::Late };
                self.begin(Process::Press { leg, key });
            }
            Webhook::CallEnded(call) => self.record_mut(call).is_ended = true,
        }
    }

    fn ask(&mut self, scene: Scene, window: LegName) {
        match window.previous() {
            None if scene.direct[usize::from(window.call)] => {
                self.begin(Process::Offer { window, next: Offer::ReserveFirst(window) });
            }
            None => {
                let next = self.arrive_and_decide(scene, window);
                self.begin(Process::Offer { window, next });
            }
            Some(before) => {
                let release = self.end_and_read(before);
                let next = decide(scene, window, self.record(window.call));
                self.begin(match release {
                    Some(release) => Process::Release { release, then: Then::Offer { window, next } },
                    None => Process::Offer { window, next },
                });
            }
        }
    }

    /// The call is written, if it is not yet, and read.
    fn arrive_and_decide(&mut self, scene: Scene, window: LegName) -> Offer {
        let record = self.record_mut(window.call);
        record.has_arrived = true;
        decide(scene, window, record)
    }

    /// What the first report of an end releases; copies leave it to the watchdog (`Leg::was_moved_at`).
    fn end_and_read(&mut self, leg: LegName) -> Option<Release> {
        let is_news = self.record_mut(leg.call).end(leg);
        let read = self.record(leg.call).leg(leg);
        is_news.then_some(Release { leg, read, known: Mark::Running, phase: Phase::Slot })
    }

    /// The second step of a key's report.
    pub(super) fn press(&mut self, leg: LegName, key: Key) {
        let known = self.record(leg.call).leg(leg).ended.unwrap_or_default();
        let is_news = self.record_mut(leg.call).press(leg, key);
        let read = self.record(leg.call).leg(leg);
        if is_news && read.ended.is_some() {
            let release = Release { leg, read, known, phase: Phase::Slot };
            self.begin(Process::Release { release, then: Then::Nothing });
        }
    }

    /// One step of offering a caller.
    pub(super) fn offer(
        &mut self,
        variant: Variant,
        scene: Scene,
        window: LegName,
        next: Offer,
        is_placed: bool,
    ) {
        let next = match next {
            Offer::Reserve(leg) | Offer::ReserveFirst(leg) if variant == Variant::WrittenApart => {
                if self.capacity.take(variant, leg) { Offer::Write(leg) } else { Offer::Full(leg) }
            }
            Offer::ReserveFirst(leg) if !self.record(leg.call).is_blank() => {
                self.arrive_and_decide(scene, window)
            }
            Offer::Reserve(leg) if !self.record(leg.call).may_write(leg) => {
                self.arrive_and_decide(scene, window)
            }
            Offer::Reserve(leg) | Offer::ReserveFirst(leg) => {
                if self.capacity.take(variant, leg) {
                    self.write(leg)
                } else {
                    Offer::Full(leg)
                }
            }
            Offer::Write(leg) if self.record(leg.call).is_blank() || self.record(leg.call).may_write(leg) => {
                self.write(leg)
            }
            Offer::Write(leg) => {
                if self.capacity.free(variant, leg) {
                    self.capacity.counted -= 1;
                }
                self.arrive_and_decide(scene, window)
            }
            Offer::Full(leg) => {
                let next = self.arrive_and_decide(scene, window);
                if self.record(leg.call).attempts() >= leg.attempt { next } else { Offer::TurnAway }
            }
            Offer::TurnAway => {
                self.record_mut(window.call).is_turned_away = true;
                Offer::Reply(Reply::HangUp)
            }
            Offer::Reply(reply) => return self.reply(scene, window, reply, is_placed),
        };
        self.begin(Process::Offer { window, next });
    }

    fn write(&mut self, leg: LegName) -> Offer {
        let record = self.record_mut(leg.call);
        record.has_arrived = true;
        record.legs[leg.index()].is_there = true;
        Offer::Reply(Reply::Dial(leg))
    }
}

/// What is next for a caller, as the call was read (`domain/src/call/step.rs`).
fn decide(scene: Scene, window: LegName, record: &Record) -> Offer {
    let is_served = record.legs.iter().any(super::record::LegRecord::is_converted);
    if record.is_ended || record.is_turned_away {
        return Offer::Reply(Reply::HangUp);
    }
    if let Some(attempt) = record.live_attempt() {
        return Offer::Reply(Reply::Dial(LegName { attempt, ..window }));
    }
    let next = LegName { attempt: record.attempts() + 1, ..window };
    if is_served || next.attempt > scene.attempts[usize::from(window.call)] {
        return Offer::Reply(Reply::HangUp);
    }
    Offer::Reserve(next)
}
