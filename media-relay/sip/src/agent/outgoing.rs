//! Calls that we make: INVITE, its forks, its end (RFC 3261 §13.2, §9.1).

use std::collections::VecDeque;

use bytes::Bytes;

use super::{
    Agent, Body, Cause, Event, Invite, Refusal, SessionId, put_body,
    session::{Calling, Fork, MOST_FORKS, Purpose, Session, Stage, Timer},
};
use crate::{
    Moment,
    dialog::Dialog,
    message::{CSeq, Essentials, Headers, Method, Name, Request, Response},
    timers::PATIENCE,
    transaction::ClientId,
    transport::Peer,
};

impl Agent {
    /// Calls somebody.
    ///
    /// # Errors
    /// There is no peer, or there are too many sessions.
    pub fn invite(&mut self, now: Moment, invite: Invite) -> Result<SessionId, Refusal> {
        let mut peers = VecDeque::from(invite.peers);
        let peer = peers.pop_front().ok_or(Refusal::NoPeer)?;
        if self.sessions.len() >= self.config.most_sessions {
            return Err(Refusal::Full);
        }
        let (id, tag) = (self.next_session(), self.chance.tag());
        let mut headers = Headers::default();
        if !invite.headers.has(&Name::MaxForwards) {
            headers.push(Name::MaxForwards, Bytes::from_static(b"70"));
        }
        self.describe(&mut headers, peer.transport);
        self.sign(&mut headers, Name::UserAgent);
        self.ask_for_refreshes(&mut headers);
        headers.append(&invite.headers);
        let cseq = CSeq { number: 1, method: Method::Invite };
        let (from, call_id) = (invite.from.with_tag(&tag), self.chance.word());
        let own_call = call_id.clone();
        self.own_calls.insert(own_call.clone());
        let essentials = Essentials { via: Vec::new(), from, to: invite.to, call_id, cseq };
        let mut request =
            Request { method: Method::Invite, uri: invite.uri, essentials, headers, body: Bytes::new() };
        put_body(&mut request.headers, &mut request.body, invite.offer.as_ref());
        let Ok(client) = self.send(now, id, Purpose::Invite, request, peer) else {
            self.own_calls.remove(&own_call);
            return Err(Refusal::Full);
        };
        let calling = Calling {
            client,
            has_offer: invite.offer.is_some(),
            next_peers: peers,
            giving_up: None,
            is_cancel_sent: false,
        };
        let mut session = Session::new(Stage::Calling(Box::new(calling)), true, tag);
        session.own_call = Some(own_call);
        session.local_number = 1;
        session.transactions = 1;
        session.logins = invite.logins;
        session.local_body = invite.offer;
        self.sessions.insert(id, session);
        self.timers.set(id, Timer::Ringing, now + self.config.most_ringing);
        Ok(id)
    }

    fn calling(&mut self, id: SessionId) -> Option<&mut Calling> {
        match self.sessions.get_mut(&id).map(|session| &mut session.stage) {
            Some(Stage::Calling(calling)) => Some(calling),
            Some(Stage::Called(_) | Stage::Confirmed | Stage::Over) | None => None,
        }
    }

    /// Gives up a call of ours. A CANCEL must wait until something was heard (RFC 3261 §9.1).
    pub(super) fn cancel(&mut self, now: Moment, id: SessionId, cause: Cause) {
        let Some(calling) = self.calling(id) else { return };
        calling.giving_up.get_or_insert(cause);
        if calling.is_cancel_sent {
            return;
        }
        let invite = calling.client;
        let Ok(Some(cancel)) = self.transactions.cancel(now, invite) else { return };
        if let Some(calling) = self.calling(id) {
            calling.is_cancel_sent = true;
        }
        if let Some(sent) = self.sent.get(&invite) {
            let (request, peer) = (sent.request.cancel(), sent.peer);
            self.keep_cancel(id, cancel, request, peer);
        }
        // RFC 3261 §9.1: without a final response 64 × T1 later, the INVITE is over.
        self.timers.set(id, Timer::GiveUp, now + PATIENCE);
    }

    fn keep_cancel(&mut self, id: SessionId, cancel: ClientId, request: Request, peer: Peer) {
        let sent = super::Sent {
            session: id,
            purpose: Purpose::Aside,
            request,
            peer,
            // A CANCEL cannot be challenged.
            attempts: u8::MAX,
            challenges: Vec::new(),
        };
        self.sent.insert(cancel, sent);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.transactions += 1;
        }
    }

    pub(super) fn on_invite_response(
        &mut self,
        now: Moment,
        client: ClientId,
        id: SessionId,
        response: Response,
    ) {
        if response.status.is_provisional() {
            self.on_invite_progress(now, client, id, response);
        } else if response.status.is_success() {
            self.on_invite_success(now, client, id, response);
        } else {
            self.on_invite_failure(now, client, id, Some(response));
        }
    }

    fn on_invite_progress(&mut self, now: Moment, client: ClientId, id: SessionId, response: Response) {
        let Some(calling) = self.calling(id) else { return };
        if calling.giving_up.is_some() {
            let cause = calling.giving_up.clone().unwrap_or(Cause::LocalCancel);
            self.cancel(now, id, cause);
            return;
        }
        let is_early = response.status.code() > 100 && response.essentials.to.tag().is_some();
        if response.status.code() == 100 {
            return;
        }
        if is_early && !self.follow_fork(now, client, id, &response) {
            return;
        }
        let owes = |session: &Session| {
            session.forks.values().any(|fork| fork.unanswered.as_ref() == Some(&response))
        };
        let wants_answer = self.sessions.get(&id).is_some_and(owes);
        self.events.push_back(Event::Progress { session: id, response: Box::new(response), wants_answer });
    }

    /// Keeps the early dialog, and acknowledges the response if it is reliable. False if it is a copy or comes out of its order.
    fn follow_fork(&mut self, now: Moment, client: ClientId, id: SessionId, response: &Response) -> bool {
        let Some(sent) = self.sent.get(&client) else { return false };
        let fresh = Dialog::of_response(response, &sent.request.uri, sent.peer);
        let Some(session) = self.sessions.get_mut(&id) else { return false };
        let tag = fresh.id().remote_tag.clone();
        if session.forks.len() >= MOST_FORKS && !session.forks.contains_key(&tag) {
            return false;
        }
        self.dialogs.insert(fresh.id().clone(), id);
        session.remote_allows_update |= response.headers.lists(&Name::Allow, "UPDATE");
        session.forks.entry(tag.clone()).or_insert(Fork { dialog: fresh, rseq: None, unanswered: None });
        self.acknowledge_progress(now, id, &tag, response)
    }

    /// A success: of the fork that answers first, of another, of one that was given up, or a copy.
    fn on_invite_success(&mut self, now: Moment, client: ClientId, id: SessionId, response: Response) {
        let Some(sent) = self.sent.get(&client) else { return };
        let fresh = Dialog::of_response(&response, &sent.request.uri, sent.peer);
        let number = response.essentials.cseq.number;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let key = (fresh.id().remote_tag.clone(), number);
        if let Some(ack) = session.acks.get(&key) {
            self.transactions.send_again(ack.clone());
            return;
        }
        let is_same = session.dialog.as_ref().is_some_and(|dialog| dialog.id() == fresh.id());
        let has_offer = match &mut session.stage {
            Stage::Calling(calling) if calling.giving_up.is_none() => calling.has_offer,
            // The answer to the offer in this success is still to be given.
            Stage::Confirmed if is_same => return,
            Stage::Calling(calling) => {
                let cause = calling.giving_up.take().unwrap_or(Cause::LocalCancel);
                self.end_fork(now, client, id, &fresh, number);
                self.finish(now, id, cause);
                return;
            }
            Stage::Called(_) | Stage::Confirmed | Stage::Over => {
                self.end_fork(now, client, id, &fresh, number);
                return;
            }
        };
        self.dialogs.insert(fresh.id().clone(), id);
        session.dialog = Some(fresh.clone());
        session.stage = Stage::Confirmed;
        session.remote_allows_update |= response.headers.lists(&Name::Allow, "UPDATE");
        session.owes_answer = (!has_offer).then_some(number);
        self.timers.clear(id, Timer::Ringing);
        self.timers.clear(id, Timer::GiveUp);
        self.learn_refreshes(now, id, &response);
        if has_offer {
            self.send_ack(client, id, &fresh, number, None);
        }
        self.events.push_back(Event::Answered {
            session: id,
            response: Box::new(response),
            wants_answer: !has_offer,
        });
    }

    /// A success that nobody wants any more is acknowledged all the same, and hung up on.
    fn end_fork(&mut self, now: Moment, client: ClientId, id: SessionId, dialog: &Dialog, number: u32) {
        if self.sessions.get(&id).is_some_and(|session| session.acks.len() >= MOST_FORKS) {
            return;
        }
        self.send_ack(client, id, dialog, number, None);
        self.send_aside(now, id, dialog, &Method::Bye, &Headers::default(), None);
    }

    /// Acknowledges a success, with the credentials of its INVITE (RFC 3261 §22.1), and keeps the ACK for the success' copies.
    pub(super) fn send_ack(
        &mut self,
        client: ClientId,
        id: SessionId,
        dialog: &Dialog,
        number: u32,
        body: Option<&Body>,
    ) {
        let mut ack = dialog.request(Method::Ack, number);
        if let Some(sent) = self.sent.get(&client) {
            for name in [Name::Authorization, Name::ProxyAuthorization] {
                for value in sent.request.headers.raw(&name) {
                    ack.headers.push(name.clone(), value.clone());
                }
            }
        }
        put_body(&mut ack.headers, &mut ack.body, body);
        let branch = self.chance.branch();
        let ack = self.transactions.send_ack(ack, &branch, dialog.peer());
        if let Some(session) = self.sessions.get_mut(&id) {
            // Copies of a success come for 64 × T1: the oldest ACKs are of no more use.
            while session.acks.len() >= 2 * MOST_FORKS {
                session.acks.pop_first();
            }
            session.acks.insert((dialog.id().remote_tag.clone(), number), ack);
        }
    }

    /// A refusal, or none at all: tries what may still help, else the call is over.
    pub(super) fn on_invite_failure(
        &mut self,
        now: Moment,
        client: ClientId,
        id: SessionId,
        response: Option<Response>,
    ) {
        let Some(calling) = self.calling(id) else { return };
        if calling.client != client {
            return;
        }
        if let Some(cause) = calling.giving_up.take() {
            self.finish(now, id, cause);
            return;
        }
        let again = match &response {
            Some(response) => match response.status.code() {
                401 | 407 => self.answer_challenge(client, response),
                422 => self.with_longer_interval(client, response),
                503 => self.at_next_peer(client, id),
                _ => None,
            },
            None => self.at_next_peer(client, id),
        };
        self.drop_forks(id);
        let again = again.and_then(|(request, peer)| self.send_once_more(now, client, request, peer));
        match (again, self.calling(id)) {
            (Some(again), Some(calling)) => calling.client = again,
            _ => {
                let cause =
                    response.map_or(Cause::Unreachable, |response| Cause::Rejected(Box::new(response)));
                self.finish(now, id, cause);
            }
        }
    }

    /// The same request for the next peer, if there is one (RFC 3263 §4.3).
    fn at_next_peer(&mut self, client: ClientId, id: SessionId) -> Option<(Request, Peer)> {
        let peer = self.calling(id)?.next_peers.pop_front()?;
        Some((self.sent.get(&client)?.request.clone(), peer))
    }

    /// A final refusal ends all early dialogs of its INVITE (RFC 3261 §13.2.2.3).
    fn drop_forks(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        for fork in std::mem::take(&mut session.forks).into_values() {
            self.dialogs.remove(fork.dialog.id());
        }
    }
}
