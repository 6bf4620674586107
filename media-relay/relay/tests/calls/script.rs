//! SIPp's scenarios from lines: `> INVITE` sends, `< 180` waits for, `< 180?` takes if it comes, `wait 500` waits so many milliseconds. What stands
//! behind a request's or response's first word is added: `+Name: value` a header, `sdp` a description, `sendonly` one on hold, `~text` a pattern
//! that what comes must hold. `< ACK=` keeps the addresses for a request of the buyer's own.

use std::fmt::Write;

const VIA: &str = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=";

/// What the caller's requests have in common.
const CALLERS: &str = "From: <sip:+12145550123@[local_ip]>;tag=[pid][call_number]\nCall-ID: [call_id]\nMax-Forwards: 70\n\
                       Contact: <sip:caller@[local_ip]:[local_port];transport=[transport]>\n";

/// A scenario of the caller's side.
pub(crate) fn caller(lines: &[&str]) -> String {
    scenario(lines, &|word, number| match word {
        "INVITE" if number == 1 => {
            format!("INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n{VIA}z9hG4bK[pid]x[call_number]\nTo: <sip:[service]@[remote_ip]:[remote_port]>\n{CALLERS}CSeq: 1 INVITE\n")
        }
        // Of the INVITE's own transaction.
        "CANCEL" | "ACK!" => {
            let method = word.trim_end_matches('!');
            let to = if method == "ACK" { "[last_To:]" } else { "To: <sip:[service]@[remote_ip]:[remote_port]>" };
            format!("{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n{VIA}z9hG4bK[pid]x[call_number]\n{to}\n{CALLERS}CSeq: 1 {method}\n")
        }
        "ACK" => format!("ACK [next_url] SIP/2.0\n{VIA}[branch]\n[peer_tag_to]\n{CALLERS}CSeq: {number} ACK\n"),
        word if is_response(word) => response(word),
        method => format!("{method} [next_url] SIP/2.0\n{VIA}[branch]\n[peer_tag_to]\n{CALLERS}CSeq: {number} {method}\n"),
    })
    .replace("[peer_tag_to]", "To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]")
}

/// A scenario of the buyer's side.
pub(crate) fn buyer(lines: &[&str]) -> String {
    scenario(lines, &|word, number| match word {
        word if is_response(word) => response(word),
        // By the addresses of the ACK, the other way round.
        method => format!(
            "{method} [next_url] SIP/2.0\n{VIA}[branch]\nFrom:[$3]\nTo:[$2]\nCall-ID: [call_id]\nMax-Forwards: 70\nCSeq: {number} {method}\n"
        ),
    })
}

/// Whether a word is a response: `200`, `200=` to a request that has our tag already, `487/INVITE` to the INVITE though something else came since.
fn is_response(word: &str) -> bool {
    word.split(['=', '/']).next().is_some_and(|status| status.parse::<u16>().is_ok())
}

fn response(word: &str) -> String {
    let status = word.split(['=', '/']).next().unwrap_or(word);
    let tag = if word.ends_with('=') { "" } else { ";tag=b[pid]" };
    let cseq = if word.contains("/INVITE") { "CSeq: 1 INVITE" } else { "[last_CSeq:]" };
    format!(
        "SIP/2.0 {status} Said\n[last_Via:]\n[last_From:]\n[last_To:]{tag}\n[last_Call-ID:]\n{cseq}\n\
         Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>\n"
    )
}

fn scenario(lines: &[&str], template: &dyn Fn(&str, u32) -> String) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"ours\">\n".to_owned();
    let mut number = 0;
    for line in lines {
        let mut words = line.split(' ');
        match (words.next(), words.next()) {
            (Some(">"), Some(word)) => {
                if !word.ends_with('!') && !["ACK", "CANCEL"].contains(&word) && !is_response(word) {
                    number += 1;
                }
                let rest = line.splitn(3, ' ').nth(2).unwrap_or_default();
                xml += &send(&template(word, number), word, rest);
            }
            (Some("<"), Some(word)) => {
                xml += &receive(word, line.split_once('~').map(|(_, pattern)| pattern));
            }
            (Some("wait"), Some(milliseconds)) => {
                let _ = writeln!(xml, "<pause milliseconds=\"{milliseconds}\"/>");
            }
            _ => unreachable!("{line}"),
        }
    }
    xml + "</scenario>\n"
}

fn send(head: &str, word: &str, rest: &str) -> String {
    let is_request = !is_response(word) && !word.starts_with("ACK");
    let mut text = head.to_owned();
    if rest.contains("+Max-Forwards") {
        text = text.replace("Max-Forwards: 70\n", "");
    }
    let headers = rest.split('+').skip(1).map(|header| header.trim_end_matches(" sdp").trim());
    for header in headers {
        let _ = writeln!(text, "{header}");
    }
    let direction = if rest.contains("sendonly") { "a=sendonly\n" } else { "" };
    if rest.contains("sdp") || rest.contains("sendonly") {
        let _ = write!(
            text,
            "Content-Type: application/sdp\nContent-Length: [len]\n\nv=0\no=u 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [local_ip]\nt=0 0\n\
             m=audio 16000 RTP/AVP 0 101\na=rtpmap:0 PCMU/8000\na=rtpmap:101 telephone-event/8000\n{direction}"
        );
    } else {
        text += "Content-Length: 0\n\n";
    }
    let again = if is_request { " retrans=\"500\"" } else { "" };
    format!("<send{again}><![CDATA[\n{text}\n]]></send>\n")
}

/// Keeps From and To for a request of our own.
const CAPTURE: &str = "<action><ereg regexp=\".*\" search_in=\"hdr\" header=\"From:\" assign_to=\"2\"/>\
                       <ereg regexp=\".*\" search_in=\"hdr\" header=\"To:\" assign_to=\"3\"/></action>";

fn receive(word: &str, pattern: Option<&str>) -> String {
    let (word, optional) = match word.strip_suffix('?') {
        Some(word) => (word, " optional=\"true\""),
        None => (word, ""),
    };
    let (word, captured) = match word.strip_suffix('=') {
        Some(word) => (word, CAPTURE),
        None => (word, ""),
    };
    let kind = if word.parse::<u16>().is_ok() { "response" } else { "request" };
    let check = pattern.map_or(String::new(), |pattern| {
        format!("<action><ereg regexp=\"{pattern}\" search_in=\"msg\" check_it=\"true\" assign_to=\"1\"/></action>")
    });
    let used = if check.is_empty() { "" } else { "<Reference variables=\"1\"/>\n" };
    format!("<recv {kind}=\"{word}\" rrs=\"true\"{optional}>{check}{captured}</recv>\n{used}")
}
