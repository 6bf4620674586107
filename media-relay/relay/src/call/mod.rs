//! One call, from its INVITE to its last notice, as a machine in given time.
//!
//! [`Call`] is told what happens ([`Call::handle`], [`Call::handle_timeout`] at [`Call::poll_timeout`]) and then drained
//! ([`Call::poll_action`]). It carries out the platform's orders in turn: on the caller's leg, and on each leg that is rung until it is joined.
//!
//! What always holds: the platform is told of the end of each leg that it asked to hear of, and of the call, once; whatever comes late (an answer after
//! a cancel, orders after the end, a key after its question) changes nothing; a caller whom the platform does not answer for is brought to the
//! trunk's fallback.
//!
//! It refuses to: know what SIP, SDP or a socket is; read a clock.

mod action;
mod connect;
mod early;
mod end;
mod leg;
mod notice;
mod orders;
mod script;
mod timers;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use jiff::Timestamp;
use ringfall_control::{
    calls::CallState,
    limits::MOST_PROBLEMS,
    notice::{Cause, Problem, ProblemKind},
    order::Destination,
    text::{HttpUrl, Id, PhoneNumber},
};
use ringfall_sip::Moment;

pub(crate) use self::action::{
    Action, Ask, CALLER, Dialled, Ending, Event, LegNumber, Piece, Refused, Said, Unanswered,
};
use self::{
    connect::Dial,
    leg::{Leg, Story},
    script::{Doing, Script},
    timers::{Timer, Timers},
};

/// What a call is, and where its story is told.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Its id.
    pub(crate) id: Id,
    /// As the arrival tells it.
    pub(crate) from: String,
    /// As the arrival tells it.
    pub(crate) to: String,
    /// It ends after this long at the latest.
    pub(crate) most_seconds: u32,
    /// Dialled when the platform does not answer.
    pub(crate) fallback: Option<Destination>,
    /// Asked for the first orders.
    pub(crate) first_url: HttpUrl,
    /// Told the end.
    pub(crate) end_url: HttpUrl,
    /// Whether the caller can be given audio before the answer: they have made an offer.
    pub(crate) takes_early_audio: bool,
}

/// A call that was placed by a command: who is rung first.
#[derive(Debug, Clone)]
pub(crate) struct Placing {
    /// Who.
    pub(crate) destination: Destination,
    /// The number shown.
    pub(crate) caller_id: PhoneNumber,
    /// How long it may ring.
    pub(crate) ring_timeout_seconds: u32,
}

/// One call.
#[derive(Debug)]
pub(crate) struct Call {
    plan: Plan,
    is_placed: bool,
    story: Story,
    /// Whether the caller hears ringing by our 180.
    rings: bool,
    /// Whether they were given audio before the answer.
    has_early_audio: bool,
    /// What each leg does that is told what to do.
    scripts: BTreeMap<LegNumber, Script>,
    legs: BTreeMap<LegNumber, Leg>,
    dial: Option<Dial>,
    fell_back: bool,
    /// A recording under way, and whom its file is told when the call is over.
    recordings: BTreeMap<u32, Option<HttpUrl>>,
    recording_url: Option<HttpUrl>,
    problems: Vec<Problem>,
    /// What the last connect came to, to be told with its recording.
    closing: Option<connect::Closing>,
    last_told: bool,
    numbers: Numbers,
    timers: Timers,
    actions: VecDeque<Action>,
}

/// What was given out.
#[derive(Debug, Default)]
struct Numbers {
    asks: u32,
    playbacks: u64,
    recordings: u32,
    legs: LegNumber,
}

impl Call {
    /// A call that has come in. The platform is asked at once.
    pub(crate) fn arrived(now: Moment, plan: Plan) -> Self {
        let mut call = Self::new(now, plan, false);
        let url = call.plan.first_url.clone();
        let said = Said { arrives: true, ..Said::default() };
        call.ask(CALLER, url, said);
        call
    }

    /// A call that is placed by a command. The platform is asked once it is answered.
    pub(crate) fn placed(now: Moment, plan: Plan, placing: Placing) -> Self {
        let mut call = Self::new(now, plan, true);
        let ring = Duration::from_secs(placing.ring_timeout_seconds.into());
        call.timers.set(Timer::Ring(CALLER), now + ring);
        call.act(Action::Dial(Box::new(Dialled {
            leg: CALLER,
            destination: placing.destination,
            caller_id: Some(placing.caller_id),
            may_pass_through: false,
        })));
        call
    }

    fn new(now: Moment, plan: Plan, is_placed: bool) -> Self {
        let mut timers = Timers::default();
        timers.set(Timer::Whole, now + Duration::from_secs(plan.most_seconds.into()));
        Self {
            plan,
            is_placed,
            story: Story::new(now),
            rings: false,
            has_early_audio: false,
            scripts: BTreeMap::from([(CALLER, Script::default())]),
            legs: BTreeMap::new(),
            dial: None,
            fell_back: false,
            recordings: BTreeMap::new(),
            recording_url: None,
            problems: Vec::new(),
            closing: None,
            last_told: false,
            numbers: Numbers::default(),
            timers,
            actions: VecDeque::new(),
        }
    }

    /// What it is, and where its story is told.
    pub(crate) const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether the caller has left, or was made to.
    pub(crate) const fn is_over(&self) -> bool {
        self.story.is_over()
    }

    /// Whether nothing more will come of it: it is over, and the last of it is told.
    pub(crate) const fn is_done(&self) -> bool {
        self.last_told
    }

    /// How it stands, with its legs.
    pub(crate) fn state(&self, at: impl Fn(Moment) -> Timestamp) -> CallState {
        CallState {
            call_id: self.plan.id.clone(),
            from: self.plan.from.clone(),
            to: self.plan.to.clone(),
            progress: self.story.told(&at),
            legs: self.legs.values().map(|leg| leg.state(&at)).collect(),
        }
    }

    /// Who is joined with the caller.
    pub(crate) fn joined(&self) -> Option<LegNumber> {
        self.dial.as_ref().and_then(|dial| dial.joined)
    }

    /// Whether somebody is rung by a phone number, and nobody is talked with.
    pub(crate) fn is_ringing_a_number(&self) -> bool {
        let is_rung =
            |leg: &Leg| !leg.story.is_over() && matches!(leg.destination, Destination::PhoneNumber(_));
        self.joined().is_none() && self.legs.values().any(is_rung)
    }

    /// Whether it can be told to do something else: somebody is there to hear it.
    pub(crate) const fn can_be_modified(&self) -> bool {
        !self.is_over() && (!self.is_placed || self.story.is_answered())
    }

    /// Whether a leg of that number was rung, or it is the first.
    pub(crate) fn has_leg(&self, leg: LegNumber) -> bool {
        leg == CALLER || self.legs.contains_key(&leg)
    }

    /// What is to be done next.
    pub(crate) fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When [`Call::handle_timeout`] is to be called.
    pub(crate) fn poll_timeout(&self) -> Option<Moment> {
        self.timers.next()
    }

    /// Takes what happened.
    pub(crate) fn handle(&mut self, now: Moment, event: Event) {
        match event {
            Event::Orders(ask, orders) => self.on_orders(now, ask, orders),
            Event::Ringing(leg) => self.on_ringing(leg),
            Event::Early(leg) => self.on_early(leg),
            Event::Heard(leg) => self.on_heard(leg),
            Event::Answered(leg) => self.on_answered(now, leg),
            Event::Over(CALLER, ending) => self.on_caller_over(now, ending),
            Event::Over(leg, ending) => self.on_leg_over(now, leg, ending),
            Event::Digit(leg, digit) => self.on_digit(now, leg, digit),
            Event::Joined(leg) => self.on_joined(leg),
            Event::Unheard(leg, playback) => self.on_unheard(leg, playback),
            Event::Played(leg, playback) => self.on_played(now, leg, playback),
            Event::Problem(kind, detail) => self.on_problem(kind, &detail),
            Event::Recorded { recording, url } => self.on_recorded(now, recording, url),
            Event::Modify(orders) => self.modify(now, Script::of(orders)),
            Event::Continue(then) => {
                self.modify(now, Script::of([ringfall_control::Order::Continue { then }]));
            }
            Event::End(CALLER) => self.end(now, ringfall_control::notice::Cause::Canceled),
            Event::End(leg) => self.hang_up_leg(now, leg, ringfall_control::notice::Cause::Canceled),
        }
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Moment) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::Entry(leg) => self.entry_is_over(now, leg),
                Timer::Ring(leg) => self.rang_too_long(now, leg),
                Timer::Greeting(leg) => self.hang_up_leg(now, leg, Cause::Completed),
                Timer::Joined => self.talked_too_long(now),
                Timer::Whole => self.end(now, ringfall_control::notice::Cause::NoAnswer),
                Timer::File => self.stop_waiting_for_files(now),
            }
        }
    }

    fn act(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    /// Asks the platform what a leg is to do; what it is doing is over.
    fn ask(&mut self, leg: LegNumber, url: HttpUrl, said: Said) {
        self.numbers.asks += 1;
        let ask = Ask(self.numbers.asks);
        self.scripts.insert(leg, Script::asking(ask));
        let said = self.complete(said);
        self.act(Action::Ask { ask, url, said });
    }

    fn tell(&mut self, url: HttpUrl, said: Said) {
        let said = self.complete(said);
        self.act(Action::Tell { url, said });
    }

    /// With what went wrong since the last notice, and with the call's end.
    fn complete(&mut self, said: Said) -> Box<Said> {
        let problems = std::mem::take(&mut self.problems);
        let over = self.is_over().then(|| self.story.standing());
        let recording_url = said.recording_url;
        Box::new(Said { problems, call: said.call.or(over), recording_url, ..said })
    }

    fn on_problem(&mut self, kind: ProblemKind, detail: &str) {
        if self.problems.len() < MOST_PROBLEMS {
            let detail = detail.chars().take(256).collect();
            self.problems.push(Problem { kind, detail });
        }
    }

    /// Plays to a leg, instead of what is played there.
    fn play(&mut self, leg: LegNumber, pieces: Vec<Piece>) -> u64 {
        self.numbers.playbacks += 1;
        let playback = self.numbers.playbacks;
        self.act(Action::Play { leg, playback, pieces });
        playback
    }

    /// Something is to be heard or taken from the caller: they are answered.
    fn answer(&mut self, now: Moment) {
        if !self.story.is_answered() && !self.is_over() {
            self.story.answer(now);
            self.act(Action::Answer);
        }
    }

    fn script(&mut self, leg: LegNumber) -> Option<&mut Script> {
        self.scripts.get_mut(&leg)
    }

    /// Lets a leg do something else.
    fn set_doing(&mut self, leg: LegNumber, doing: Doing) {
        if let Some(script) = self.scripts.get_mut(&leg) {
            script.doing = doing;
        }
    }
}

#[cfg(test)]
mod tests;
