//! Session timers (RFC 4028): an answered call whose other side has vanished comes to its end.

use std::time::Duration;

use super::{
    Agent, Cause, SUPPORTED, SessionId,
    session::{Refresh, Timer},
};
use crate::{
    Moment,
    message::{Headers, Method, Name, Refresher, Request, Response, SessionExpires, StatusCode},
    transaction::ClientId,
    transport::Peer,
};

/// The longest interval that the other side can make us keep a session for, in seconds.
const MOST_SECONDS: u32 = 86_400;

/// How long a refresh waits for another change to be through.
const WAIT: Duration = Duration::from_secs(2);

impl Agent {
    /// What an INVITE of ours asks for.
    pub(super) fn ask_for_refreshes(&self, headers: &mut Headers) {
        if let Some(seconds) = self.config.session_interval_seconds {
            let seconds = seconds.max(self.config.least_session_interval_seconds);
            headers.push(Name::SessionExpires, SessionExpires { seconds, refresher: None }.to_string());
            headers.push(Name::MinSe, self.config.least_session_interval_seconds.to_string());
        }
    }

    /// What a request of ours within the dialog says: the refresher stays who it is.
    pub(super) fn say_who_refreshes(&self, refresh: Option<Refresh>, headers: &mut Headers) {
        if let Some(Refresh { seconds, is_ours }) = refresh {
            let refresher = Some(if is_ours { Refresher::Uac } else { Refresher::Uas });
            headers.push(Name::SessionExpires, SessionExpires { seconds, refresher }.to_string());
            headers.push(Name::MinSe, self.config.least_session_interval_seconds.to_string());
        }
    }

    /// The refusal of a request that asks for an interval that is too short (RFC 4028 §6); none if it does not.
    pub(super) fn too_short(&self, request: &Request) -> Option<Response> {
        let least = self.config.least_session_interval_seconds;
        let asked = request.headers.session_expires().ok().flatten()?;
        // Whoever does not know the extension could not make it longer.
        let can_be_told = request.headers.lists(&Name::Supported, "timer");
        if asked.seconds >= least || !can_be_told {
            return None;
        }
        let mut response = request.stateless_reply(StatusCode::SESSION_INTERVAL_TOO_SMALL);
        response.headers.push(Name::MinSe, least.to_string());
        Some(response)
    }

    /// What our success says of refreshes (RFC 4028 §9): as the request asks, or by us if it does not ask.
    pub(super) fn promise_refreshes(&self, request: &Request, headers: &mut Headers) {
        let supports = request.headers.lists(&Name::Supported, SUPPORTED[1]);
        let asked = request.headers.session_expires().ok().flatten();
        let least = self.config.least_session_interval_seconds;
        let promised = match (asked, self.config.session_interval_seconds) {
            (Some(asked), _) => {
                let refresher = asked.refresher.filter(|_| supports);
                let otherwise = if supports { Refresher::Uac } else { Refresher::Uas };
                let seconds = asked.seconds.clamp(least, MOST_SECONDS);
                SessionExpires { seconds, refresher: Some(refresher.unwrap_or(otherwise)) }
            }
            (None, Some(seconds)) => {
                SessionExpires { seconds: seconds.max(least), refresher: Some(Refresher::Uas) }
            }
            (None, None) => return,
        };
        if promised.refresher == Some(Refresher::Uac) {
            headers.push(Name::Require, SUPPORTED[1]);
        }
        headers.push(Name::SessionExpires, promised.to_string());
    }

    /// Keeps what our success promises.
    pub(super) fn keep_refreshes(&mut self, now: Moment, id: SessionId, promised: &Headers) {
        let promised = promised.session_expires().ok().flatten();
        let refresh = promised.map(|promised| Refresh {
            seconds: promised.seconds,
            is_ours: promised.refresher == Some(Refresher::Uas),
        });
        self.set_refresh(now, id, refresh);
    }

    /// Keeps what the other side's success says. One that names no refresher still runs: then it is us, who asked.
    pub(super) fn learn_refreshes(&mut self, now: Moment, id: SessionId, response: &Response) {
        let said = response.headers.session_expires().ok().flatten();
        let refresh = said.map(|said| Refresh {
            seconds: said.seconds.clamp(self.config.least_session_interval_seconds, MOST_SECONDS),
            is_ours: said.refresher != Some(Refresher::Uas),
        });
        self.set_refresh(now, id, refresh);
    }

    fn set_refresh(&mut self, now: Moment, id: SessionId, refresh: Option<Refresh>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.refresh = refresh;
        self.timers.clear(id, Timer::Refresh);
        self.timers.clear(id, Timer::Expire);
        let Some(Refresh { seconds, is_ours }) = refresh else { return };
        // RFC 4028 §10: before the expiration by a third of the interval, 32 seconds at the most.
        let early = (seconds / 3).min(32);
        self.timers.set(id, Timer::Expire, now + Duration::from_secs(u64::from(seconds - early)));
        if is_ours {
            self.timers.set(id, Timer::Refresh, now + Duration::from_secs(u64::from(seconds / 2)));
        }
    }

    /// Refreshes: by UPDATE without a body if the other side allows it, else by our last description once more.
    pub(super) fn refresh(&mut self, now: Moment, id: SessionId) {
        let Some(session) = self.sessions.get(&id) else { return };
        let is_busy = session.change.is_some()
            || session.asked.is_some()
            || session.unacknowledged.is_some()
            || session.owes_answer.is_some();
        if is_busy {
            self.timers.set(id, Timer::Refresh, now + WAIT);
        } else if session.remote_allows_update {
            self.begin_change(now, id, Method::Update, None, true);
        } else if let Some(body) = session.local_body.clone() {
            self.begin_change(now, id, Method::Invite, Some(body), true);
        }
    }

    /// Nobody has refreshed.
    pub(super) fn expire(&mut self, now: Moment, id: SessionId) {
        self.hang_up_now(now, id, Cause::Expired);
    }

    /// The request once more with the interval that a 422 asks for (RFC 4028 §7.3); none if that is not longer.
    pub(super) fn with_longer_interval(
        &mut self,
        client: ClientId,
        response: &Response,
    ) -> Option<(Request, Peer)> {
        let least = response.headers.number(&Name::MinSe)?;
        let sent = self.sent.get(&client)?;
        let asked = sent.request.headers.session_expires().ok().flatten()?;
        if least <= asked.seconds || least > MOST_SECONDS {
            return None;
        }
        let (mut request, peer, id) = (sent.request.clone(), sent.peer, sent.session);
        request.essentials.cseq.number = self.sessions.get_mut(&id)?.next_number();
        let longer = SessionExpires { seconds: least, ..asked };
        request.headers.set(Name::SessionExpires, longer.to_string());
        request.headers.set(Name::MinSe, least.to_string());
        Some((request, peer))
    }
}
