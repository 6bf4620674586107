//! Messages that are made from others: answers, ACK, CANCEL.

use bytes::{Bytes, BytesMut};
use sha2::{Digest, Sha256};

use super::{
    Essentials, Headers, Method, Name, Problem, Request, Response,
    lex::Lexed,
    typed::{address::Address, cseq::CSeq},
    write::{write_header, write_length},
};

/// The answer to a request that is not sound, made of what it has. None if nothing can or may be sent.
pub(super) fn bare_answer(lexed: &Lexed, problem: &Problem) -> Option<Bytes> {
    let method = lexed.start_line.split(|byte| *byte == b' ').next().unwrap_or_default();
    let cseq = lexed.headers.text(&Name::CSeq).unwrap_or_default();
    if method == b"ACK" || cseq.ends_with("ACK") || method.is_empty() {
        return None;
    }
    if !lexed.headers.has(&Name::Via) {
        return None;
    }
    let mut bytes = BytesMut::new();
    let status = problem.status();
    bytes.extend_from_slice(format!("SIP/2.0 {status} {} ({problem})\r\n", status.phrase()).as_bytes());
    for (name, value) in lexed.headers.iter() {
        if matches!(name, Name::Via | Name::From | Name::CallId | Name::CSeq) {
            write_header(&mut bytes, name, value);
        }
    }
    if let Some(to) = lexed.headers.raw(&Name::To).next() {
        let tagged = std::str::from_utf8(to).ok().and_then(|to| Address::parse(to).ok());
        let tag = digest_of(&lexed.start_line, to);
        let tagged = tagged.map(|to| to_with_tag(&to, &tag).to_string());
        write_header(&mut bytes, &Name::To, tagged.as_ref().map_or(to, |to| to.as_bytes()));
    }
    write_length(&mut bytes, 0);
    Some(bytes.freeze())
}

/// To under that tag, unless it has one.
pub(super) fn to_with_tag(to: &Address, tag: &str) -> Address {
    match to.tag() {
        Some(_) => to.clone(),
        None => to.clone().with_tag(tag),
    }
}

fn digest_of(one: &[u8], other: &[u8]) -> String {
    let digest = Sha256::new().chain_update(one).chain_update([0]).chain_update(other).finalize();
    hex::encode(&digest[..8])
}

/// A tag that is the same for every copy of a request, for answers that nothing is kept of (RFC 3261 §8.2.7).
pub fn stateless_tag(essentials: &Essentials) -> String {
    let branch = essentials.top_via().and_then(|via| via.branch()).unwrap_or_default();
    digest_of(essentials.call_id.as_bytes(), format!("{branch} {}", essentials.cseq).as_bytes())
}

impl Request {
    /// The ACK for a final response that is no success (RFC 3261 §17.1.1.3): the INVITE's hop, the response's To, the INVITE's Route.
    #[must_use]
    pub fn ack_of_failure(&self, response: &Response) -> Self {
        let mut ack = self.same_hop(Method::Ack);
        ack.essentials.to = response.essentials.to.clone();
        ack
    }

    /// The CANCEL of this request (RFC 3261 §9.1).
    #[must_use]
    pub fn cancel(&self) -> Self {
        self.same_hop(Method::Cancel)
    }

    /// A request that belongs to this one's transaction at the next hop: same branch, same number, same Route.
    fn same_hop(&self, method: Method) -> Self {
        let mut headers = Headers::default().with(Name::MaxForwards, Bytes::from_static(b"70"));
        for route in self.headers.raw(&Name::Route) {
            headers.push(Name::Route, route.clone());
        }
        let essentials = Essentials {
            via: self.essentials.via.first().cloned().into_iter().collect(),
            cseq: CSeq { number: self.essentials.cseq.number, method: method.clone() },
            ..self.essentials.clone()
        };
        Self { method, uri: self.uri.clone(), essentials, headers, body: Bytes::new() }
    }
}
