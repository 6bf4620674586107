//! What the caller's side is told of their INVITE: ringing, early audio, the answer, a refusal.

use ringfall_control::notice::Cause;
use ringfall_media::sdp::Direction;
use ringfall_sip::{
    Moment,
    agent::Body,
    message::{Headers, Name, StatusCode},
};

use super::{
    Driver,
    incoming::RETRY_AFTER_SECONDS,
    legs::{Leg, spoken},
};
use crate::{
    call::{CALLER, Ending, Event, Refused},
    engine::LegId,
};

impl Driver {
    pub(super) fn ring(&mut self, now: Moment, id: LegId) {
        if let Some(session) = self.leg(id).and_then(|leg| leg.session) {
            // A caller who has gone needs no ringing.
            let _ = self.parts.agent.progress(now, session, StatusCode::RINGING, &Headers::default(), None);
        }
    }

    /// Answers the caller's offer by a 183, reliably where they can (RFC 3262): what is played to them is heard before the answer.
    pub(super) fn give_early_audio(&mut self, now: Moment, id: LegId) {
        let Some(session) = self.leg(id).and_then(|leg| leg.session) else { return };
        let Some(body) = self.describe(now, id) else { return };
        let status = StatusCode::SESSION_PROGRESS;
        let told = Some(Body::sdp(body.clone()));
        // A caller who has gone needs no audio.
        if self.parts.agent.progress(now, session, status, &Headers::default(), told).is_ok() {
            if let Some(leg) = self.leg(id) {
                leg.early = Some(body);
            }
            self.agree(now, id);
        }
    }

    pub(super) fn answer(&mut self, now: Moment, id: LegId) {
        let Some(caller) = self.leg(id) else { return };
        let Some(session) = caller.session else { return };
        if let Some(body) = caller.early.take() {
            // What was answered early is answered the same now (RFC 3261 §13.2.1).
            let body = Some(Body::sdp(body));
            // A caller who has gone needs no answer.
            let _ = self.parts.agent.accept(now, session, &Headers::default(), body);
            return;
        }
        let has_offer = caller.offer.is_some();
        let Some(body) = self.describe(now, id) else { return };
        let body = Some(Body::sdp(body));
        if self.parts.agent.accept(now, session, &Headers::default(), body).is_ok() && has_offer {
            self.agree(now, id);
        }
    }

    /// The answer to the caller's offer, or our offer to who has made none. Without one, the caller is refused.
    fn describe(&mut self, now: Moment, id: LegId) -> Option<String> {
        let live = self.calls.get(&id.call)?;
        let srtp = live.trunk.rules.srtp;
        // A leg that passes a codec through is joined now: the caller, who offered it, gets it.
        let joined = live.call.joined().and_then(|joined| live.legs.get(&joined));
        let passing = joined.and_then(Leg::codec).into_iter().collect::<Vec<_>>();
        let caller = live.legs.get(&id.leg)?;
        let (far, offer) = (caller.far?, caller.offer.clone());
        if let Err(error) = self.open(id, far, spoken(srtp, None).passing_through(&passing)) {
            tracing::error!(leg = %id, %error, "a caller has no audio");
            self.refuse(now, id, Refused::OutOfOrder);
            let ending = Ending { cause: Cause::Failed, sip_status: None };
            self.told.push_back((id.call, Event::Over(CALLER, ending)));
            return None;
        }
        let leg = self.leg(id)?;
        leg.offer = None;
        let (session, negotiation) = (leg.session?, leg.negotiation.as_mut()?);
        let ours = match &offer {
            Some(offer) => negotiation.take_offer(offer, Direction::SendRecv),
            None => negotiation.offer(Direction::SendRecv),
        };
        ours.inspect_err(|reason| {
            tracing::warn!(leg = %id, %reason, "a caller's audio cannot be agreed on");
            let status = StatusCode::NOT_ACCEPTABLE_HERE;
            // A caller who has gone needs no refusal.
            let _ = self.parts.agent.refuse(now, session, status, &Headers::default());
        })
        .ok()
    }

    pub(super) fn refuse(&mut self, now: Moment, id: LegId, refused: Refused) {
        let (status, headers) = match refused {
            Refused::Busy => (StatusCode::BUSY_HERE, Headers::default()),
            Refused::Declined => (StatusCode::DECLINE, Headers::default()),
            Refused::Unavailable => (StatusCode::TEMPORARILY_UNAVAILABLE, Headers::default()),
            Refused::OutOfOrder => (
                StatusCode::SERVICE_UNAVAILABLE,
                Headers::default().with(Name::RetryAfter, RETRY_AFTER_SECONDS),
            ),
        };
        self.parts.engine.close(id);
        if let Some(session) = self.leg(id).and_then(|leg| leg.session) {
            // A caller who has gone needs no refusal.
            let _ = self.parts.agent.refuse(now, session, status, &headers);
        }
    }

    /// Lets the caller hear a leg that is not answered.
    pub(super) fn listen(&mut self, caller: LegId, speaker: LegId) {
        match self.parts.engine.listen(caller, speaker) {
            Ok(()) => self.silence(caller),
            // Our own ringing goes on.
            Err(error) => tracing::debug!(leg = %speaker, %error, "early audio cannot be heard"),
        }
    }
}
