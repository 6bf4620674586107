//! Requests of the other side within a dialog (RFC 3261 §12.2.2, §14.2, §15.1.2; RFC 3311 §5.2).

use super::{
    Agent, Cause, Event, SessionId,
    session::{Asked, Session, Stage},
};
use crate::{
    Moment,
    dialog::DialogId,
    message::{Headers, Method, Name, Request, StatusCode},
    transaction::ServerId,
    transport::Peer,
};

impl Agent {
    pub(super) fn on_request_within(&mut self, now: Moment, server: ServerId, request: Request, from: Peer) {
        let dialog_id = DialogId::of_request(&request);
        let found = self.dialogs.get(&dialog_id).copied();
        let Some((id, session)) = found.and_then(|id| Some((id, self.sessions.get_mut(&id)?))) else {
            self.reply(now, server, &request.stateless_reply(StatusCode::NO_SUCH_CALL));
            return;
        };
        let fork = session.forks.get_mut(&dialog_id.remote_tag).map(|fork| &mut fork.dialog);
        let dialog = session.dialog.as_mut().filter(|dialog| *dialog.id() == dialog_id).or(fork);
        let is_in_order = dialog.is_some_and(|dialog| {
            dialog.heard_from(from);
            dialog.take_number(&request).is_ok()
        });
        if !is_in_order {
            self.reply(now, server, &request.stateless_reply(StatusCode::SERVER_INTERNAL_ERROR));
            return;
        }
        let is_over = session.is_over();
        match request.method {
            // The user was told that it is over, and hears of it no more.
            Method::Ack
            | Method::Prack
            | Method::Info
            | Method::Invite
            | Method::Update
            | Method::Options
                if is_over =>
            {
                self.answer_plainly(now, id, server, &request, StatusCode::NO_SUCH_CALL);
            }
            Method::Bye => self.on_bye(now, id, server, &request),
            Method::Invite | Method::Update => self.on_change_asked(now, id, server, request),
            Method::Prack => self.on_prack(now, id, server, request),
            Method::Info => {
                self.answer_plainly(now, id, server, &request, StatusCode::OK);
                self.events.push_back(Event::Info { session: id, request: Box::new(request) });
            }
            Method::Options => {
                let response = self.capabilities(&request);
                self.reply(now, server, &response);
            }
            // The sorting before has let nothing else through.
            _ => self.answer_plainly(now, id, server, &request, StatusCode::METHOD_NOT_ALLOWED),
        }
    }

    pub(super) fn answer_plainly(
        &mut self,
        now: Moment,
        id: SessionId,
        server: ServerId,
        request: &Request,
        status: StatusCode,
    ) {
        let tag = self.sessions.get(&id).map(|session| session.local_tag.clone()).unwrap_or_default();
        self.reply(now, server, &request.reply(status, &tag));
    }

    /// BYE: even before the ACK of our success, which is then not repeated any more.
    fn on_bye(&mut self, now: Moment, id: SessionId, server: ServerId, request: &Request) {
        self.answer_plainly(now, id, server, request, StatusCode::OK);
        match self.sessions.get(&id).map(|session| &session.stage) {
            Some(Stage::Confirmed) => self.finish(now, id, Cause::RemoteBye),
            // A caller may give up by BYE what it could have cancelled (RFC 3261 §15).
            Some(Stage::Called(_)) => {
                let terminated = StatusCode::REQUEST_TERMINATED;
                self.refuse_call(now, id, terminated, &Headers::default(), Cause::RemoteCancel);
            }
            // A callee may not; its refusal of the INVITE will follow.
            Some(Stage::Calling(_) | Stage::Over) | None => {}
        }
    }

    /// A re-INVITE or an UPDATE. Of two changes at once, one must yield.
    fn on_change_asked(&mut self, now: Moment, id: SessionId, server: ServerId, request: Request) {
        let Some(session) = self.sessions.get(&id) else { return };
        if let Some(status) = collision(session, &request) {
            let mut response = request.reply(status, &session.local_tag.clone());
            if status == StatusCode::SERVER_INTERNAL_ERROR {
                response.headers.push(Name::RetryAfter, self.chance.below(11).to_string());
            }
            self.reply(now, server, &response);
            return;
        }
        if let Some(refusal) = self.too_short(&request) {
            self.reply(now, server, &refusal);
            return;
        }
        if request.method == Method::Update && request.body.is_empty() {
            self.answer_refresh(now, id, server, &request);
            return;
        }
        if request.method == Method::Invite {
            self.invited.insert(server, id);
        }
        if let Some(session) = self.sessions.get_mut(&id) {
            session.asked = Some(Asked { server, request: request.clone() });
        }
        self.events.push_back(Event::ChangeAsked { session: id, request: Box::new(request) });
    }

    /// An UPDATE without a body changes the Contact and the session timer alone.
    fn answer_refresh(&mut self, now: Moment, id: SessionId, server: ServerId, request: &Request) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(dialog) = &mut session.dialog {
            dialog.refresh_target(&request.headers);
        }
        let tag = session.local_tag.clone();
        let mut response = self.dialog_response(request, &tag, StatusCode::OK, &Headers::default(), None);
        if self.sessions.get(&id).is_some_and(Session::is_confirmed) {
            self.promise_refreshes(request, &mut response.headers);
            self.keep_refreshes(now, id, &response.headers);
        }
        self.reply(now, server, &response);
    }
}

/// Why a change must wait: 491 if one of ours is under way, 500 if one of theirs is (RFC 3261 §14.2, RFC 3311 §5.2).
fn collision(session: &Session, request: &Request) -> Option<StatusCode> {
    let is_refresh = request.method == Method::Update && request.body.is_empty();
    if is_refresh {
        return None;
    }
    let ours = session.change.as_ref().is_some_and(|change| change.client.is_some())
        || session.owes_answer.is_some()
        || session.unacknowledged.is_some();
    let theirs = session.asked.is_some()
        || matches!(session.stage, Stage::Called(_)) && request.method == Method::Invite;
    if theirs {
        return Some(StatusCode::SERVER_INTERNAL_ERROR);
    }
    (ours || matches!(session.stage, Stage::Calling(_)) && request.method == Method::Invite)
        .then_some(StatusCode::REQUEST_PENDING)
}
