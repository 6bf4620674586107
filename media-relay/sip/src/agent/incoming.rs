//! Calls that we take: INVITE, our answers to it, its CANCEL and its ACK (RFC 3261 §13.3, §9.2).

use std::collections::VecDeque;

use super::{
    Agent, Body, Cause, Event, Refusal, SessionId, came_by, put_body,
    session::{Called, Session, Stage, Timer, Unacknowledged},
};
use crate::{
    Moment,
    dialog::{Dialog, DialogId},
    message::{Headers, Name, Request, Response, StatusCode},
    timers::{PATIENCE, T1, T2},
    transaction::ServerId,
    transport::Peer,
};

impl Agent {
    /// An INVITE that begins a session.
    pub(super) fn on_invite(&mut self, now: Moment, server: ServerId, request: Request, from: Peer) {
        if let Some(refusal) = self.too_short(&request) {
            self.reply(now, server, &refusal);
            return;
        }
        if self.own_calls.contains(&request.essentials.call_id) {
            self.reply(now, server, &request.stateless_reply(StatusCode::LOOP_DETECTED));
            return;
        }
        if self.sessions.len() >= self.config.most_sessions {
            let mut response = request.stateless_reply(StatusCode::SERVICE_UNAVAILABLE);
            response.headers.push(Name::RetryAfter, "5");
            self.reply(now, server, &response);
            return;
        }
        let tag = self.chance.tag();
        let dialog = match Dialog::of_request(&request, &tag, from) {
            Ok(dialog) => dialog,
            Err(problem) => {
                let mut response = request.reply(StatusCode::BAD_REQUEST, &tag);
                response.reason = format!("{} ({problem})", response.reason);
                self.reply(now, server, &response);
                return;
            }
        };
        let id = self.next_session();
        let called = Called {
            server,
            invite: request.clone(),
            rseq: 0,
            unpracked: None,
            waiting: VecDeque::new(),
            is_offer_answered: false,
        };
        let mut session = Session::new(Stage::Called(Box::new(called)), false, tag);
        session.remote_allows_update = request.headers.lists(&Name::Allow, "UPDATE");
        self.dialogs.insert(dialog.id().clone(), id);
        session.dialog = Some(dialog);
        self.sessions.insert(id, session);
        self.invited.insert(server, id);
        self.timers.set(id, Timer::Ringing, now + self.config.most_ringing);
        self.events.push_back(Event::Incoming { session: id, request: Box::new(request), from });
    }

    /// A response to an INVITE of the other side, with what makes or keeps a dialog.
    pub(super) fn dialog_response(
        &self,
        invite: &Request,
        tag: &str,
        status: StatusCode,
        more: &Headers,
        body: Option<&Body>,
    ) -> Response {
        let mut response = invite.reply(status, tag);
        for route in invite.headers.raw(&Name::RecordRoute) {
            response.headers.push(Name::RecordRoute, route.clone());
        }
        self.describe(&mut response.headers, came_by(invite));
        self.sign(&mut response.headers, Name::Server);
        response.headers.append(more);
        put_body(&mut response.headers, &mut response.body, body);
        response
    }

    /// Says that a call makes progress (101 to 199). It is sent reliably if the caller demands it, or can do it and there is a body.
    ///
    /// # Errors
    /// The call is no such or answered already, or too many responses wait.
    pub fn progress(
        &mut self,
        now: Moment,
        id: SessionId,
        status: StatusCode,
        more: &Headers,
        body: Option<Body>,
    ) -> Result<(), Refusal> {
        let session = self.sessions.get(&id).ok_or(Refusal::NoSession)?;
        let Stage::Called(called) = &session.stage else { return Err(Refusal::NotNow) };
        let is_final_waiting = called.waiting.iter().any(|response| !response.status.is_provisional());
        if !matches!(status.code(), 101..=199) || is_final_waiting {
            return Err(Refusal::NotNow);
        }
        let headers = &called.invite.headers;
        let is_reliable = headers.lists(&Name::Require, "100rel")
            || (body.is_some() && headers.lists(&Name::Supported, "100rel"));
        let response = self.dialog_response(&called.invite, &session.local_tag, status, more, body.as_ref());
        let server = called.server;
        if is_reliable {
            self.send_reliably(now, id, response)?;
        } else {
            self.reply(now, server, &response);
        }
        if let (Some(body), Some(session)) = (body, self.sessions.get_mut(&id)) {
            session.local_body = Some(body);
            if let Stage::Called(called) = &mut session.stage {
                called.is_offer_answered |= is_reliable && !called.invite.body.is_empty();
            }
        }
        self.pump(now);
        Ok(())
    }

    /// Answers a call. While a reliable provisional response waits for its PRACK, so does the answer. A body that such a response has had already is not
    /// sent again.
    ///
    /// # Errors
    /// The call is no such or answered already.
    pub fn accept(
        &mut self,
        now: Moment,
        id: SessionId,
        more: &Headers,
        body: Option<Body>,
    ) -> Result<(), Refusal> {
        let session = self.sessions.get(&id).ok_or(Refusal::NoSession)?;
        let Stage::Called(called) = &session.stage else { return Err(Refusal::NotNow) };
        if called.waiting.iter().any(|response| !response.status.is_provisional()) {
            return Err(Refusal::NotNow);
        }
        let said = body.as_ref().filter(|_| !called.is_offer_answered);
        let mut response =
            self.dialog_response(&called.invite, &session.local_tag, StatusCode::OK, more, said);
        self.promise_refreshes(&called.invite, &mut response.headers);
        let session = self.sessions.get_mut(&id).ok_or(Refusal::NoSession)?;
        session.local_body = body.or_else(|| session.local_body.take());
        match &mut session.stage {
            Stage::Called(called) if called.unpracked.is_some() => called.waiting.push_back(response),
            _ => self.send_success(now, id, response),
        }
        self.pump(now);
        Ok(())
    }

    pub(super) fn send_success(&mut self, now: Moment, id: SessionId, response: Response) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Stage::Called(called) = &session.stage else { return };
        let server = called.server;
        session.stage = Stage::Confirmed;
        self.timers.clear(id, Timer::Ringing);
        self.keep_refreshes(now, id, &response.headers);
        self.send_until_acknowledged(now, id, server, response);
    }

    /// A success is repeated by us, not by its transaction, until its ACK comes; over any transport (RFC 3261 §13.3.1.4).
    pub(super) fn send_until_acknowledged(
        &mut self,
        now: Moment,
        id: SessionId,
        server: ServerId,
        response: Response,
    ) {
        self.reply(now, server, &response);
        self.timers.set(id, Timer::SuccessCopy, now + T1);
        self.timers.set(id, Timer::Acknowledge, now + PATIENCE);
        let number = response.essentials.cseq.number;
        if let Some(session) = self.sessions.get_mut(&id) {
            session.unacknowledged = Some(Unacknowledged { server, number, response, interval: T1 });
        }
    }

    pub(super) fn repeat_success(&mut self, now: Moment, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(unacknowledged) = &mut session.unacknowledged else { return };
        unacknowledged.interval = (unacknowledged.interval * 2).min(T2);
        let (server, response) = (unacknowledged.server, unacknowledged.response.clone());
        self.timers.set(id, Timer::SuccessCopy, now + unacknowledged.interval);
        self.reply(now, server, &response);
    }

    pub(super) fn never_acknowledged(&mut self, now: Moment, id: SessionId) {
        let wants_bye = self.sessions.get(&id).is_some_and(|session| session.wants_bye);
        let cause = if wants_bye { Cause::LocalBye } else { Cause::NeverAcknowledged };
        self.hang_up_now(now, id, cause);
    }

    /// The ACK of a success of ours; any other is a copy of one.
    pub(super) fn on_ack(&mut self, now: Moment, request: Request) {
        let Some(id) = self.dialogs.get(&DialogId::of_request(&request)).copied() else { return };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let number = request.essentials.cseq.number;
        if session.unacknowledged.take_if(|waiting| waiting.number == number).is_none() {
            return;
        }
        let wants_bye = session.wants_bye;
        self.timers.clear(id, Timer::SuccessCopy);
        self.timers.clear(id, Timer::Acknowledge);
        self.events.push_back(Event::Acknowledged { session: id, request: Box::new(request) });
        if wants_bye {
            self.hang_up_now(now, id, Cause::LocalBye);
        }
    }

    /// A CANCEL: it has an effect only on an INVITE that is still open, and is itself answered in any case.
    pub(super) fn on_cancel(
        &mut self,
        now: Moment,
        server: ServerId,
        invite: Option<ServerId>,
        request: &Request,
    ) {
        let Some(invite) = invite else {
            self.reply(now, server, &request.stateless_reply(StatusCode::NO_SUCH_CALL));
            return;
        };
        let id = self.invited.get(&invite).copied();
        let tag = id.and_then(|id| self.sessions.get(&id)).map(|session| session.local_tag.clone());
        let response = match &tag {
            Some(tag) => request.reply(StatusCode::OK, tag),
            None => request.stateless_reply(StatusCode::OK),
        };
        self.reply(now, server, &response);
        if let Some(id) = id.filter(|_| self.transactions.is_open(invite)) {
            self.cancelled(now, id, invite);
        }
    }

    fn cancelled(&mut self, now: Moment, id: SessionId, invite: ServerId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(asked) = session.asked.take_if(|asked| asked.server == invite) {
            let response = asked.request.reply(StatusCode::REQUEST_TERMINATED, &session.local_tag);
            self.reply(now, invite, &response);
            return;
        }
        let terminated = StatusCode::REQUEST_TERMINATED;
        self.refuse_call(now, id, terminated, &Headers::default(), Cause::RemoteCancel);
    }

    /// Gives an INVITE its final refusal; the session is over.
    pub(super) fn refuse_call(
        &mut self,
        now: Moment,
        id: SessionId,
        status: StatusCode,
        more: &Headers,
        cause: Cause,
    ) {
        let Some(session) = self.sessions.get(&id) else { return };
        let Stage::Called(called) = &session.stage else { return };
        let mut response = called.invite.reply(status, &session.local_tag);
        self.sign(&mut response.headers, Name::Server);
        response.headers.append(more);
        let server = called.server;
        self.reply(now, server, &response);
        self.finish(now, id, cause);
    }

    /// Neither side has done anything for too long.
    pub(super) fn rang_too_long(&mut self, now: Moment, id: SessionId) {
        match self.sessions.get(&id).map(|session| &session.stage) {
            Some(Stage::Calling(_)) => {
                self.timers.set(id, Timer::GiveUp, now + PATIENCE);
                self.cancel(now, id, Cause::RangTooLong);
            }
            Some(Stage::Called(_)) => {
                let status = StatusCode::TEMPORARILY_UNAVAILABLE;
                self.refuse_call(now, id, status, &Headers::default(), Cause::RangTooLong);
            }
            Some(Stage::Confirmed | Stage::Over) | None => {}
        }
    }
}
