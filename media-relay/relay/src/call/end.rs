//! The end of a call: whoever is still there is let go, and the platform is told, the last of all that is told of it.

use ringfall_control::{notice::Cause, text::HttpUrl};
use ringfall_sip::Moment;

use super::{
    Action, CALLER, Call, Ending, Refused, Said, orders::FILE_PATIENCE, script::Doing, timers::Timer,
};

impl Call {
    /// The caller has left, or was never reached.
    pub(super) fn on_caller_over(&mut self, now: Moment, ending: Ending) {
        if !self.is_over() {
            self.story.end(now, ending.cause);
            self.wind_up(now);
        }
    }

    /// Ends the call; a caller who was not answered is refused.
    pub(super) fn end(&mut self, now: Moment, unanswered: Cause) {
        if self.is_over() {
            return;
        }
        if !self.is_placed && !self.story.is_answered() {
            self.act(Action::Refuse(Refused::Unavailable));
        } else {
            self.act(Action::HangUp(CALLER));
        }
        self.story.end(now, unanswered);
        self.wind_up(now);
    }

    /// Refuses a caller who was not answered; one who was is hung up on.
    pub(super) fn refuse_or_end(&mut self, now: Moment, refused: Refused) {
        if self.is_over() {
            return;
        }
        if self.is_placed || self.story.is_answered() {
            self.end(now, Cause::Canceled);
            return;
        }
        self.act(Action::Refuse(refused));
        let cause = match refused {
            Refused::Busy => Cause::Busy,
            Refused::Declined | Refused::Unavailable => Cause::Canceled,
            Refused::OutOfOrder => Cause::Failed,
        };
        self.story.end(now, cause);
        self.wind_up(now);
    }

    /// Lets everybody go. Files of recordings are awaited before the last word.
    fn wind_up(&mut self, now: Moment) {
        let message = match self.scripts.get(&CALLER).map(|script| &script.doing) {
            Some(Doing::Recording { recording, .. }) => Some(*recording),
            _ => None,
        };
        self.scripts.clear();
        self.timers.clear_all();
        if let Some(recording) = message {
            self.act(Action::StopRecording(recording));
        }
        self.leave_connect(now);
        if self.recordings.is_empty() {
            self.last_word(now);
        } else {
            self.timers.set(Timer::File, now + FILE_PATIENCE);
        }
    }

    /// A recording's file after the call's end.
    pub(super) fn tell_recording(&mut self, now: Moment, told: Option<HttpUrl>, url: Option<HttpUrl>) {
        match told {
            Some(told) if url.is_some() => {
                self.tell(told, Said { recording_url: url, ..Said::default() });
            }
            Some(_) => {}
            None => self.recording_url = self.recording_url.take().or(url),
        }
        if self.recordings.is_empty() {
            self.last_word(now);
        }
    }

    fn last_word(&mut self, now: Moment) {
        if std::mem::replace(&mut self.last_told, true) {
            return;
        }
        self.connect_is_told(now);
        self.timers.clear_all();
        let recording_url = self.recording_url.take();
        let url = self.plan.end_url.clone();
        self.tell(url, Said { recording_url, ..Said::default() });
    }
}
