//! One step of a hold: what the caller is told, what they hear, and what is remembered of it.

use jiff::Timestamp;

use super::{Place, Told, Voice, WaitRange, seconds_between};
use crate::{
    call::{
        Call,
        instructions::{Continuation, HoldStep, Sound, Speech},
    },
    config::{AudioUrl, QueuePolicy},
    flow::NodeId,
};

/// Where a caller stands at a step of the hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Their place: 1 is next.
    pub position: u32,
    /// The same as the queue orders it.
    pub place: Place,
    /// How long it will still take by the estimate.
    pub wait_seconds: u32,
    /// When they came.
    pub entered_at: Timestamp,
    /// The moment.
    pub at: Timestamp,
}

/// Makes the steps of one caller's hold.
#[derive(Debug, Clone)]
pub struct Hold<'a> {
    policy: &'a QueuePolicy,
    call: &'a Call,
    node: &'a NodeId,
}

impl<'a> Hold<'a> {
    /// Speech that stands in for music which cannot be had is followed by so much silence.
    const SILENCE_SECONDS: u32 = 20;
    /// Characters that the slowest voice says in a second.
    const SPOKEN_PER_SECOND: usize = 8;

    /// The hold of a caller who waits for the targets of a `route` node.
    pub const fn new(policy: &'a QueuePolicy, call: &'a Call, node: &'a NodeId) -> Self {
        Self { policy, call, node }
    }

    /// The next step. `is_playable`: whether the provider would get that file now.
    pub fn step(&self, told: &Told, standing: Standing, is_playable: impl Fn(&AudioUrl) -> bool) -> HoldStep {
        let voice = Voice::for_caller(self.call, &self.policy.announcements);
        let waited_seconds = seconds_between(standing.entered_at, standing.at);
        let key = self.policy.callback_key(waited_seconds);
        let mut told = told.clone();
        let mut spoken = Vec::new();
        if told.steps == 0 {
            spoken.push(voice.all_busy());
        }
        if self.is_time_to_tell(&told, standing.at) {
            self.tell(&voice, &mut told, standing, &mut spoken);
            spoken.extend(key.map(|key| voice.callback_by_key(key)));
            told.at = Some(standing.at);
        }
        let sound = self.sound(told.steps, waited_seconds, is_playable);
        if sound.is_none() {
            spoken.push(voice.please_wait());
        }
        told.steps = told.steps.saturating_add(1);
        told.place = Some(standing.place);
        HoldStep {
            spoken,
            sound: sound.unwrap_or(Sound::Silence { seconds: self.silence_seconds(waited_seconds) }),
            takes_key: key.is_some(),
            then: Continuation::Held { node: self.node.clone(), told },
        }
    }

    /// Whether the caller's wait may be as long as callers may wait before the next step begins, so that something else has to end it. Of our
    /// own music it is known how long a step lasts; of other sounds it is not, and so the first step has to see to it.
    pub fn may_outlast_wait(&self, told: &Told, step: &HoldStep, standing: Standing) -> bool {
        if !self.policy.audio.is_empty() {
            return told.steps == 0;
        }
        let spoken: usize = step.spoken.iter().map(|speech| speech.text.chars().count()).sum();
        let speech_seconds = u32::try_from(spoken.div_ceil(Self::SPOKEN_PER_SECOND)).unwrap_or(u32::MAX);
        let sound_seconds = match step.sound {
            Sound::OwnMusic | Sound::File(_) => QueuePolicy::OWN_MUSIC_SECONDS,
            Sound::Silence { seconds } => seconds,
        };
        let waited_seconds = seconds_between(standing.entered_at, standing.at);
        let left = self.policy.max_wait_seconds.saturating_sub(waited_seconds);
        speech_seconds.saturating_add(sound_seconds) >= left
    }

    fn is_time_to_tell(&self, told: &Told, at: Timestamp) -> bool {
        told.at.is_none_or(|last| seconds_between(last, at) >= self.policy.announcements.every_seconds)
    }

    /// A figure that has become worse is not told: one who is overtaken by a caller of greater worth would take it for a fault.
    fn tell(&self, voice: &Voice, told: &mut Told, standing: Standing, spoken: &mut Vec<Speech>) {
        let announcements = &self.policy.announcements;
        if announcements.position && told.position.is_none_or(|last| standing.position <= last) {
            told.position = Some(standing.position);
            spoken.push(voice.position(standing.position));
        }
        let range = WaitRange::of(standing.wait_seconds);
        if announcements.estimated_wait && told.wait_seconds.is_none_or(|last| range.most_seconds() <= last) {
            told.wait_seconds = Some(range.most_seconds());
            spoken.push(voice.wait(range));
        }
        spoken.extend(announcements.message.as_ref().map(|message| {
            Speech::from(message.spoken_to(self.call.language(), announcements.language.as_ref()))
        }));
    }

    /// What is played; none if it cannot be had. Of our own music it is known how long it lasts: where less is left to wait, silence
    /// is kept.
    fn sound(
        &self,
        steps: u16,
        waited_seconds: u32,
        is_playable: impl Fn(&AudioUrl) -> bool,
    ) -> Option<Sound> {
        let playlist = &self.policy.audio;
        if playlist.is_empty() {
            let left = self.policy.max_wait_seconds.saturating_sub(waited_seconds);
            let fits = left >= QueuePolicy::OWN_MUSIC_SECONDS;
            let silence = Sound::Silence { seconds: left.max(1) };
            return Some(if fits { Sound::OwnMusic } else { silence });
        }
        let url = &playlist[usize::from(steps) % playlist.len()];
        is_playable(url).then(|| Sound::File(url.clone()))
    }

    fn silence_seconds(&self, waited_seconds: u32) -> u32 {
        self.policy.max_wait_seconds.saturating_sub(waited_seconds).clamp(1, Self::SILENCE_SECONDS)
    }
}

#[cfg(test)]
#[path = "hold_tests.rs"]
mod tests;
