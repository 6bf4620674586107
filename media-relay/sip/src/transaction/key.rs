//! How a message finds its transaction (RFC 3261 §17.1.3 and §17.2.3).

use crate::message::{Essentials, Method, Request, Via};

/// What a response names its client transaction by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClientKey {
    branch: String,
    method: String,
}

impl ClientKey {
    pub(super) fn new(branch: &str, method: &Method) -> Self {
        Self { branch: branch.to_owned(), method: method.as_str().to_owned() }
    }
}

/// What a request names its server transaction by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ServerKey {
    /// By the branch, and by who sent it: branches of two senders may be the same.
    Branch { branch: String, sent_by: String, method: String },
    /// From a sender of RFC 2543's time, by all that stays the same in its copies.
    Old { uri: String, from_tag: String, call_id: String, number: u32, via: String, method: String },
}

impl ServerKey {
    /// The key of a request's own transaction; an ACK and a CANCEL give that of their INVITE under the method INVITE.
    pub(super) fn new(request: &Request, via: &Via, method: &Method) -> Self {
        let method = method.as_str().to_owned();
        match via.unique_branch() {
            Some(branch) => Self::Branch { branch: branch.to_owned(), sent_by: sent_by(via), method },
            None => Self::Old {
                uri: request.uri.to_string(),
                from_tag: request.essentials.from.tag().unwrap_or_default().to_owned(),
                call_id: request.essentials.call_id.clone(),
                number: request.essentials.cseq.number,
                via: via.to_string(),
                method,
            },
        }
    }
}

fn sent_by(via: &Via) -> String {
    format!("{}:{}", via.host, via.port.unwrap_or_default())
}

/// What two copies of one request share that came by different ways (RFC 3261 §8.2.2.2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MergeKey {
    call_id: String,
    from_tag: String,
    number: u32,
    method: String,
}

impl MergeKey {
    /// None for a request within a dialog, and for those that belong to another request.
    pub(super) fn new(essentials: &Essentials) -> Option<Self> {
        let is_own = !matches!(essentials.cseq.method, Method::Ack | Method::Cancel);
        let from_tag = essentials.from.tag().filter(|_| is_own && essentials.to.tag().is_none())?;
        Some(Self {
            call_id: essentials.call_id.clone(),
            from_tag: from_tag.to_owned(),
            number: essentials.cseq.number,
            method: essentials.cseq.method.as_str().to_owned(),
        })
    }
}
