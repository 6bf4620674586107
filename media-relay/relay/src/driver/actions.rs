//! What calls want, done.

use std::time::Duration;

use ringfall_control::{Notice, notice::ProblemKind, text::HttpUrl};
use ringfall_media::prompt::{Player, Playlist};
use ringfall_sip::Moment;

use super::{Driver, Inbox, Recording};
use crate::{
    audio::Missing,
    call::{Action, Ask, CALLER, Event, Piece, Said},
    engine::{EngineError, EngineEvent, LegId, PlaybackId, RecordingId},
    retention::check_space,
};

impl Driver {
    /// Does all that a call wants now.
    pub(super) fn perform(&mut self, now: Moment, number: u64) {
        while let Some(action) = self.calls.get_mut(&number).and_then(|live| live.call.poll_action()) {
            self.act(now, number, action);
        }
        self.set_wake(number);
        if self.calls.get(&number).is_some_and(|live| live.call.is_done()) {
            self.forget(now, number);
        }
    }

    fn act(&mut self, now: Moment, call: u64, action: Action) {
        let leg = |leg| LegId { call, leg };
        match action {
            Action::Ring => self.ring(now, leg(CALLER)),
            Action::Early => self.give_early_audio(now, leg(CALLER)),
            Action::Answer => self.answer(now, leg(CALLER)),
            Action::Refuse(refused) => self.refuse(now, leg(CALLER), refused),
            Action::Dial(dialled) => self.dial(now, call, dialled),
            Action::HangUp(number) => self.hang_up(now, leg(number)),
            Action::Play { leg: number, playback, pieces } => self.play(now, leg(number), playback, pieces),
            Action::Silence(number) => self.silence(leg(number)),
            Action::Bridge(number) => {
                if let Some(live) = self.calls.get_mut(&call) {
                    live.to_join = Some(number);
                }
                self.silence(leg(CALLER));
                self.silence(leg(number));
                self.try_to_join(now, call);
            }
            Action::Listen(number) => self.listen(leg(CALLER), leg(number)),
            Action::Part(_) => {
                if let Some(live) = self.calls.get_mut(&call) {
                    live.to_join = None;
                }
                self.parts.engine.part(leg(CALLER));
            }
            Action::Record { recording, longest, .. } => {
                if let Some(live) = self.calls.get_mut(&call) {
                    live.to_record = Some((recording, longest));
                }
                self.try_recording(now, call);
            }
            Action::StopRecording(recording) => self.stop_recording(call, recording),
            Action::Ask { ask, url, said } => self.ask(now, call, ask, url, *said),
            Action::Tell { url, said } => self.tell_platform(now, call, url, *said),
        }
    }

    fn play(&mut self, now: Moment, id: LegId, playback: u64, pieces: Vec<Piece>) {
        let Some(live) = self.calls.get_mut(&id.call) else { return };
        let Some(leg) = live.legs.get_mut(&id.leg) else { return };
        leg.playback = playback;
        if let Some(playlist) = self.parts.library.at_once(&pieces, &mut live.music_at) {
            self.start_playing(now, id, playback, playlist);
            return;
        }
        let (library, inbox, music_at) =
            (self.parts.library.clone(), self.parts.to_inbox.clone(), live.music_at);
        self.parts.runtime.spawn(async move {
            let (playlist, music_at, missing) = library.all(pieces, music_at).await;
            // If nobody takes it, the relay has stopped.
            let _ = inbox.send(Inbox::Audio { leg: id, playback, playlist, music_at, missing });
        });
    }

    pub(super) fn on_audio(
        &mut self,
        now: Moment,
        id: LegId,
        playback: u64,
        playlist: Playlist,
        music_at: usize,
        missing: Vec<Missing>,
    ) {
        let Some(live) = self.calls.get_mut(&id.call) else { return };
        live.music_at = music_at;
        if !missing.is_empty() {
            self.told.push_back((id.call, Event::Unheard(id.leg, playback)));
        }
        for Missing { kind, detail } in missing {
            tracing::warn!(leg = %id, detail, "something cannot be heard");
            self.told.push_back((id.call, Event::Problem(kind, detail)));
        }
        // What is wanted by now may be something else.
        if self.leg(id).is_some_and(|leg| leg.playback == playback) {
            self.start_playing(now, id, playback, playlist);
        }
        self.settle_calls(now);
    }

    pub(super) fn start_playing(&mut self, now: Moment, id: LegId, playback: u64, playlist: Playlist) {
        if Player::new(playlist.clone()).is_over() {
            self.told.push_back((id.call, Event::Played(id.leg, playback)));
            return;
        }
        match self.parts.engine.play(id, PlaybackId(playback), playlist.clone()) {
            Ok(()) => {}
            Err(EngineError::PassesThrough(_)) if self.ask_for_spoken(now, id) => {
                if let Some(leg) = self.leg(id) {
                    leg.waits = Some((playback, playlist));
                }
            }
            Err(error) => self.cannot_play(id, playback, error.to_string()),
        }
    }

    pub(super) fn cannot_play(&mut self, id: LegId, playback: u64, detail: String) {
        self.told.push_back((id.call, Event::Unheard(id.leg, playback)));
        self.told.push_back((id.call, Event::Problem(ProblemKind::Audio, detail)));
        self.told.push_back((id.call, Event::Played(id.leg, playback)));
    }

    pub(super) fn silence(&mut self, id: LegId) {
        if let Some(leg) = self.leg(id) {
            leg.playback = 0;
            leg.waits = None;
        }
        // A leg that is not open is silent.
        let _ = self.parts.engine.silence(id);
    }

    /// Joins the caller with the leg that is to be, if both have agreed on audio.
    pub(super) fn try_to_join(&mut self, now: Moment, call: u64) {
        let Some(live) = self.calls.get_mut(&call) else { return };
        let Some(number) = live.to_join else { return };
        let is_agreed = |leg: &u32| live.legs.get(leg).is_some_and(super::Leg::is_agreed);
        if !is_agreed(&CALLER) || !is_agreed(&number) {
            return;
        }
        live.to_join = None;
        let (caller, other) = (LegId { call, leg: CALLER }, LegId { call, leg: number });
        match self.parts.engine.bridge(caller, other) {
            Ok(()) => self.told.push_back((call, Event::Joined(number))),
            Err(EngineError::NoRoute(_)) => {
                // One of them speaks what the other does not: G.711 on both.
                let codec = |driver: &mut Self, leg| driver.leg(leg).and_then(|leg| leg.codec());
                let is_foreign = codec(self, other).is_some_and(|agreed| agreed.codec.law().is_none());
                let foreign = if is_foreign { other } else { caller };
                if let Some(live) = self.calls.get_mut(&call) {
                    live.to_join = Some(number);
                }
                if !self.ask_for_spoken(now, foreign) {
                    self.fail(now, other);
                }
            }
            Err(error) => {
                tracing::error!(leg = %other, %error, "two legs cannot be joined");
                self.fail(now, other);
            }
        }
    }

    /// Begins the recording that is wanted, once there is something to record. A codec that only passes through is given up for it.
    pub(super) fn try_recording(&mut self, now: Moment, call: u64) {
        let caller = LegId { call, leg: CALLER };
        let Some(live) = self.calls.get_mut(&call) else { return };
        let is_agreed = live.legs.get(&CALLER).is_some_and(super::Leg::is_agreed);
        let Some((recording, longest)) = live.to_record.take_if(|_| is_agreed) else { return };
        self.recording_count += 1;
        let (id, file_name) =
            (RecordingId(self.recording_count), format!("{}.wav", self.parts.chance.word()));
        let path = self.settings.recordings.join(&file_name);
        if let Err(detail) = check_space(&self.settings.recordings) {
            return self.cannot_record(call, recording, detail);
        }
        let longest: Duration = longest;
        match self.parts.engine.record(id, caller, path, longest) {
            Ok(()) => {
                live.recordings.insert(recording, Recording { leg: caller, id, file_name });
                self.recordings.insert(id.0, (call, recording));
            }
            Err(EngineError::PassesThrough(_)) if self.ask_for_spoken(now, caller) => {
                if let Some(live) = self.calls.get_mut(&call) {
                    live.to_record = Some((recording, longest));
                }
            }
            Err(error) => self.cannot_record(call, recording, error.to_string()),
        }
    }

    pub(super) fn cannot_record(&mut self, call: u64, recording: u32, detail: String) {
        self.told.push_back((call, Event::Problem(ProblemKind::Recording, detail)));
        self.told.push_back((call, Event::Recorded { recording, url: None }));
    }

    fn stop_recording(&mut self, call: u64, recording: u32) {
        let Some(live) = self.calls.get_mut(&call) else { return };
        if live.to_record.take_if(|(waits, _)| *waits == recording).is_some() {
            self.told.push_back((call, Event::Recorded { recording, url: None }));
        } else if let Some(known) = live.recordings.get(&recording) {
            self.parts.engine.stop_recording(known.id, known.leg);
        }
    }

    /// What the engine tells on its own.
    pub(super) fn on_engine(&mut self, event: EngineEvent) {
        let now = self.now();
        match event {
            EngineEvent::Digit { leg, digit } => self.tell(now, leg.call, Event::Digit(leg.leg, digit)),
            EngineEvent::Played { leg, playback } => {
                self.tell(now, leg.call, Event::Played(leg.leg, playback.0));
            }
            EngineEvent::Heard { leg } => self.tell(now, leg.call, Event::Heard(leg.leg)),
            EngineEvent::Recorded { recording, path, length, problem } => {
                self.parts.uploads.add(path, length > Duration::ZERO);
                self.on_recorded(now, recording, length, problem);
            }
            EngineEvent::Silent { leg, for_seconds } => {
                tracing::debug!(%leg, for_seconds, "a leg is silent");
            }
            _ => {}
        }
    }

    fn on_recorded(&mut self, now: Moment, id: RecordingId, length: Duration, problem: Option<String>) {
        let Some((call, recording)) = self.recordings.remove(&id.0) else { return };
        let Some(live) = self.calls.get_mut(&call) else { return };
        let Some(Recording { file_name, .. }) = live.recordings.remove(&recording) else { return };
        if let Some(problem) = problem {
            self.told.push_back((call, Event::Problem(ProblemKind::Recording, problem)));
        }
        let url =
            format!("{}/recordings/{file_name}", self.settings.links_begin.as_str().trim_end_matches('/'));
        let url = url.parse::<HttpUrl>().ok().filter(|_| length > Duration::ZERO);
        self.tell(now, call, Event::Recorded { recording, url });
    }

    fn notice(&self, now: Moment, call: u64, said: Said) -> Option<Notice> {
        let live = self.calls.get(&call)?;
        let Said { arrives, leg, call, input, recording_url, problems } = said;
        let mut notice = Notice::new(live.call.plan().id.clone(), self.parts.clock.at(now));
        notice.arrival = live.arrival.clone().filter(|_| arrives);
        (notice.leg, notice.call, notice.input) = (leg, call, input);
        (notice.recording_url, notice.problems) = (recording_url, problems);
        Some(notice)
    }

    fn ask(&self, now: Moment, call: u64, ask: Ask, url: HttpUrl, said: Said) {
        let (Some(notice), Some(live)) = (self.notice(now, call, said), self.calls.get(&call)) else {
            return;
        };
        let (platform, inbox) = (self.parts.platform.clone(), self.parts.to_inbox.clone());
        let trunk = live.trunk.clone();
        self.parts.runtime.spawn(async move {
            let orders = platform.ask(&trunk, &url, &notice).await;
            // If nobody takes it, the relay has stopped.
            let _ = inbox.send(Inbox::Orders { call, ask, orders });
        });
    }

    fn tell_platform(&self, now: Moment, call: u64, url: HttpUrl, said: Said) {
        let (Some(notice), Some(live)) = (self.notice(now, call, said), self.calls.get(&call)) else {
            return;
        };
        let (platform, trunk) = (self.parts.platform.clone(), live.trunk.clone());
        self.parts.runtime.spawn(async move { platform.tell(&trunk, &url, &notice).await });
    }

    /// A call is over and told: it is remembered for those who ask, and everything of it given back.
    fn forget(&mut self, now: Moment, number: u64) {
        let left: Vec<_> =
            self.calls.get(&number).map(|live| live.legs.keys().copied().collect()).unwrap_or_default();
        for leg in left {
            self.hang_up(now, LegId { call: number, leg });
        }
        let Some(live) = self.calls.remove(&number) else { return };
        if let Some(wake) = live.wake {
            self.wakes.remove(&(wake, number));
        }
        self.ids.remove(&live.call.plan().id);
        self.alike.remove(&live.call.plan().from, &live.call.plan().to);
        if let Some(calls) = self.of_connection.get_mut(&live.trunk.connection) {
            *calls = calls.saturating_sub(1);
        }
        let state = live.call.state(|moment| self.parts.clock.at(moment));
        tracing::info!(call = %state.call_id, cause = ?state.progress.cause, "a call is over");
        self.ended.remember(now, live.trunk.connection.clone(), state);
        self.parts.metrics.call_ended();
    }
}
