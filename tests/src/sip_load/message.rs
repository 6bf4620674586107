//! As much of SIP as a load needs: what comes is the relay's, which writes each header on a line and by its long name.

use std::{fmt::Write, net::SocketAddr};

/// A header's value; the first one of that name.
pub(super) fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = message.split("\r\n").skip(1).take_while(|line| !line.is_empty());
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
}

/// The number of a call, which is in its caller's.
pub(super) fn call_of(message: &str, name: &str) -> Option<usize> {
    number_in(header(message, name)?)
}

/// The number of a call in a caller's number: `+1214` and seven digits.
pub(super) fn number_in(text: &str) -> Option<usize> {
    text.split("+1214").nth(1)?.get(..7)?.parse().ok()
}

/// The user of a call's From.
pub(super) fn user_of(call: usize) -> String {
    format!("+1214{call:07}")
}

/// A response by the request that it answers.
pub(super) fn response(request: &str, status: &str, contact: SocketAddr, body: &str) -> String {
    let mut text = format!("SIP/2.0 {status}\r\n");
    for line in request.split("\r\n").skip(1).take_while(|line| !line.is_empty()) {
        let is_copied =
            ["Via:", "From:", "Call-ID:", "CSeq:", "Record-Route:"].iter().any(|name| line.starts_with(name));
        if is_copied {
            let _ = write!(text, "{line}\r\n");
        } else if line.starts_with("To:") {
            let tag = if line.contains(";tag=") { "" } else { ";tag=d" };
            let _ = write!(text, "{line}{tag}\r\n");
        }
    }
    finish(text, contact, body)
}

/// The end of a message.
pub(super) fn finish(mut text: String, contact: SocketAddr, body: &str) -> String {
    let _ = write!(text, "Contact: <sip:{contact}>\r\n");
    if !body.is_empty() {
        text.push_str("Content-Type: application/sdp\r\n");
    }
    let _ = write!(text, "Content-Length: {}\r\n\r\n{body}", body.len());
    text
}

/// An offer or an answer: nobody says anything.
pub(super) fn sdp() -> &'static str {
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0 101\r\n\
     a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_answers_its_request() {
        let request = "BYE sip:d SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:+12140000042@a>;tag=1\r\nTo: <sip:b>;tag=2\r\n\
                       Call-ID: x\r\nCSeq: 2 BYE\r\nMax-Forwards: 70\r\n\r\nFrom: body";
        let text = response(request, "200 OK", ([127, 0, 0, 1], 5_060).into(), "");
        assert_eq!(
            text,
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:+12140000042@a>;tag=1\r\nTo: <sip:b>;tag=2\r\n\
             Call-ID: x\r\nCSeq: 2 BYE\r\nContact: <sip:127.0.0.1:5060>\r\nContent-Length: 0\r\n\r\n"
        );
        assert_eq!((call_of(request, "From"), call_of(request, "To")), (Some(42), None));
        assert_eq!(number_in(&user_of(123)), Some(123));
    }
}
