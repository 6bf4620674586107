//! Challenges of others: answered twice at the most for one request (RFC 3261 §22).

use super::Agent;
use crate::{
    auth::{Challenge, answer},
    message::{Name, Request, Response},
    transaction::ClientId,
    transport::Peer,
};

/// How often one request is sent with credentials: a second realm may ask, or a nonce be stale.
const MOST_ATTEMPTS: u8 = 2;

impl Agent {
    /// The request once more, with all credentials that were asked for, under its next number; none if it is not to be sent again: it was no
    /// challenge, we have no login, the login was refused, or it was tried twice.
    pub(super) fn answer_challenge(
        &mut self,
        client: ClientId,
        response: &Response,
    ) -> Option<(Request, Peer)> {
        if !matches!(response.status.code(), 401 | 407) {
            return None;
        }
        let sent = self.sent.get_mut(&client).filter(|sent| sent.attempts < MOST_ATTEMPTS)?;
        let session = self.sessions.get_mut(&sent.session)?;
        for new in Challenge::all(response).ok()? {
            let is_same = |known: &Challenge| (&known.realm, known.is_proxys) == (&new.realm, new.is_proxys);
            match sent.challenges.iter_mut().find(|known| is_same(known)) {
                // The login was not what the nonce lacked.
                Some(_) if !new.is_stale => return None,
                Some(known) => *known = new,
                None => sent.challenges.push(new),
            }
        }
        sent.attempts += 1;
        let mut request = sent.request.clone();
        request.essentials.cseq.number = session.next_number();
        request.headers.remove(&Name::Authorization);
        request.headers.remove(&Name::ProxyAuthorization);
        let uri = request.uri.to_string();
        for challenge in &sent.challenges {
            let is_for =
                |realm: &Option<String>| realm.as_ref().is_none_or(|realm| *realm == challenge.realm);
            let (_, login) = session.logins.iter().find(|(realm, _)| is_for(realm))?;
            let count = session.nonces.entry(challenge.nonce.clone()).or_default();
            *count += 1;
            let cnonce = self.chance.word();
            answer(&mut request.headers, challenge, login, request.method.as_str(), &uri, *count, &cnonce);
        }
        Some((request, sent.peer))
    }
}
