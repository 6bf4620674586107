//! What commands do.

use std::sync::PoisonError;

use super::{Mover, packets::disconnect};
use crate::engine::{
    EngineEvent, LegId, RecordingId,
    command::{Agreed, Command, Lots, Ways},
    config::RecordingPlan,
    leg::Tape,
    ports::Sockets,
    recorder::CHUNK_MS,
    wheel::{Turn, What},
};

impl Mover {
    /// Obeys all commands that wait.
    pub(super) fn obey(&mut self) {
        self.bell.hear();
        self.now = self.clock.now();
        while let Ok(command) = self.commands.try_recv() {
            self.obey_one(command);
        }
        self.tally.legs = u64::try_from(self.legs.len()).unwrap_or_default();
        self.tally.show(&self.shown);
    }

    fn obey_one(&mut self, command: Command) {
        match command {
            Command::Open(leg, sockets, lots) => self.open(leg, sockets, lots),
            Command::Agree(leg, agreed) => self.agree(leg, &agreed),
            Command::Play(leg, playback, playlist) => self.with(leg, |mover, place| {
                mover.legs.mouths[place].play(playback, playlist);
                mover.begin_turns(place);
            }),
            Command::Whisper(leg, playback, playlist) => self.with(leg, |mover, place| {
                mover.legs.mouths[place].whisper(playback, playlist);
                mover.begin_turns(place);
            }),
            Command::Silence(leg) => self.with(leg, |mover, place| mover.legs.mouths[place].silence()),
            Command::Press(leg, digits) => self.with(leg, |mover, place| {
                if !mover.legs.mouths[place].press(&digits) {
                    tracing::warn!(%leg, "digits were not sent: too many wait already");
                }
                mover.begin_turns(place);
            }),
            Command::ToldByInfo(leg, digit) => self.with(leg, |mover, place| {
                let told = mover.legs.ears[place].told_by_info(digit, mover.now);
                if let Some(digit) = told {
                    mover.tell(EngineEvent::Digit { leg, digit });
                }
            }),
            Command::Bridge(ways) => self.bridge(*ways),
            Command::Part(legs) => self.part(legs),
            Command::Record(leg, recording, plan) => self.record(leg, recording, plan),
            Command::StopRecording(leg, recording) => self.with(leg, |mover, place| {
                let tape = mover.legs.tapes[place].as_ref();
                if tape.is_some_and(|tape| tape.recording == recording) {
                    mover.end_tape(place);
                }
            }),
            Command::Close(leg) => self.close(leg),
            Command::Stop => {
                self.legs.all().into_iter().for_each(|leg| self.close(leg));
                self.is_over = true;
            }
        }
    }

    /// Does something at a leg's place; nothing if it is closed.
    fn with(&mut self, leg: LegId, act: impl FnOnce(&mut Self, usize)) {
        if let Some(place) = self.legs.place(leg) {
            act(self, place);
        }
    }

    fn open(&mut self, leg: LegId, sockets: Sockets, lots: Lots) {
        let place = self.legs.insert(leg, sockets, lots);
        let Some(sockets) = &self.legs.sockets[place] else { return };
        let number = number(place);
        let added = self.readiness.add(&sockets.rtp, number);
        if let Err(error) = added.and_then(|()| self.readiness.add(&sockets.rtcp, number + 1)) {
            tracing::error!(%leg, %error, "a leg's sockets cannot be waited for: nothing of it will be heard");
        }
    }

    fn agree(&mut self, leg: LegId, agreed: &Agreed) {
        let Some(place) = self.legs.place(leg) else { return };
        let (ear, mouth) = (&mut self.legs.ears[place], &mut self.legs.mouths[place]);
        ear.agree(agreed, self.now);
        if ear.locked().is_none()
            && let Some(sockets) = &self.legs.sockets[place]
        {
            disconnect(&sockets.rtp, ear, mouth);
        }
        mouth.agree(agreed, ear.destination(), self.now);
        self.begin_turns(place);
    }

    fn bridge(&mut self, Ways { legs, forwarders }: Ways) {
        let [Some(one), Some(other)] = legs.map(|leg| self.legs.place(leg)) else { return };
        for ((place, joined), forwarder) in [(one, other), (other, one)].into_iter().zip(forwarders) {
            let to = forwarder.map(|forwarder| (joined, forwarder));
            self.tally.bridged_legs += u64::from(to.is_some());
            if std::mem::replace(&mut self.legs.ears[place].to, to).is_some() {
                self.tally.bridged_legs -= 1;
            }
        }
    }

    fn part(&mut self, legs: [LegId; 2]) {
        let [Some(one), Some(other)] = legs.map(|leg| self.legs.place(leg)) else { return };
        for (place, joined) in [(one, other), (other, one)] {
            let to = &mut self.legs.ears[place].to;
            if to.take_if(|(to, _)| *to == joined).is_some() {
                self.tally.bridged_legs -= 1;
            }
        }
    }

    fn record(&mut self, leg: LegId, recording: RecordingId, plan: RecordingPlan) {
        let (Some(place), now) = (self.legs.place(leg), self.now) else { return };
        self.end_tape(place);
        let chunks = plan.longest.as_millis().div_ceil(u128::from(CHUNK_MS));
        let chunks = u64::try_from(chunks).unwrap_or(u64::MAX);
        self.recorder.begin(recording, plan, now);
        self.legs.tapes[place] = Some(Box::new(Tape::new(recording, chunks)));
        self.tally.recordings += 1;
        let mouth = &mut self.legs.mouths[place];
        if !std::mem::replace(&mut mouth.has_tape_turns, true)
            && let (Ok(place), Some(tenant)) = (u32::try_from(place), self.legs.tenant(place))
        {
            self.wheel.begin(Turn { place, tenant, what: What::Record }, CHUNK_MS, now);
        }
    }

    fn close(&mut self, leg: LegId) {
        let Some(place) = self.legs.place(leg) else { return };
        self.end_tape(place);
        self.report(place, true);
        let quality = self.legs.ears[place].quality();
        if let Some(sockets) = self.legs.remove(leg) {
            let number = number(place);
            let removed = self.readiness.remove(&sockets.rtp, number);
            if let Err(error) = removed.and_then(|()| self.readiness.remove(&sockets.rtcp, number + 1)) {
                tracing::error!(%leg, %error, "a closed leg's sockets are still waited for");
            }
            self.ports.lock().unwrap_or_else(PoisonError::into_inner).close(sockets, self.now);
        }
        self.tell(EngineEvent::Closed { leg, quality });
    }
}

/// The number under which a leg's socket of RTP is waited for; that of RTCP has the next.
fn number(place: usize) -> u64 {
    u64::try_from(place).unwrap_or_default() * 2
}
