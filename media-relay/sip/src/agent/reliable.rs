//! Reliable provisional responses and PRACK (RFC 3262).

use super::{
    Agent, Body, Cause, Event, Refusal, SessionId,
    session::{Stage, Timer, Unpracked},
};
use crate::{
    Moment,
    message::{CSeq, Headers, Method, Name, RAck, Request, Response, StatusCode},
    timers::{PATIENCE, T1},
    transaction::ServerId,
};

/// The most responses that wait for the PRACK of another.
const MOST_WAITING: usize = 8;

impl Agent {
    /// Sends a provisional response reliably, or lets it wait until the one before is acknowledged.
    pub(super) fn send_reliably(
        &mut self,
        now: Moment,
        id: SessionId,
        mut response: Response,
    ) -> Result<(), Refusal> {
        let Some(Stage::Called(called)) = self.sessions.get_mut(&id).map(|session| &mut session.stage) else {
            return Err(Refusal::NotNow);
        };
        if called.unpracked.is_some() {
            if called.waiting.len() >= MOST_WAITING {
                return Err(Refusal::Full);
            }
            called.waiting.push_back(response);
            return Ok(());
        }
        called.rseq += 1;
        response.headers.push(Name::Require, "100rel");
        response.headers.push(Name::RSeq, called.rseq.to_string());
        let (server, rseq) = (called.server, called.rseq);
        called.unpracked = Some(Unpracked { response: response.clone(), rseq, interval: T1 });
        self.timers.set(id, Timer::ProgressCopy, now + T1);
        self.timers.set(id, Timer::Prack, now + PATIENCE);
        self.reply(now, server, &response);
        Ok(())
    }

    pub(super) fn repeat_progress(&mut self, now: Moment, id: SessionId) {
        let Some(Stage::Called(called)) = self.sessions.get_mut(&id).map(|session| &mut session.stage) else {
            return;
        };
        let (server, Some(unpracked)) = (called.server, &mut called.unpracked) else { return };
        unpracked.interval *= 2;
        let (response, next) = (unpracked.response.clone(), now + unpracked.interval);
        self.timers.set(id, Timer::ProgressCopy, next);
        self.reply(now, server, &response);
    }

    /// RFC 3262 §3: the INVITE is refused with a 5xx.
    pub(super) fn never_pracked(&mut self, now: Moment, id: SessionId) {
        self.refuse_call(
            now,
            id,
            StatusCode::SERVER_TIMEOUT,
            &Headers::default(),
            Cause::ProgressNeverAcknowledged,
        );
    }

    /// PRACK of the other side.
    pub(super) fn on_prack(&mut self, now: Moment, id: SessionId, server: ServerId, request: Request) {
        let Some(Stage::Called(called)) = self.sessions.get_mut(&id).map(|session| &mut session.stage) else {
            self.answer_plainly(now, id, server, &request, StatusCode::NO_SUCH_CALL);
            return;
        };
        let cseq = &called.invite.essentials.cseq;
        let is_meant = |unpracked: &Unpracked| {
            request.headers.rack().is_some_and(|rack| rack.rseq == unpracked.rseq && rack.cseq == *cseq)
        };
        let Some(unpracked) = called.unpracked.take_if(|unpracked| is_meant(unpracked)) else {
            self.answer_plainly(now, id, server, &request, StatusCode::NO_SUCH_CALL);
            return;
        };
        self.timers.clear(id, Timer::ProgressCopy);
        self.timers.clear(id, Timer::Prack);
        // Behind an answer of ours, a body would be a new offer, which an UPDATE is for.
        let is_new_offer = !called.invite.body.is_empty() && !request.body.is_empty();
        let status = if is_new_offer { StatusCode::NOT_ACCEPTABLE_HERE } else { StatusCode::OK };
        drop(unpracked);
        self.answer_plainly(now, id, server, &request, status);
        self.events.push_back(Event::ProgressAcknowledged { session: id, request: Box::new(request) });
        self.send_waiting(now, id);
    }

    /// Sends what waited for a PRACK: a provisional response, which waits for its own, or the success.
    fn send_waiting(&mut self, now: Moment, id: SessionId) {
        let Some(Stage::Called(called)) = self.sessions.get_mut(&id).map(|session| &mut session.stage) else {
            return;
        };
        match called.waiting.pop_front() {
            Some(response) if response.status.is_provisional() => {
                // Nothing stands before it any more.
                let _ = self.send_reliably(now, id, response);
            }
            Some(response) => self.send_success(now, id, response),
            None => {}
        }
    }

    /// Acknowledges a provisional response to our INVITE if it is reliable. False if it is not to be told: a copy, or one that came before its turn and
    /// will come again.
    pub(super) fn acknowledge_progress(
        &mut self,
        now: Moment,
        id: SessionId,
        tag: &str,
        response: &Response,
    ) -> bool {
        if !response.headers.lists(&Name::Require, "100rel") {
            return true;
        }
        let Some(rseq) = response.headers.number(&Name::RSeq) else { return false };
        let Some(session) = self.sessions.get_mut(&id) else { return false };
        let has_offer = matches!(&session.stage, Stage::Calling(calling) if calling.has_offer);
        let Some(fork) = session.forks.get_mut(tag) else { return false };
        let is_next = fork.rseq.is_none_or(|known| known.checked_add(1) == Some(rseq));
        if !is_next {
            return false;
        }
        fork.rseq = Some(rseq);
        if !has_offer && !response.body.is_empty() {
            fork.unanswered = Some(response.clone());
            return true;
        }
        self.send_prack(now, id, tag, response, None);
        true
    }

    /// Answers the offer of a reliable provisional response, the oldest first ([`Event::Progress`] with `wants_answer`).
    ///
    /// # Errors
    /// There is none.
    pub fn answer_progress(&mut self, now: Moment, id: SessionId, answer: &Body) -> Result<(), Refusal> {
        let session = self.sessions.get_mut(&id).ok_or(Refusal::NoSession)?;
        let mut forks = session.forks.iter_mut();
        let found = forks.find_map(|(tag, fork)| Some((tag.clone(), fork.unanswered.take()?)));
        let (tag, response) = found.ok_or(Refusal::NotNow)?;
        if let Stage::Calling(calling) = &mut session.stage {
            // The offer is answered: the success will need none.
            calling.has_offer = true;
        }
        session.local_body = Some(answer.clone());
        self.send_prack(now, id, &tag, &response, Some(answer));
        self.pump(now);
        Ok(())
    }

    fn send_prack(
        &mut self,
        now: Moment,
        id: SessionId,
        tag: &str,
        response: &Response,
        body: Option<&Body>,
    ) {
        let Some(session) = self.sessions.get(&id) else { return };
        let Some(dialog) = session.forks.get(tag).map(|fork| fork.dialog.clone()) else { return };
        let Some(rseq) = response.headers.number(&Name::RSeq) else { return };
        let cseq = CSeq { method: Method::Invite, ..response.essentials.cseq.clone() };
        let rack = Headers::default().with(Name::RAck, RAck { rseq, cseq }.to_string());
        self.send_aside(now, id, &dialog, &Method::Prack, &rack, body);
    }
}
