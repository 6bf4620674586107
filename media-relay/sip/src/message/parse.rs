//! From a lexed message to a sound one, or to the answer that it gets.

use bytes::Bytes;

use super::{
    Essentials, Headers, Message, Name, Problem, Request, Response,
    build::{bare_answer, to_with_tag},
    lex::{Lexed, lex},
    scan::number,
    typed::{
        address::Address,
        cseq::CSeq,
        method::{Method, StatusCode},
        uri::Uri,
        via::Via,
    },
};

/// Bytes that are no sound message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Malformed {
    /// What is wrong.
    pub problem: Problem,
    /// The bytes of the response to send to where the message came from; none if it is to be dropped: a response, an ACK, or a request
    /// whose way back is not known.
    pub answer: Option<Bytes>,
}

/// Headers that a request may have once at the most (RFC 3261 §7.3.1), besides the essential ones.
const ONCE: [Name; 12] = [
    Name::MaxForwards,
    Name::ContentType,
    Name::Expires,
    Name::MinExpires,
    Name::MinSe,
    Name::RAck,
    Name::ReferTo,
    Name::Replaces,
    Name::RSeq,
    Name::SessionExpires,
    Name::Event,
    Name::Date,
];

impl Message {
    /// Reads one whole message, as a datagram holds it: line ends may stand before it, and what stands behind the body is left out.
    ///
    /// # Errors
    /// The bytes are no sound message; the error has the answer, if one is due.
    pub fn parse(bytes: &Bytes) -> Result<Self, Malformed> {
        let lexed = lex(bytes);
        if is_status_line(&lexed.start_line) {
            return response(&lexed)
                .map(Self::Response)
                .map_err(|problem| Malformed { problem, answer: None });
        }
        request(&lexed)
            .map(Self::Request)
            .map_err(|problem| Malformed { answer: bare_answer(&lexed, &problem), problem })
    }
}

fn is_status_line(line: &[u8]) -> bool {
    line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/"))
}

fn request(lexed: &Lexed) -> Result<Request, Problem> {
    let (method, uri) = request_line(&lexed.start_line)?;
    if let Some(problem) = &lexed.problem {
        return Err(problem.clone());
    }
    let essentials = essentials(&lexed.headers)?;
    // A method that nobody knows is answered as such, whatever its CSeq says.
    if essentials.cseq.method != method && method.is_known() {
        return Err(Problem::of(&Name::CSeq, "its method is not the request's"));
    }
    let uri = uri.parse::<Uri>()?;
    if uri.as_sip().is_some_and(|uri| uri.headers.is_some()) {
        return Err(Problem::StartLine("the Request-URI has headers"));
    }
    let headers = &lexed.headers;
    if let Some(name) = ONCE.iter().find(|name| headers.raw(name).count() > 1) {
        return Err(Problem::Repeated(name.clone()));
    }
    for name in [Name::Contact, Name::Route, Name::RecordRoute] {
        let is_star = name == Name::Contact && headers.text(&name) == Some("*");
        if !is_star {
            headers.addresses(&name)?;
        }
    }
    check_rack(&method, headers)?;
    Ok(Request { method, uri, essentials, headers: others(headers), body: lexed.body.clone() })
}

fn check_rack(method: &Method, headers: &Headers) -> Result<(), Problem> {
    if *method != Method::Prack {
        return Ok(());
    }
    match headers.text(&Name::RAck) {
        None => Err(Problem::Missing(Name::RAck)),
        Some(text) => super::RAck::parse(text).map(drop).map_err(|reason| Problem::of(&Name::RAck, reason)),
    }
}

fn response(lexed: &Lexed) -> Result<Response, Problem> {
    let (status, reason) = status_line(&lexed.start_line)?;
    if let Some(problem) = &lexed.problem {
        return Err(problem.clone());
    }
    let essentials = essentials(&lexed.headers)?;
    Ok(Response { status, reason, essentials, headers: others(&lexed.headers), body: lexed.body.clone() })
}

/// `Method SP Request-URI SP SIP-Version`: one space each.
fn request_line(line: &[u8]) -> Result<(Method, &str), Problem> {
    let line = std::str::from_utf8(line).map_err(|_| Problem::StartLine("it is no UTF-8"))?;
    let mut parts = line.split(' ');
    let (Some(method), Some(uri), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Problem::StartLine(
            "it is not a method, a URI and a version with one space between them",
        ));
    };
    let method = Method::parse(method).ok_or(Problem::StartLine("the method is no token"))?;
    let is_sip = version.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SIP/"));
    match &version.get(4..) {
        Some("2.0") if is_sip => Ok((method, uri)),
        Some(_) if is_sip => Err(Problem::Version),
        _ => Err(Problem::StartLine("it does not end in SIP/2.0")),
    }
}

/// `SIP-Version SP Status-Code SP Reason-Phrase`; the phrase may be empty.
fn status_line(line: &[u8]) -> Result<(StatusCode, String), Problem> {
    if line.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
        return Err(Problem::StartLine("a line end stands within it"));
    }
    let line = String::from_utf8_lossy(line);
    let (version, rest) = line.split_once(' ').ok_or(Problem::StartLine("the status is missing"))?;
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        return Err(Problem::Version);
    }
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let code = Some(code).filter(|code| code.len() == 3).and_then(number);
    let status = code.and_then(StatusCode::new);
    Ok((status.ok_or(Problem::StartLine("the status is not 100 to 699"))?, reason.to_owned()))
}

fn vias(headers: &Headers) -> Result<Vec<Via>, Problem> {
    let vias = headers.values(&Name::Via)?;
    vias.into_iter().map(|via| Via::parse(via).map_err(|reason| Problem::of(&Name::Via, reason))).collect()
}

fn essentials(headers: &Headers) -> Result<Essentials, Problem> {
    let via = vias(headers)?;
    if via.is_empty() {
        return Err(Problem::Missing(Name::Via));
    }
    let address =
        |name: Name| Address::parse(only(headers, &name)?).map_err(|reason| Problem::of(&name, reason));
    let call_id = only(headers, &Name::CallId)?;
    if call_id.is_empty() || call_id.chars().any(|each| each.is_whitespace() || each.is_control()) {
        return Err(Problem::of(&Name::CallId, "it is not one word"));
    }
    let cseq = CSeq::parse(only(headers, &Name::CSeq)?);
    Ok(Essentials {
        via,
        from: address(Name::From)?,
        to: address(Name::To)?,
        call_id: call_id.to_owned(),
        cseq: cseq.map_err(|reason| Problem::of(&Name::CSeq, reason))?,
    })
}

/// The text of a header that stands exactly once.
fn only<'a>(headers: &'a Headers, name: &Name) -> Result<&'a str, Problem> {
    let mut values = headers.raw(name);
    let value = values.next().ok_or(Problem::Missing(name.clone()))?;
    if values.next().is_some() {
        return Err(Problem::Repeated(name.clone()));
    }
    std::str::from_utf8(value).map(str::trim).map_err(|_| Problem::of(name, "it is no UTF-8"))
}

/// The headers that have no place of their own in a message.
fn others(headers: &Headers) -> Headers {
    let mut others = Headers::default();
    for (name, value) in headers.iter() {
        let has_place = matches!(
            name,
            Name::Via | Name::From | Name::To | Name::CallId | Name::CSeq | Name::ContentLength
        );
        if !has_place {
            others.push(name.clone(), value.clone());
        }
    }
    others
}

impl Request {
    /// The response with that status, its phrase, and what every response repeats. A tag is added to To if it has none and the
    /// status is not 100; give [`Request::reply`] one where a dialog may come of it.
    pub fn stateless_reply(&self, status: StatusCode) -> Response {
        self.reply(status, &super::stateless_tag(&self.essentials))
    }

    /// The response with that status, its phrase, and what every response repeats; under that tag if To has none.
    pub fn reply(&self, status: StatusCode, tag: &str) -> Response {
        let mut essentials = self.essentials.clone();
        if status != StatusCode::TRYING {
            essentials.to = to_with_tag(&essentials.to, tag);
        }
        let mut headers = Headers::default();
        // RFC 3261 §8.2.6.1: the time stamp goes back, for whoever measures.
        if let (StatusCode::TRYING, Some(timestamp)) = (status, self.headers.raw(&Name::Timestamp).next()) {
            headers.push(Name::Timestamp, timestamp.clone());
        }
        Response { status, reason: status.phrase().to_owned(), essentials, headers, body: Bytes::new() }
    }
}
