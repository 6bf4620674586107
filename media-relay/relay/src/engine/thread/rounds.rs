//! What each leg is looked at for once a second: reports, silence, a source that has gone.

use std::{sync::PoisonError, time::Duration};

use super::{
    Mover,
    packets::{disconnect, ntp_now},
    socket,
};
use crate::engine::{Count, EngineEvent};

/// How often a part of the legs is looked at.
const INTERVAL: Duration = Duration::from_millis(100);

/// How many parts there are: all legs are looked at once a second.
const PARTS: usize = 10;

/// How long a source may be unheard before packets from elsewhere are listened to again: a telephone behind NAT may have got another port.
const GONE: Duration = Duration::from_secs(1);

/// Which part of the legs is next.
#[derive(Debug)]
pub(super) struct Round {
    at: Duration,
    part: usize,
    /// Of the legs looked at in this second: how many are heard, the sum of their jitter and the worst.
    heard: u32,
    jitter: [Duration; 2],
    /// A report under way.
    report: Vec<u8>,
}

impl Round {
    pub(super) fn new(now: Duration) -> Self {
        Self { at: now + INTERVAL, part: 0, heard: 0, jitter: [Duration::ZERO; 2], report: Vec::new() }
    }

    /// When the next look is due.
    pub(super) const fn due(&self) -> Duration {
        self.at
    }
}

impl Mover {
    /// Looks at a part of the legs if it is time.
    pub(super) fn go_round(&mut self) {
        if self.now < self.round.at {
            return;
        }
        self.round.at = self.now + INTERVAL;
        for place in (self.round.part..self.legs.places()).step_by(PARTS) {
            self.look_at(place);
        }
        self.round.part += 1;
        if self.round.part == PARTS {
            self.round.part = 0;
            self.end_round();
        }
        self.tally.show(&self.shown);
    }

    fn end_round(&mut self) {
        let round = &mut self.round;
        let [sum, worst] = std::mem::take(&mut round.jitter);
        let mean = sum.checked_div(std::mem::take(&mut round.heard)).unwrap_or_default();
        self.tally.jitter_microseconds =
            [mean, worst].map(|jitter| u64::try_from(jitter.as_micros()).unwrap_or(u64::MAX));
        self.ports.lock().unwrap_or_else(PoisonError::into_inner).forget_closed(self.now);
    }

    fn look_at(&mut self, place: usize) {
        let now = self.now;
        let Some(Some(sockets)) = self.legs.sockets.get(place) else { return };
        let (ear, mouth) = (&mut self.legs.ears[place], &mut self.legs.mouths[place]);
        if ear.unheard(now) > GONE {
            disconnect(&sockets.rtp, ear, mouth);
        }
        if let Some(jitter) = ear.jitter() {
            let [sum, worst] = self.round.jitter;
            (self.round.heard, self.round.jitter) = (self.round.heard + 1, [sum + jitter, worst.max(jitter)]);
        }
        let is_report_due = mouth.is_report_due(now);
        if let Some(silence) = ear.becomes_silent(self.silent_after, now) {
            let event = EngineEvent::Silent { leg: ear.leg, for_seconds: silence.as_secs() };
            self.tell(event);
        }
        if is_report_due {
            self.report(place, false);
        }
    }

    /// Sends a leg's report, its last one with a farewell.
    pub(super) fn report(&mut self, place: usize, is_last: bool) {
        let Some(Some(sockets)) = self.legs.sockets.get(place) else { return };
        let (ear, mouth) = (&mut self.legs.ears[place], &mut self.legs.mouths[place]);
        let block = ear.reception().report_block(self.now);
        let report = &mut self.round.report;
        let is_sent = match mouth.report(block.as_ref(), is_last, ntp_now(), self.now, report) {
            None => return,
            Some(Some(apart)) => socket::transmit(&sockets.rtcp, report, Some(apart)),
            Some(None) if mouth.destination.is_none() => return,
            Some(None) => socket::transmit(&sockets.rtp, report, mouth.unconnected()),
        };
        if is_sent {
            self.tally.add(Count::ReportsSent);
        }
    }
}
