//! Audio before the answer (RFC 3960): what a leg that is rung sends, heard by the caller.
//!
//! The caller hears our own ringing until that leg's audio really comes: a 183 alone is often followed by nothing. It is heard one way: who would talk
//! with the caller has to answer, and is billed for it.

use std::collections::{BTreeSet, VecDeque};

use super::{Action, CALLER, Call, LegNumber, Piece};

/// The early audio of one dial.
#[derive(Debug, Default)]
pub(super) struct EarlyAudio {
    /// With whom audio is agreed on.
    agreed: BTreeSet<LegNumber>,
    /// Who is heard, and waits for their turn.
    waiting: VecDeque<LegNumber>,
    /// Whom the caller hears.
    listened: Option<LegNumber>,
}

impl EarlyAudio {
    pub(super) const fn listened(&self) -> Option<LegNumber> {
        self.listened
    }
}

impl Call {
    /// Whether the caller hears what is played to them.
    pub(super) const fn has_audio(&self) -> bool {
        self.story.is_answered() || self.has_early_audio
    }

    /// A leg has agreed on audio before its answer.
    pub(super) fn on_early(&mut self, leg: LegNumber) {
        let takes_it = self.plan.takes_early_audio && !self.is_placed && !self.has_audio();
        let Some(early) = self.early_audio_of(leg) else { return };
        early.agreed.insert(leg);
        if takes_it {
            self.has_early_audio = true;
            self.act(Action::Early);
            self.play(CALLER, vec![Piece::Ringback]);
        }
    }

    /// Something comes from a leg for the first time.
    pub(super) fn on_heard(&mut self, leg: LegNumber) {
        let has_audio = self.has_audio();
        let early = self.early_audio_of(leg);
        let Some(early) = early.filter(|early| has_audio && early.agreed.contains(&leg)) else { return };
        early.waiting.push_back(leg);
        self.listen();
    }

    /// A leg is not to be heard any more: it is over, or has to be asked first.
    pub(super) fn stop_listening(&mut self, leg: LegNumber) {
        let Some(early) = self.dial.as_mut().map(|dial| &mut dial.early) else { return };
        early.waiting.retain(|waiting| *waiting != leg);
        if early.listened.take_if(|listened| *listened == leg).is_none() {
            return;
        }
        self.act(Action::Part(leg));
        if !self.listen() && !self.is_over() {
            self.play(CALLER, vec![Piece::Ringback]);
        }
    }

    /// Lets the caller hear the next one. Whether they hear anybody now.
    fn listen(&mut self) -> bool {
        let Some(early) = self.dial.as_mut().map(|dial| &mut dial.early) else { return false };
        if early.listened.is_some() {
            return true;
        }
        early.listened = early.waiting.pop_front();
        let listened = early.listened;
        if let Some(leg) = listened {
            self.act(Action::Listen(leg));
        }
        listened.is_some()
    }

    /// The early audio of the dial for which a leg is being rung.
    fn early_audio_of(&mut self, leg: LegNumber) -> Option<&mut EarlyAudio> {
        let story = &self.legs.get(&leg)?.story;
        let is_rung = !self.story.is_over() && !story.is_answered() && !story.is_over();
        let dial = self.dial.as_mut().filter(|dial| dial.joined.is_none() && dial.legs.contains(&leg))?;
        is_rung.then_some(&mut dial.early)
    }
}
