//! The notice of a recording: both sides hear it before anything is recorded, or nothing is.

use ringfall_control::{notice::ProblemKind, order::Speech};

use super::{CALLER, Call, LegNumber, Piece};

/// How far it has come.
#[derive(Debug, Default)]
pub(super) enum Notice {
    /// There is none, or it was heard.
    #[default]
    None,
    /// It is said as soon as both hear each other: what is said before is broken off by that.
    Due(Speech),
    /// It is being said to these legs, by these playbacks.
    Said(Vec<(LegNumber, u64)>),
    /// Not all of it was heard.
    Failed,
}

impl Call {
    /// Both hear each other from now on.
    pub(super) fn on_joined(&mut self, leg: LegNumber) {
        let Some(dial) = self.dial.as_mut().filter(|dial| dial.joined == Some(leg)) else { return };
        let speech = match std::mem::take(&mut dial.notice) {
            Notice::Due(speech) => speech,
            // They were parted for another codec meanwhile, which broke it off.
            Notice::Said(_) => return self.notice_failed(),
            other => {
                dial.notice = other;
                return;
            }
        };
        let said = [CALLER, leg].map(|leg| (leg, self.play(leg, vec![Piece::Speech(speech.clone())])));
        self.set_notice(Notice::Said(said.into()));
    }

    /// Something of what was to be played will not be heard.
    pub(super) fn on_unheard(&mut self, leg: LegNumber, playback: u64) {
        let dial = self.dial.as_ref();
        let is_it = dial.is_some_and(
            |dial| matches!(&dial.notice, Notice::Said(said) if said.contains(&(leg, playback))),
        );
        if is_it {
            self.notice_failed();
        }
    }

    fn notice_failed(&mut self) {
        self.set_notice(Notice::Failed);
        let detail = "the notice of the recording could not be said to both, so nothing is recorded";
        self.on_problem(ProblemKind::Recording, detail);
    }

    /// A playback is over: with the notice's last one the recording begins.
    pub(super) fn notice_was_played(&mut self, leg: LegNumber, played: u64) {
        let Some(dial) = &mut self.dial else { return };
        let Notice::Said(said) = &mut dial.notice else { return };
        said.retain(|playback| *playback != (leg, played));
        if said.is_empty() {
            dial.notice = Notice::None;
            if let Some(joined) = dial.joined {
                self.record_if_told(joined);
            }
        }
    }

    /// Begins a joined call's recording, unless a notice is to be heard first.
    pub(super) fn record_if_told(&mut self, joined: LegNumber) {
        let Some(dial) = self.dial.as_ref().filter(|dial| matches!(dial.notice, Notice::None)) else {
            return;
        };
        let recording = self.record(Some(joined), dial.most, None);
        if let Some(dial) = &mut self.dial {
            dial.recording = Some(recording);
        }
    }

    fn set_notice(&mut self, notice: Notice) {
        if let Some(dial) = &mut self.dial {
            dial.notice = notice;
        }
    }
}
