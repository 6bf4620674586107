//! Ringing others, and joining one of them with the caller.

use std::{collections::VecDeque, time::Duration};

use ringfall_control::{
    limits::{MOST_GREETING_SECONDS, MOST_LEGS},
    notice::Cause,
    order::{Connect, Destination, RingOrder, Target},
    text::{HttpUrl, PhoneNumber},
};
use ringfall_sip::Moment;

use super::{
    Action, CALLER, Call, Dialled, Ending, LegNumber, Piece, Said,
    early::EarlyAudio,
    leg::{Leg, Story, leg_id},
    notice::Notice,
    orders::FILE_PATIENCE,
    script::{Doing, Script},
    timers::Timer,
};

/// How long a trunk's fallback may ring, in seconds.
const FALLBACK_RING_SECONDS: u32 = 60;

/// How long somebody is spoken to between the answer and the bridge.
const MOST_GREETING: Duration = Duration::from_secs(MOST_GREETING_SECONDS as u64);

/// Others that are rung, or talked with.
#[derive(Debug)]
pub(super) struct Dial {
    waiting: VecDeque<Target>,
    /// All that were rung.
    pub(super) legs: Vec<LegNumber>,
    pub(super) joined: Option<LegNumber>,
    pub(super) early: EarlyAudio,
    pub(super) recording: Option<u32>,
    pub(super) notice: Notice,
    ring_timeout: Duration,
    caller_id: Option<PhoneNumber>,
    record: bool,
    pub(super) most: Duration,
    then: Option<HttpUrl>,
}

/// A connect that is over and waits for its recording's file.
#[derive(Debug)]
pub(super) struct Closing {
    pub(super) recording: Option<u32>,
    then: Option<HttpUrl>,
    leg: Option<LegNumber>,
}

/// A connect to a trunk's fallback. The call ends with it.
pub(super) fn fallback(destination: Destination, most_seconds: u32) -> Connect {
    Connect {
        targets: vec![Target { destination, leg_answered: None, progress: None }],
        order: RingOrder::InTurn,
        ring_timeout_seconds: FALLBACK_RING_SECONDS,
        caller_id: None,
        record: false,
        most_seconds,
        recording_notice: None,
        then: None,
    }
}

impl Call {
    pub(super) fn connect(&mut self, now: Moment, connect: Connect) {
        let Connect {
            targets,
            order,
            ring_timeout_seconds,
            caller_id,
            record,
            most_seconds,
            recording_notice,
            then,
        } = connect;
        self.set_doing(CALLER, Doing::Connecting);
        self.dial = Some(Dial {
            waiting: targets.into(),
            legs: Vec::new(),
            joined: None,
            early: EarlyAudio::default(),
            recording: None,
            notice: recording_notice.filter(|_| record).map_or(Notice::None, Notice::Due),
            ring_timeout: Duration::from_secs(ring_timeout_seconds.into()),
            caller_id,
            record,
            most: Duration::from_secs(most_seconds.into()),
            then,
        });
        if self.has_audio() {
            self.play(CALLER, vec![Piece::Ringback]);
        }
        self.ring_next(now);
        if order == RingOrder::Parallel {
            while self.dial.as_ref().is_some_and(|dial| !dial.waiting.is_empty()) {
                self.ring_next(now);
            }
        }
    }

    /// Rings the next target. Without one, the connect is over.
    fn ring_next(&mut self, now: Moment) {
        let is_full = self.legs.len() >= MOST_LEGS;
        let Some(dial) = &mut self.dial else { return };
        let Some(target) = dial.waiting.pop_front().filter(|_| !is_full) else {
            self.connect_is_over(now);
            return;
        };
        self.numbers.legs += 1;
        let number = self.numbers.legs;
        dial.legs.push(number);
        let dialled = Dialled {
            leg: number,
            destination: target.destination.clone(),
            caller_id: dial.caller_id.clone(),
            may_pass_through: target.leg_answered.is_none() && !dial.record,
        };
        let ring_until = now + dial.ring_timeout;
        let leg = Leg {
            id: leg_id(&self.plan.id, number),
            destination: target.destination,
            leg_answered: target.leg_answered,
            progress: target.progress,
            story: Story::new(now),
            bridged: false,
            sip_status: None,
        };
        self.legs.insert(number, leg);
        self.timers.set(Timer::Ring(number), ring_until);
        self.act(Action::Dial(Box::new(dialled)));
    }

    pub(super) fn on_ringing(&mut self, leg: LegNumber) {
        let is_rung = self.dial.as_ref().is_some_and(|dial| dial.legs.contains(&leg));
        let is_heard = !self.is_placed && !self.has_audio() && !self.is_over();
        if is_rung && is_heard && !std::mem::replace(&mut self.rings, true) {
            self.act(Action::Ring);
        }
    }

    pub(super) fn on_answered(&mut self, now: Moment, number: LegNumber) {
        self.timers.clear(Timer::Ring(number));
        if number == CALLER {
            self.on_placed_answered(now);
            return;
        }
        let Some(leg) = self.legs.get_mut(&number) else { return };
        if leg.story.is_over() || leg.story.is_answered() {
            return;
        }
        leg.story.answer(now);
        let (notified, leg_answered) = (leg.notified(), leg.leg_answered.clone());
        let told = leg.progress.clone().filter(|progress| progress.answered);
        if let Some(progress) = told {
            self.tell(progress.url, Said { leg: Some(notified.clone()), ..Said::default() });
        }
        match leg_answered {
            Some(url) => {
                self.timers.set(Timer::Greeting(number), now + MOST_GREETING);
                self.stop_listening(number);
                self.ask(number, url, Said { leg: Some(notified), ..Said::default() });
            }
            None => self.join(now, number),
        }
    }

    /// Who was called by a command has answered.
    fn on_placed_answered(&mut self, now: Moment) {
        if !self.is_placed || self.is_over() || self.story.is_answered() {
            return;
        }
        self.story.answer(now);
        let url = self.plan.first_url.clone();
        self.ask(CALLER, url, Said::default());
    }

    /// Joins a leg with the caller. The others are called off.
    pub(super) fn join(&mut self, now: Moment, number: LegNumber) {
        self.scripts.remove(&number);
        let is_free = |dial: &&mut Dial| dial.joined.is_none() && dial.legs.contains(&number);
        let Some(dial) = self.dial.as_mut().filter(is_free) else {
            self.hang_up_leg(now, number, Cause::Canceled);
            return;
        };
        self.timers.clear(Timer::Greeting(number));
        dial.joined = Some(number);
        dial.early = EarlyAudio::default();
        dial.waiting.clear();
        let (record, most) = (dial.record, dial.most);
        let others: Vec<_> = dial.legs.iter().copied().filter(|other| *other != number).collect();
        for other in others {
            self.hang_up_leg(now, other, Cause::Canceled);
        }
        self.answer(now);
        if let Some(leg) = self.legs.get_mut(&number) {
            leg.bridged = true;
        }
        self.act(Action::Bridge(number));
        self.timers.set(Timer::Joined, now + most);
        if record {
            self.record_if_told(number);
        }
    }

    pub(super) fn on_leg_over(&mut self, now: Moment, number: LegNumber, ending: Ending) {
        let Some(leg) = self.legs.get_mut(&number) else { return };
        leg.sip_status = leg.sip_status.or(ending.sip_status);
        self.leg_is_over(now, number, ending.cause);
    }

    pub(super) fn rang_too_long(&mut self, now: Moment, number: LegNumber) {
        if number == CALLER {
            self.end(now, Cause::NoAnswer);
        } else {
            self.hang_up_leg(now, number, Cause::NoAnswer);
        }
    }

    pub(super) fn talked_too_long(&mut self, now: Moment) {
        if let Some(joined) = self.dial.as_ref().and_then(|dial| dial.joined) {
            self.hang_up_leg(now, joined, Cause::Completed);
        }
    }

    /// Ends a leg, if it is not over.
    pub(super) fn hang_up_leg(&mut self, now: Moment, number: LegNumber, unanswered: Cause) {
        if self.legs.get(&number).is_some_and(|leg| !leg.story.is_over()) {
            self.act(Action::HangUp(number));
            self.leg_is_over(now, number, unanswered);
        }
    }

    fn leg_is_over(&mut self, now: Moment, number: LegNumber, unanswered: Cause) {
        let Some(leg) = self.legs.get_mut(&number).filter(|leg| !leg.story.is_over()) else { return };
        leg.story.end(now, unanswered);
        let (notified, progress) = (leg.notified(), leg.progress.clone());
        self.scripts.remove(&number);
        self.timers.clear(Timer::Ring(number));
        self.timers.clear(Timer::Greeting(number));
        self.timers.clear(Timer::Entry(number));
        self.stop_listening(number);
        if let Some(progress) = progress {
            self.tell(progress.url, Said { leg: Some(notified), ..Said::default() });
        }
        let Some(dial) = &self.dial else { return };
        match dial.joined {
            Some(joined) if joined == number => self.connect_is_over(now),
            Some(_) => {}
            None => {
                let is_over = |leg: &LegNumber| self.legs.get(leg).is_none_or(|leg| leg.story.is_over());
                if dial.legs.contains(&number) && dial.legs.iter().all(is_over) && !self.is_over() {
                    self.ring_next(now);
                }
            }
        }
    }

    /// The connect has come to its end by itself: its recording is awaited, its outcome told.
    fn connect_is_over(&mut self, now: Moment) {
        let Some(dial) = self.dial.take() else { return };
        self.timers.clear(Timer::Joined);
        if let Some(joined) = dial.joined {
            self.act(Action::Part(joined));
        }
        let leg = dial.joined.or_else(|| self.furthest(now, &dial.legs));
        if let Some(recording) = dial.recording {
            self.act(Action::StopRecording(recording));
            self.timers.set(Timer::File, now + FILE_PATIENCE);
        }
        self.closing = Some(Closing { recording: dial.recording, then: dial.then, leg });
        let is_whole = dial.recording.is_none_or(|recording| !self.recordings.contains_key(&recording));
        if is_whole && !self.is_over() {
            self.connect_is_told(now);
        }
    }

    fn furthest(&self, now: Moment, legs: &[LegNumber]) -> Option<LegNumber> {
        legs.iter().copied().max_by_key(|leg| self.legs.get(leg).map(|leg| leg.reach(now)))
    }

    /// Tells what a connect came to, and goes on as it is told.
    pub(super) fn connect_is_told(&mut self, now: Moment) {
        let Some(Closing { then, leg, .. }) = self.closing.take() else { return };
        if self.recordings.is_empty() {
            self.timers.clear(Timer::File);
        }
        let leg = leg.and_then(|leg| self.legs.get(&leg)).map(Leg::notified);
        // Without a `then`, the end of the call tells of the recording.
        let recording_url = then.as_ref().and_then(|_| self.recording_url.take());
        let said = Said { leg, recording_url, ..Said::default() };
        match then {
            Some(then) if self.is_over() => self.tell(then, said),
            Some(then) => self.ask(CALLER, then, said),
            None if self.is_over() => {}
            None => self.end(now, Cause::Canceled),
        }
    }

    /// The platform wants something else: everybody who was rung is let go, and nothing is told of the connect.
    pub(super) fn break_off_connect(&mut self, now: Moment) {
        let Some(dial) = self.dial.take() else { return };
        self.timers.clear(Timer::Joined);
        if let Some(joined) = dial.joined.or_else(|| dial.early.listened()) {
            self.act(Action::Part(joined));
        }
        if let Some(recording) = dial.recording {
            self.act(Action::StopRecording(recording));
        }
        for leg in dial.legs {
            self.hang_up_leg(now, leg, Cause::Canceled);
        }
        self.scripts.insert(CALLER, Script::default());
    }

    /// The caller has left during a connect: the others are let go, and its outcome is kept to be told.
    pub(super) fn leave_connect(&mut self, now: Moment) {
        let Some(legs) = self.dial.as_ref().map(|dial| dial.legs.clone()) else { return };
        for leg in legs {
            self.hang_up_leg(now, leg, Cause::Canceled);
        }
        self.connect_is_over(now);
    }
}
