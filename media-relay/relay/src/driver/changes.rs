//! Changes of a session's audio: hold, other codecs, other addresses, from either side (RFC 3264 §8).

use ringfall_media::sdp::{Capabilities, Direction, Refusal};
use ringfall_sip::{
    Moment,
    agent::{Body, SessionId},
    message::{Request, Response, StatusCode},
};

use super::{Driver, legs::spoken};
use crate::{call::CALLER, engine::LegId};

impl Driver {
    /// The other side would change its audio, or asks for our offer.
    pub(super) fn on_change_asked(&mut self, now: Moment, id: LegId, session: SessionId, request: &Request) {
        let capabilities = self.capabilities_now(id);
        let negotiation = self.leg(id).and_then(|leg| leg.negotiation.as_mut());
        let (Some(negotiation), Some(capabilities)) = (negotiation, capabilities) else {
            // Its first offer is not answered yet.
            let _ = self.parts.agent.refuse_change(now, session, StatusCode::REQUEST_PENDING);
            return;
        };
        negotiation.set_capabilities(capabilities);
        let ours = if request.body.is_empty() {
            negotiation.offer(Direction::SendRecv)
        } else {
            negotiation.take_offer(&request.body, Direction::SendRecv)
        };
        let done = match ours {
            Ok(body) => self.parts.agent.accept_change(now, session, &Body::sdp(body)),
            Err(Refusal::OfferPending) => {
                self.parts.agent.refuse_change(now, session, StatusCode::REQUEST_PENDING)
            }
            Err(reason) => {
                tracing::debug!(leg = %id, %reason, "a change of audio is refused");
                self.parts.agent.refuse_change(now, session, StatusCode::NOT_ACCEPTABLE_HERE)
            }
        };
        if done.is_ok() && !request.body.is_empty() {
            self.agree(now, id);
        }
    }

    /// What a leg may agree on now: while two legs pass a codec through, that one alone; else what we speak.
    fn capabilities_now(&self, id: LegId) -> Option<Capabilities> {
        let live = self.calls.get(&id.call)?;
        let agreed = live.legs.get(&id.leg)?.codec()?;
        let speaks = spoken(live.trunk.rules.srtp, Some(agreed.codec));
        let passes = agreed.codec.law().is_none() && live.call.joined().is_some();
        Some(if passes { Capabilities { codecs: vec![agreed], ..speaks } } else { speaks })
    }

    /// The ACK of our success: it has the answer if our success had the offer.
    pub(super) fn on_acknowledged(&mut self, now: Moment, id: LegId, request: &Request) {
        let negotiation = self.leg(id).and_then(|leg| leg.negotiation.as_mut());
        let Some(negotiation) = negotiation.filter(|negotiation| negotiation.is_offering()) else { return };
        match negotiation.take_answer(&request.body) {
            Ok(_) => self.agree(now, id),
            Err(reason) => {
                tracing::warn!(leg = %id, %reason, "our offer was not answered");
                self.fail(now, id);
            }
        }
    }

    /// The other side has accepted our change.
    pub(super) fn on_changed(&mut self, now: Moment, id: LegId, response: &Response) {
        let negotiation = self.leg(id).and_then(|leg| leg.negotiation.as_mut());
        let Some(negotiation) = negotiation.filter(|negotiation| negotiation.is_offering()) else { return };
        match negotiation.take_answer(&response.body) {
            Ok(_) => self.agree(now, id),
            Err(_) => self.on_change_refused(now, id),
        }
    }

    /// It has refused it: what waited for it cannot be.
    pub(super) fn on_change_refused(&mut self, now: Moment, id: LegId) {
        let Some(leg) = self.leg(id) else { return };
        if let Some(negotiation) = &mut leg.negotiation {
            negotiation.withdraw();
        }
        let detail = "the other side's phone does not go back to G.711, in which alone we speak and record";
        if let Some((playback, _)) = leg.waits.take() {
            self.cannot_play(id, playback, detail.to_owned());
        }
        let to_record = self.calls.get_mut(&id.call).filter(|_| id.leg == CALLER);
        if let Some((recording, _)) = to_record.and_then(|live| live.to_record.take()) {
            self.cannot_record(id.call, recording, detail.to_owned());
        }
        let to_join = self.calls.get_mut(&id.call).and_then(|live| live.to_join.take());
        if to_join == Some(id.leg) {
            self.fail(now, id);
        }
    }

    /// Asks a leg for G.711. False if that cannot be.
    pub(super) fn ask_for_spoken(&mut self, now: Moment, id: LegId) -> bool {
        let Some(live) = self.calls.get_mut(&id.call) else { return false };
        let srtp = live.trunk.rules.srtp;
        let Some(leg) = live.legs.get_mut(&id.leg) else { return false };
        let (Some(negotiation), Some(session)) = (&mut leg.negotiation, leg.session) else { return false };
        negotiation.set_capabilities(spoken(srtp, None));
        let Ok(offer) = negotiation.offer(Direction::SendRecv) else { return true };
        let asked = self.parts.agent.change(now, session, Body::sdp(offer), false);
        if asked.is_err() {
            negotiation.withdraw();
        }
        asked.is_ok()
    }
}
