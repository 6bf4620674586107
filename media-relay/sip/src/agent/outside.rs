//! Requests, sorted: what we do not do is answered as RFC 3261 §8.2 says, before anything is kept.

use super::{ALLOW, Agent, SUPPORTED, came_by};
use crate::{
    Moment,
    message::{Method, Name, Request, Response, StatusCode, Uri},
    transaction::ServerId,
    transport::Peer,
};

impl Agent {
    pub(super) fn on_request(&mut self, now: Moment, server: ServerId, request: Request, from: Peer) {
        if let Some(refusal) = self.inspect(&request) {
            self.reply(now, server, &refusal);
        } else if request.essentials.to.tag().is_some() {
            self.on_request_within(now, server, request, from);
        } else if request.method == Method::Invite {
            self.on_invite(now, server, request, from);
        } else {
            let response = match request.method {
                Method::Options => self.capabilities(&request),
                _ => request.stateless_reply(StatusCode::NO_SUCH_CALL),
            };
            self.reply(now, server, &response);
        }
    }

    /// The refusal of a request that we could do nothing with; none if we can.
    fn inspect(&self, request: &Request) -> Option<Response> {
        let refuse = |status: StatusCode, name: Name, value: String| {
            let mut response = request.stateless_reply(status);
            response.headers.push(name, value);
            Some(response)
        };
        if !is_allowed(&request.method) {
            // REFER would have us call whom a stranger names.
            return match request.method {
                Method::Refer => Some(request.stateless_reply(StatusCode::DECLINE)),
                Method::Other(_) => refuse(StatusCode::NOT_IMPLEMENTED, Name::Allow, ALLOW.to_owned()),
                _ => refuse(StatusCode::METHOD_NOT_ALLOWED, Name::Allow, ALLOW.to_owned()),
            };
        }
        if let Uri::Other { scheme, .. } = &request.uri
            && scheme != "tel"
        {
            return Some(request.stateless_reply(StatusCode::UNSUPPORTED_URI_SCHEME));
        }
        let required = request.headers.values(&Name::Require).unwrap_or_default();
        let is_foreign = |option: &&str| !SUPPORTED.iter().any(|known| known.eq_ignore_ascii_case(option));
        let foreign: Vec<_> = required.into_iter().filter(is_foreign).collect();
        if !foreign.is_empty() {
            return refuse(StatusCode::BAD_EXTENSION, Name::Unsupported, foreign.join(", "));
        }
        if !self.is_body_understood(request) {
            return refuse(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                Name::Accept,
                self.config.accepted_types.join(", "),
            );
        }
        (request.method == Method::Invite && !self.is_answer_acceptable(request))
            .then(|| request.stateless_reply(StatusCode::NOT_ACCEPTABLE))
    }

    /// INFO may hold anything: what it says is no matter of ours.
    fn is_body_understood(&self, request: &Request) -> bool {
        let is_for_us = matches!(request.method, Method::Invite | Method::Update | Method::Prack);
        let optional = request
            .headers
            .text(&Name::ContentDisposition)
            .is_some_and(|disposition| disposition.to_ascii_lowercase().contains("handling=optional"));
        let Some(kind) =
            request.headers.text(&Name::ContentType).filter(|_| is_for_us && !request.body.is_empty())
        else {
            return true;
        };
        optional || self.accepts(kind)
    }

    fn accepts(&self, kind: &str) -> bool {
        let kind = kind.split(';').next().unwrap_or(kind).trim();
        self.config.accepted_types.iter().any(|accepted| accepted.eq_ignore_ascii_case(kind))
    }

    /// Whether the caller takes a body of a type that we can send.
    fn is_answer_acceptable(&self, request: &Request) -> bool {
        let Ok(ranges) = request.headers.values(&Name::Accept) else { return true };
        ranges.is_empty()
            || ranges.iter().any(|range| {
                let range = range.split(';').next().unwrap_or(range).trim().to_ascii_lowercase();
                let fits = |accepted: &String| match range.strip_suffix("/*") {
                    Some("*") => true,
                    Some(family) => accepted.split('/').next() == Some(family),
                    None => *accepted == range,
                };
                self.config.accepted_types.iter().any(fits)
            })
    }

    /// The answer to OPTIONS (RFC 3261 §11.2).
    pub(super) fn capabilities(&self, request: &Request) -> Response {
        let mut response = request.stateless_reply(StatusCode::OK);
        self.describe(&mut response.headers, came_by(request));
        self.sign(&mut response.headers, Name::Server);
        response.headers.push(Name::Accept, self.config.accepted_types.join(", "));
        response
    }
}

fn is_allowed(method: &Method) -> bool {
    ALLOW.split(", ").any(|allowed| allowed == method.as_str())
}
