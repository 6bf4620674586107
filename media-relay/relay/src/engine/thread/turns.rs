//! Turns: what legs say of their own, and what is recorded of them.

use super::{Mover, packets::hear_on, socket};
use crate::engine::{
    Count, EngineEvent,
    leg::{Legs, Said},
    recorder::CHUNK_MS,
    wheel::{Turn, What},
};
use std::time::Duration;

impl Mover {
    /// Takes all turns that are due.
    pub(super) fn take_turns(&mut self) {
        let mut turns = std::mem::take(&mut self.turns);
        while let Some(due) = self.wheel.take(self.now, &mut turns) {
            for turn in &turns {
                let Ok(place) = usize::try_from(turn.place) else { continue };
                // The leg whose turn it was may be closed, and another in its place.
                if self.legs.tenant(place) != Some(turn.tenant) {
                    continue;
                }
                match turn.what {
                    What::Speak => self.speak(place, *turn, due),
                    What::Record => self.record_on(place, *turn, due),
                }
            }
            self.now = self.clock.now();
        }
        self.turns = turns;
    }

    /// Gives a leg turns if it has something to say and has none.
    pub(super) fn begin_turns(&mut self, place: usize) {
        let Some(tenant) = self.legs.tenant(place) else { return };
        let Some(mouth) = self.legs.mouths.get_mut(place) else { return };
        if let Some(interval) = mouth.interval_ms().filter(|_| !mouth.has_turns) {
            mouth.has_turns = true;
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            self.wheel.begin(Turn { place, tenant, what: What::Speak }, interval, self.now);
        }
    }

    fn speak(&mut self, place: usize, turn: Turn, due: u64) {
        let Legs { sockets, ears, mouths, tapes, .. } = &mut self.legs;
        let (Some(mouth), Some(Some(own))) = (mouths.get_mut(place), sockets.get(place)) else { return };
        let mut over = None;
        let said = mouth.say(self.buffer.as_mut_slice(), &mut over, self.now);
        if let Said::Packet(length) = said {
            if let Some(Some(tape)) = tapes.get_mut(place) {
                hear_on(tape, mouth, &self.buffer[..length]);
            }
            let length = mouth.protect(self.buffer.as_mut_slice(), length);
            let to = mouth.unconnected();
            let is_sent = mouth.may_send
                && length.is_some_and(|length| socket::transmit(&own.rtp, &self.buffer[..length], to));
            self.tally.add(if is_sent { Count::Played } else { Count::NotSent });
        }
        match (said, mouth.interval_ms()) {
            (Said::Nothing, _) => mouth.has_turns = false,
            (Said::Packet(_) | Said::Pause, interval) => {
                self.wheel.again(turn, due, interval.unwrap_or(CHUNK_MS));
            }
        }
        if let (Some(playback), Some(ear)) = (over, ears.get(place)) {
            let leg = ear.leg;
            self.tell(EngineEvent::Played { leg, playback });
        }
    }

    fn record_on(&mut self, place: usize, turn: Turn, due: u64) {
        let Some(tape) = self.legs.tapes.get_mut(place).and_then(Option::as_mut) else {
            if let Some(mouth) = self.legs.mouths.get_mut(place) {
                mouth.has_tape_turns = false;
            }
            return;
        };
        let Some(chunk) = tape.read() else {
            self.end_tape(place);
            self.wheel.again(turn, due, CHUNK_MS);
            return;
        };
        if !self.recorder.add(tape.recording, Duration::from_millis(due), chunk) {
            self.tally.add(Count::ChunksLost);
        }
        self.wheel.again(turn, due, CHUNK_MS);
    }

    /// Ends what is recorded of a leg.
    pub(super) fn end_tape(&mut self, place: usize) {
        if let Some(tape) = self.legs.tapes.get_mut(place).and_then(Option::take) {
            self.recorder.end(tape.recording);
            self.tally.recordings -= 1;
        }
    }
}
