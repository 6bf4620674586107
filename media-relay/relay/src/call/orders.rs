//! Orders, one after the other: what is said, played, asked, waited for, recorded.

use std::time::Duration;

use ringfall_control::{
    Order,
    limits::MOST_ORDERS,
    notice::{Cause, Input, ProblemKind},
    order::{Gather, Hold, Reason, Sound},
    text::HttpUrl,
};
use ringfall_media::dtmf::Digit;
use ringfall_sip::Moment;

use super::{
    Action, Ask, CALLER, Call, LegNumber, Piece, Refused, Said, Unanswered,
    script::{Doing, Entry, Gathering, Script},
    timers::Timer,
};

/// How long a recording's file may take after its end.
pub(super) const FILE_PATIENCE: Duration = Duration::from_secs(3);

impl Call {
    /// The answer to a question, if it is still wanted.
    pub(super) fn on_orders(&mut self, now: Moment, ask: Ask, orders: Result<Vec<Order>, Unanswered>) {
        let asked = |script: &Script| matches!(script.doing, Doing::Asking(asked) if asked == ask);
        let leg = self.scripts.iter().find(|(_, script)| asked(script)).map(|(leg, _)| *leg);
        let Some(leg) = leg.filter(|_| !self.is_over()) else { return };
        match orders {
            Ok(orders) => {
                self.scripts.insert(leg, Script::of(orders.into_iter().take(MOST_ORDERS)));
                self.run(now, leg);
            }
            Err(Unanswered) if leg == CALLER => self.fall_back(now),
            // Nobody is joined unscreened.
            Err(Unanswered) => self.hang_up_leg(now, leg, Cause::Failed),
        }
    }

    /// Carries out orders until one takes its time.
    pub(super) fn run(&mut self, now: Moment, leg: LegNumber) {
        while !self.is_over() {
            let Some(script) = self.script(leg).filter(|script| matches!(script.doing, Doing::Ready)) else {
                return;
            };
            match script.orders.pop_front() {
                Some(order) => self.carry_out(now, leg, order),
                None if leg == CALLER => self.end(now, Cause::Canceled),
                None => self.join(now, leg),
            }
        }
    }

    fn carry_out(&mut self, now: Moment, leg: LegNumber, order: Order) {
        match order {
            Order::Answer => self.answer_on(now, leg),
            Order::Reject { reason } if leg == CALLER => self.reject(now, reason),
            Order::Say(speech) => self.say(now, leg, Piece::Speech(speech)),
            Order::Play { url } => self.say(now, leg, Piece::File(url)),
            Order::Gather(gather) => self.gather(now, leg, gather),
            Order::Hold(hold) => self.hold(now, leg, hold),
            Order::Record { most_seconds, then } if leg == CALLER => {
                self.answer(now);
                let playback = self.play(leg, vec![Piece::Beep]);
                self.set_doing(leg, Doing::Beeping { playback, most_seconds, then });
            }
            Order::Connect(connect) if leg == CALLER => self.connect(now, connect),
            Order::Bridge if leg != CALLER => self.join(now, leg),
            Order::Bridge => {
                self.on_problem(
                    ProblemKind::Other,
                    "bridge: the caller's own leg cannot be joined with itself",
                );
            }
            Order::Continue { then } => self.ask(leg, then, Said::default()),
            Order::Hangup if leg == CALLER => self.end(now, Cause::Canceled),
            Order::Reject { .. } | Order::Hangup => self.hang_up_leg(now, leg, Cause::Canceled),
            Order::Record { .. } | Order::Connect(_) => {
                let detail = "record and connect: only for the caller, not on a leg that is rung";
                self.on_problem(ProblemKind::Other, detail);
                self.hang_up_leg(now, leg, Cause::Failed);
            }
        }
    }

    /// A leg that is told what to do is answered; only the caller may not be.
    fn answer_on(&mut self, now: Moment, leg: LegNumber) {
        if leg == CALLER {
            self.answer(now);
        }
    }

    fn reject(&mut self, now: Moment, reason: Reason) {
        let refused = match reason {
            Reason::Busy => Refused::Busy,
            Reason::Declined => Refused::Declined,
        };
        self.refuse_or_end(now, refused);
    }

    /// Says or plays, together with all that is to be said or played after it, so that there is no gap.
    fn say(&mut self, now: Moment, leg: LegNumber, first: Piece) {
        self.answer_on(now, leg);
        let mut pieces = vec![first];
        if let Some(script) = self.script(leg) {
            while let Some(Order::Say(_) | Order::Play { .. }) = script.orders.front() {
                match script.orders.pop_front() {
                    Some(Order::Say(speech)) => pieces.push(Piece::Speech(speech)),
                    Some(Order::Play { url }) => pieces.push(Piece::File(url)),
                    _ => {}
                }
            }
        }
        let playback = self.play(leg, pieces);
        self.set_doing(leg, Doing::Playing(playback));
    }

    fn gather(&mut self, now: Moment, leg: LegNumber, gather: Gather) {
        self.answer_on(now, leg);
        let Gather { prompt, digits, timeout_seconds, then } = gather;
        let playback = prompt.map(|prompt| self.play(leg, vec![Piece::Speech(prompt)]));
        let gathering = Gathering { playback, entered: String::new(), most: digits, timeout_seconds, then };
        let waits = playback.is_none();
        self.set_doing(leg, Doing::Gathering(gathering));
        if waits {
            self.wait_for_entry(now, leg);
        }
    }

    /// Nothing is spoken any more: from now on, or from the last key, the time runs.
    fn wait_for_entry(&mut self, now: Moment, leg: LegNumber) {
        let Some(Doing::Gathering(gathering)) = self.scripts.get(&leg).map(|script| &script.doing) else {
            return;
        };
        if gathering.most.is_none() {
            self.entry_is_over(now, leg);
            return;
        }
        let timeout = Duration::from_secs(gathering.timeout_seconds.into());
        self.timers.set(Timer::Entry(leg), now + timeout);
    }

    fn hold(&mut self, now: Moment, leg: LegNumber, hold: Hold) {
        self.answer_on(now, leg);
        let Hold { spoken, sound, takes_key, then } = hold;
        let mut pieces: Vec<_> = spoken.into_iter().map(Piece::Speech).collect();
        let for_seconds = |seconds: u32| Duration::from_secs(seconds.into());
        pieces.push(match sound {
            Sound::OwnMusic { seconds } => Piece::Music(for_seconds(seconds)),
            Sound::File { url } => Piece::File(url),
            Sound::Silence { seconds } => Piece::Silence(for_seconds(seconds)),
        });
        let playback = self.play(leg, pieces);
        self.set_doing(leg, Doing::Holding { playback, takes_key, then });
    }

    pub(super) fn on_played(&mut self, now: Moment, leg: LegNumber, played: u64) {
        self.notice_was_played(leg, played);
        let Some(script) = self.scripts.get_mut(&leg) else { return };
        match &mut script.doing {
            Doing::Playing(playback) if *playback == played => {
                script.doing = Doing::Ready;
                self.run(now, leg);
            }
            Doing::Gathering(gathering) if gathering.playback == Some(played) => {
                gathering.playback = None;
                self.wait_for_entry(now, leg);
            }
            Doing::Holding { playback, then, .. } if *playback == played => {
                let then = then.clone();
                self.ask(leg, then, Said::default());
            }
            Doing::Beeping { playback, most_seconds, then } if *playback == played => {
                let (most_seconds, then) = (*most_seconds, then.clone());
                self.record_message(leg, most_seconds, then);
            }
            _ => {}
        }
    }

    pub(super) fn on_digit(&mut self, now: Moment, leg: LegNumber, digit: Digit) {
        let key = digit.as_char();
        let Some(script) = self.scripts.get_mut(&leg) else { return };
        match &mut script.doing {
            Doing::Gathering(gathering) if gathering.most.is_some() => {
                let spoken = gathering.playback.take();
                let entry = gathering.press(key);
                if spoken.is_some() {
                    self.act(Action::Silence(leg));
                }
                match entry {
                    Entry::Whole => self.entry_is_over(now, leg),
                    Entry::GoesOn => self.wait_for_entry(now, leg),
                }
            }
            Doing::Holding { takes_key: true, then, .. } => {
                let then = then.clone();
                self.act(Action::Silence(leg));
                self.ask(
                    leg,
                    then,
                    Said { input: Some(Input { digits: key.to_string() }), ..Said::default() },
                );
            }
            Doing::Recording { recording, .. } if key == '#' => {
                let recording = *recording;
                self.act(Action::StopRecording(recording));
                self.timers.set(Timer::File, now + FILE_PATIENCE);
            }
            _ => {}
        }
    }

    pub(super) fn entry_is_over(&mut self, _: Moment, leg: LegNumber) {
        self.timers.clear(Timer::Entry(leg));
        let Some(script) = self.scripts.get_mut(&leg) else { return };
        let Doing::Gathering(gathering) = &mut script.doing else { return };
        let (entered, then) = (std::mem::take(&mut gathering.entered), gathering.then.clone());
        let input = Some(entered).filter(|entered| !entered.is_empty()).map(|digits| Input { digits });
        self.ask(leg, then, Said { input, ..Said::default() });
    }

    fn record_message(&mut self, leg: LegNumber, most_seconds: u32, then: HttpUrl) {
        let longest = Duration::from_secs(most_seconds.into());
        let recording = self.record(None, longest, Some(then.clone()));
        self.set_doing(leg, Doing::Recording { recording, then });
    }

    /// Begins a recording; if the call is over before its file is whole, it is told there.
    pub(super) fn record(
        &mut self,
        with: Option<LegNumber>,
        longest: Duration,
        told: Option<HttpUrl>,
    ) -> u32 {
        self.numbers.recordings += 1;
        let recording = self.numbers.recordings;
        self.recordings.insert(recording, told);
        self.act(Action::Record { recording, with, longest });
        recording
    }

    pub(super) fn on_recorded(&mut self, now: Moment, recorded: u32, url: Option<HttpUrl>) {
        let Some(told) = self.recordings.remove(&recorded) else { return };
        if self.is_over() {
            self.tell_recording(now, told, url);
            return;
        }
        if self.closing.as_ref().is_some_and(|closing| closing.recording == Some(recorded)) {
            self.recording_url = url;
            self.connect_is_told(now);
            return;
        }
        let doing = self.scripts.get(&CALLER).map(|script| &script.doing);
        match doing {
            Some(Doing::Recording { recording, then }) if *recording == recorded => {
                let then = then.clone();
                self.timers.clear(Timer::File);
                self.ask(CALLER, then, Said { recording_url: url, ..Said::default() });
            }
            // A connect that still goes on, or was broken off.
            _ => self.recording_url = self.recording_url.take().or(url),
        }
    }

    /// A file that does not come is not waited for.
    pub(super) fn stop_waiting_for_files(&mut self, now: Moment) {
        let awaited: Vec<_> = self.recordings.keys().copied().collect();
        for recording in awaited {
            self.on_problem(ProblemKind::Recording, "the recording's file was not finished in time");
            self.on_recorded(now, recording, None);
        }
    }

    /// The platform does not answer: the trunk's fallback is dialled; a caller who has none hears that something is wrong.
    pub(super) fn fall_back(&mut self, now: Moment) {
        if std::mem::replace(&mut self.fell_back, true) {
            self.refuse_or_end(now, Refused::OutOfOrder);
            return;
        }
        match self.plan.fallback.clone() {
            Some(destination) => {
                self.scripts.insert(CALLER, Script::default());
                self.connect(now, super::connect::fallback(destination, self.plan.most_seconds));
            }
            None if self.story.is_answered() => {
                let playback = self.play(CALLER, vec![Piece::OutOfOrder]);
                self.scripts.insert(CALLER, Script { doing: Doing::Playing(playback), ..Script::default() });
            }
            None => self.refuse_or_end(now, Refused::OutOfOrder),
        }
    }

    /// Breaks off what the caller does, with all that goes with it.
    pub(super) fn modify(&mut self, now: Moment, script: Script) {
        if !self.can_be_modified() {
            return;
        }
        self.timers.clear(Timer::Entry(CALLER));
        if let Some(Doing::Recording { recording, .. }) =
            self.scripts.get(&CALLER).map(|script| &script.doing)
        {
            let recording = *recording;
            self.act(Action::StopRecording(recording));
        }
        self.closing = None;
        self.break_off_connect(now);
        if self.has_audio() {
            self.act(Action::Silence(CALLER));
        }
        self.scripts.insert(CALLER, script);
        self.run(now, CALLER);
    }
}
