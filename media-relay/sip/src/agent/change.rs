//! Changes of a session: re-INVITE and UPDATE, from us and to us (RFC 3261 §14, RFC 3311, RFC 6141).

use std::time::Duration;

use super::{
    Agent, Body, Event, Refusal, SessionId, put_body,
    session::{Change, Purpose, Timer},
};
use crate::{
    Moment,
    message::{Headers, Method, Name, Response, StatusCode},
    timers::PATIENCE,
    transaction::ClientId,
};

/// How often a change is tried that collides with one of the other side.
const MOST_TRIES: u8 = 5;

impl Agent {
    /// Changes the session by a new offer: by UPDATE if that is wanted and the other side allows it, else by re-INVITE.
    ///
    /// # Errors
    /// The session is not answered, or another change is under way.
    pub fn change(
        &mut self,
        now: Moment,
        id: SessionId,
        offer: Body,
        by_update: bool,
    ) -> Result<(), Refusal> {
        let session = self.sessions.get(&id).ok_or(Refusal::NoSession)?;
        if !session.is_confirmed() || session.wants_bye {
            return Err(Refusal::NotNow);
        }
        let is_busy = session.change.is_some()
            || session.asked.is_some()
            || session.unacknowledged.is_some()
            || session.owes_answer.is_some();
        if is_busy {
            return Err(Refusal::ChangePending);
        }
        let method = if by_update && session.remote_allows_update { Method::Update } else { Method::Invite };
        self.begin_change(now, id, method, Some(offer), false);
        self.pump(now);
        Ok(())
    }

    pub(super) fn begin_change(
        &mut self,
        now: Moment,
        id: SessionId,
        method: Method,
        body: Option<Body>,
        is_refresh: bool,
    ) {
        let change = Change { method, body, client: None, tries: 0, is_refresh };
        if let Some(session) = self.sessions.get_mut(&id) {
            session.change = Some(change);
        }
        self.retry_change(now, id);
    }

    /// Sends the change, for the first time or once more after a collision.
    pub(super) fn retry_change(&mut self, now: Moment, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(dialog) = session.dialog.clone() else { return };
        if session.asked.is_some() || session.unacknowledged.is_some() {
            // Theirs came in between.
            self.timers.set(id, Timer::Retry, now + Duration::from_secs(1));
            return;
        }
        let number = session.next_number();
        let Some(change) = &mut session.change else { return };
        change.tries += 1;
        let mut request = dialog.request(change.method.clone(), number);
        put_body(&mut request.headers, &mut request.body, change.body.as_ref());
        let refresh = session.refresh;
        self.describe(&mut request.headers, dialog.peer().transport);
        self.sign(&mut request.headers, Name::UserAgent);
        self.say_who_refreshes(refresh, &mut request.headers);
        match self.send(now, id, Purpose::Change, request, dialog.peer()) {
            Ok(client) => self.await_change(now, id, client),
            Err(_) => self.lose(now, id),
        }
    }

    fn await_change(&mut self, now: Moment, id: SessionId, client: ClientId) {
        let change = self.sessions.get_mut(&id).and_then(|session| session.change.as_mut());
        if let Some(change) = change {
            change.client = Some(client);
            self.timers.set(id, Timer::Change, now + PATIENCE);
        }
    }

    pub(super) fn on_change_response(
        &mut self,
        now: Moment,
        client: ClientId,
        id: SessionId,
        response: Response,
    ) {
        if response.status.is_provisional() {
            return;
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let is_invite = response.essentials.cseq.method == Method::Invite;
        let number = response.essentials.cseq.number;
        if response.status.is_success() && is_invite {
            let tag = response.essentials.to.tag().unwrap_or_default().to_owned();
            if let Some(ack) = session.acks.get(&(tag, number)) {
                self.transactions.send_again(ack.clone());
                return;
            }
            if let Some(dialog) = &mut session.dialog {
                dialog.refresh_target(&response.headers);
                let dialog = dialog.clone();
                self.send_ack(client, id, &dialog, number, None);
            }
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        // A change of a session that is over, or one that was given up, is only acknowledged.
        let is_current = session.change.as_ref().is_some_and(|change| change.client == Some(client));
        if !is_current {
            return;
        }
        self.timers.clear(id, Timer::Change);
        match response.status.code() {
            200..=299 => self.changed(now, id, response),
            401 | 407 => match self.answer_challenge(client, &response) {
                Some((request, peer)) => match self.send_once_more(now, client, request, peer) {
                    Some(again) => self.await_change(now, id, again),
                    None => self.lose(now, id),
                },
                None => self.change_refused(id, response),
            },
            422 => match self.with_longer_interval(client, &response) {
                Some((request, peer)) => match self.send_once_more(now, client, request, peer) {
                    Some(again) => self.await_change(now, id, again),
                    None => self.lose(now, id),
                },
                None => self.change_refused(id, response),
            },
            408 | 481 => self.lose(now, id),
            491 => self.yield_to_theirs(now, id, response),
            _ => self.change_refused(id, response),
        }
    }

    fn changed(&mut self, now: Moment, id: SessionId, response: Response) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(change) = session.change.take() else { return };
        if let Some(dialog) = &mut session.dialog {
            dialog.refresh_target(&response.headers);
        }
        if change.body.is_some() {
            session.local_body = change.body;
        }
        self.learn_refreshes(now, id, &response);
        if !change.is_refresh {
            self.events.push_back(Event::Changed { session: id, response: Box::new(response) });
        }
    }

    fn change_refused(&mut self, id: SessionId, response: Response) {
        let change = self.sessions.get_mut(&id).and_then(|session| session.change.take());
        if change.is_some_and(|change| !change.is_refresh) {
            self.events.push_back(Event::ChangeRefused { session: id, response: Box::new(response) });
        }
    }

    /// RFC 3261 §14.1: whoever made the call waits longer, so that the two do not collide for ever.
    fn yield_to_theirs(&mut self, now: Moment, id: SessionId, response: Response) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let is_ours = session.is_ours;
        let Some(change) = session.change.as_mut().filter(|change| change.tries < MOST_TRIES) else {
            self.change_refused(id, response);
            return;
        };
        change.client = None;
        let (least, choices) = if is_ours { (2_100, 191) } else { (0, 201) };
        let wait = Duration::from_millis(least + 10 * self.chance.below(choices));
        self.timers.set(id, Timer::Retry, now + wait);
    }

    /// Accepts a change of the other side: with the answer, or, if it made no offer, with ours.
    ///
    /// # Errors
    /// None is asked for.
    pub fn accept_change(&mut self, now: Moment, id: SessionId, body: &Body) -> Result<(), Refusal> {
        let session = self.sessions.get_mut(&id).ok_or(Refusal::NoSession)?;
        let asked = session.asked.take().ok_or(Refusal::NotNow)?;
        if let Some(dialog) = &mut session.dialog {
            dialog.refresh_target(&asked.request.headers);
        }
        session.local_body = Some(body.clone());
        let tag = session.local_tag.clone();
        let mut response =
            self.dialog_response(&asked.request, &tag, StatusCode::OK, &Headers::default(), Some(body));
        if self.sessions.get(&id).is_some_and(super::Session::is_confirmed) {
            self.promise_refreshes(&asked.request, &mut response.headers);
            self.keep_refreshes(now, id, &response.headers);
        }
        if asked.request.method == Method::Invite {
            self.send_until_acknowledged(now, id, asked.server, response);
        } else {
            self.reply(now, asked.server, &response);
        }
        self.pump(now);
        Ok(())
    }

    /// Refuses a change of the other side, usually with 488; the session goes on as it was.
    ///
    /// # Errors
    /// None is asked for, or the status is no refusal.
    pub fn refuse_change(&mut self, now: Moment, id: SessionId, status: StatusCode) -> Result<(), Refusal> {
        let session = self.sessions.get_mut(&id).ok_or(Refusal::NoSession)?;
        if status.is_provisional() || status.is_success() {
            return Err(Refusal::NotNow);
        }
        let asked = session.asked.take().ok_or(Refusal::NotNow)?;
        let response = asked.request.reply(status, &session.local_tag);
        self.reply(now, asked.server, &response);
        self.pump(now);
        Ok(())
    }
}
