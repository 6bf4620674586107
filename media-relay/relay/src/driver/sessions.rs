//! What the user agent tells, as calls understand it.

use ringfall_control::notice::Cause as Told;
use ringfall_media::dtmf::read_info;
use ringfall_sip::{
    Moment,
    agent::{Cause, Event as Happened, SessionId},
    message::{Name, Response},
};

use super::Driver;
use crate::{
    call::{Ending, Event},
    engine::LegId,
};

impl Driver {
    /// Takes all that the agent tells.
    pub(super) fn take_sessions(&mut self, now: Moment) {
        while let Some(happened) = self.parts.agent.poll_event() {
            self.on_session(now, happened);
            self.settle_calls(now);
        }
    }

    fn on_session(&mut self, now: Moment, happened: Happened) {
        match happened {
            Happened::Incoming { session, request, from } => self.on_incoming(now, session, &request, from),
            Happened::Progress { session, response, .. } => {
                self.with_leg(session, |driver, leg| driver.on_progress(now, leg, &response));
            }
            Happened::Answered { session, response, .. } => {
                self.with_leg(session, |driver, leg| driver.on_answered(now, leg, &response));
            }
            Happened::Acknowledged { session, request } => {
                self.with_leg(session, |driver, leg| driver.on_acknowledged(now, leg, &request));
            }
            Happened::ProgressAcknowledged { .. } => {}
            Happened::ChangeAsked { session, request } => {
                self.with_leg(session, |driver, leg| driver.on_change_asked(now, leg, session, &request));
            }
            Happened::Changed { session, response } => {
                self.with_leg(session, |driver, leg| driver.on_changed(now, leg, &response));
            }
            Happened::ChangeRefused { session, .. } => {
                self.with_leg(session, |driver, leg| driver.on_change_refused(now, leg));
            }
            Happened::Info { session, request } => {
                let kind = request.headers.text(&Name::ContentType).unwrap_or_default();
                if let (Some(digit), Some(leg)) =
                    (read_info(kind, &request.body), self.sessions.get(&session).copied())
                {
                    // A leg that is closed just now hears no key.
                    let _ = self.parts.engine.told_by_info(leg, digit);
                }
            }
            Happened::Ended { session, cause } => self.on_ended(session, &cause),
        }
    }

    fn with_leg(&mut self, session: SessionId, then: impl FnOnce(&mut Self, LegId)) {
        let leg = self.sessions.get(&session).copied();
        if let Some(leg) = leg.filter(|leg| self.leg(*leg).is_some()) {
            then(self, leg);
        }
    }

    fn on_progress(&mut self, now: Moment, leg: LegId, response: &Response) {
        self.take_early_answer(now, leg, response);
        if matches!(response.status.code(), 180..=183) {
            self.told.push_back((leg.call, Event::Ringing(leg.leg)));
        }
    }

    /// Early audio is agreed on. Where it only passes through it is not heard before the leg is joined: the caller could not be told by us of any other.
    fn take_early_answer(&mut self, now: Moment, leg: LegId, response: &Response) {
        if response.body.is_empty() {
            return;
        }
        let negotiation = self.leg(leg).and_then(|leg| leg.negotiation.as_mut());
        if negotiation.is_some_and(|negotiation| negotiation.take_answer(&response.body).is_ok()) {
            self.agree(now, leg);
            let codec = self.leg(leg).and_then(|leg| leg.codec());
            if codec.is_some_and(|agreed| agreed.codec.law().is_some()) {
                self.told.push_back((leg.call, Event::Early(leg.leg)));
            }
        }
    }

    fn on_answered(&mut self, now: Moment, id: LegId, response: &Response) {
        self.keep_hearing(id, response);
        let Some(leg) = self.leg(id) else { return };
        let agreed = match &mut leg.negotiation {
            Some(negotiation) if !response.body.is_empty() => {
                negotiation.take_answer(&response.body).map(drop).map_err(|error| error.to_string())
            }
            Some(negotiation) if negotiation.agreement().is_some() => Ok(()),
            _ => Err("an answer without a session description".to_owned()),
        };
        match agreed {
            Ok(()) => {
                self.agree(now, id);
                self.told.push_back((id.call, Event::Answered(id.leg)));
            }
            Err(reason) => {
                tracing::warn!(leg = %id, reason, "a leg's audio cannot be agreed on");
                self.fail(now, id);
            }
        }
    }

    /// Whoever answers may be reached, and say more, elsewhere than where the INVITE went.
    fn keep_hearing(&mut self, id: LegId, response: &Response) {
        let contacts = response.headers.addresses(&Name::Contact).unwrap_or_default();
        let routes = response.headers.addresses(&Name::RecordRoute).unwrap_or_default();
        for address in contacts.iter().chain(&routes).take(8) {
            if let Some(ip) = address.uri.as_sip().and_then(|uri| uri.host.address()) {
                self.hear(id, ip);
            }
        }
    }

    fn on_ended(&mut self, session: SessionId, cause: &Cause) {
        let Some(id) = self.sessions.remove(&session) else { return };
        for ip in self.heard.remove(&id).unwrap_or_default() {
            self.parts.gate.leave(ip);
        }
        self.parts.engine.close(id);
        if let Some(live) = self.calls.get_mut(&id.call) {
            live.legs.remove(&id.leg);
            self.told.push_back((id.call, Event::Over(id.leg, ending(cause))));
        }
    }
}

/// How a session ended, in the platform's words.
fn ending(cause: &Cause) -> Ending {
    let (cause, sip_status) = match cause {
        Cause::LocalBye | Cause::RemoteBye | Cause::Expired | Cause::Lost | Cause::NeverAcknowledged => {
            (Told::Completed, None)
        }
        Cause::LocalCancel | Cause::RemoteCancel => (Told::Canceled, None),
        Cause::Refused(status) => (Told::Failed, Some(status.code())),
        Cause::Rejected(response) => {
            let status = response.status.code();
            let cause = match status {
                486 | 600 => Told::Busy,
                408 | 480 | 487 => Told::NoAnswer,
                _ => Told::Failed,
            };
            (cause, Some(status))
        }
        Cause::RangTooLong => (Told::NoAnswer, None),
        Cause::Unreachable | Cause::ProgressNeverAcknowledged => (Told::Failed, None),
    };
    Ending { cause, sip_status }
}
