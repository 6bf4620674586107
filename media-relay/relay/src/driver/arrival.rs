//! What an INVITE says of its caller.

use std::net::IpAddr;

use ringfall_control::{
    notice::{Arrival, Attestation},
    text::Id,
};
use ringfall_sip::message::{Name, Request, Uri};

/// How long a part may be.
const MOST_CHARACTERS: usize = 64;

/// The number, or whatever stands for it, that was dialled; none if the Request-URI names nobody.
pub(super) fn dialled(request: &Request) -> Option<String> {
    user(&request.uri).filter(|user| !user.is_empty())
}

/// An INVITE as the platform is told of it.
pub(super) fn arrival(request: &Request, trunk: Id, source_address: IpAddr) -> Arrival {
    let from = &request.essentials.from.uri;
    Arrival {
        from: user(from).or_else(|| host(from)).unwrap_or_default(),
        to: dialled(request).unwrap_or_default(),
        trunk,
        source_address,
        privacy: wants_privacy(request),
        p_asserted_identity: first_user(request, &Name::PAssertedIdentity),
        diversion: first_user(request, &Name::Diversion).or_else(|| first_user(request, &Name::HistoryInfo)),
        attestation: attestation(request),
    }
}

fn user(uri: &Uri) -> Option<String> {
    let user = match uri {
        Uri::Sip(uri) => uri.user_name()?,
        Uri::Other { scheme, rest } if scheme == "tel" => rest.split(';').next()?.to_owned(),
        Uri::Other { .. } => return None,
    };
    // Separators that people write into numbers.
    let is_number = user.trim_start_matches('+').chars().all(|each| "0123456789-.() ".contains(each));
    let kept = |each: &char| !is_number || each.is_ascii_digit() || *each == '+';
    Some(user.chars().filter(kept).take(MOST_CHARACTERS).collect())
}

fn host(uri: &Uri) -> Option<String> {
    uri.as_sip().map(|uri| uri.host.to_string().chars().take(MOST_CHARACTERS).collect())
}

fn first_user(request: &Request, name: &Name) -> Option<String> {
    let addresses = request.headers.addresses(name).ok()?;
    addresses.iter().find_map(|address| user(&address.uri)).filter(|user| !user.is_empty())
}

/// RFC 3323 and RFC 3325; and who writes no Privacy but hides all the same.
fn wants_privacy(request: &Request) -> bool {
    let values = request.headers.values(&Name::Privacy).unwrap_or_default();
    let mut words = values.iter().flat_map(|value| value.split(';'));
    words.any(|word| ["id", "user"].contains(&word.trim().to_ascii_lowercase().as_str()))
        || host(&request.essentials.from.uri).as_deref() == Some("anonymous.invalid")
}

/// The `verstat` of the asserted identity or of From (TS 24.229 §7.2A.20), and the indicator that some carriers add.
fn attestation(request: &Request) -> Option<Attestation> {
    let asserted = request.headers.addresses(&Name::PAssertedIdentity).unwrap_or_default();
    let uris = asserted.iter().map(|address| &address.uri).chain([&request.essentials.from.uri]);
    let verstat = uris.filter_map(|uri| verstat(&uri.to_string())).next();
    if verstat.as_deref().is_some_and(|verstat| verstat.starts_with("tn-validation-failed")) {
        return Some(Attestation::Failed);
    }
    let indicator = Name::parse("P-Attestation-Indicator");
    let indicator = indicator.and_then(|name| request.headers.text(&name).map(str::to_owned));
    let suffix = verstat.as_deref().and_then(|verstat| verstat.strip_prefix("tn-validation-passed-"));
    let letter = indicator.or_else(|| suffix.map(str::to_owned))?;
    match letter.trim().chars().next()?.to_ascii_uppercase() {
        'A' => Some(Attestation::A),
        'B' => Some(Attestation::B),
        'C' => Some(Attestation::C),
        _ => None,
    }
}

fn verstat(uri: &str) -> Option<String> {
    let lower = uri.to_ascii_lowercase();
    let (_, rest) = lower.split_once("verstat=")?;
    Some(rest.split([';', '@', '>', '?']).next().unwrap_or(rest).to_owned())
}

#[cfg(test)]
mod tests {
    use ringfall_sip::message::Message;

    use super::*;

    fn read(uri: &str, from: &str, more: &str) -> Arrival {
        let text = format!(
            "INVITE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nFrom: {from};tag=1\r\nTo: <sip:b@h>\r\n\
             Call-ID: x\r\nCSeq: 1 INVITE\r\n{more}\r\n"
        );
        match Message::parse(&text.into()) {
            Ok(Message::Request(request)) => {
                arrival(&request, "con_1".parse().expect("an id"), IpAddr::from([192, 0, 2, 9]))
            }
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn numbers_are_told_without_what_goes_with_them() {
        for (uri, from, expected) in [
            ("sip:+18005550111@192.0.2.1", "<sip:+12145550100@c>", ("+12145550100", "+18005550111")),
            ("sip:18005550111;npdi@h", "\"A B\" <sip:2145550100:x@c>", ("2145550100", "18005550111")),
            (
                "tel:+1-800-555-0111;phone-context=x",
                "<tel:+1(214)555.0100>",
                ("+12145550100", "+18005550111"),
            ),
            ("sip:sales@h", "<sip:carrier.example.com>", ("carrier.example.com", "sales")),
        ] {
            let arrival = read(uri, from, "");
            assert_eq!((arrival.from.as_str(), arrival.to.as_str()), expected, "{uri}");
        }
    }

    #[test]
    fn what_the_trunk_adds_is_handed_on() {
        let more = "P-Asserted-Identity: <sip:+12145550100;verstat=TN-Validation-Passed@c;user=phone>\r\n\
                    P-Attestation-Indicator: B\r\nPrivacy: id;critical\r\n\
                    Diversion: <sip:+18005550122@c>;reason=unconditional\r\n";
        let arrival = read("sip:+18005550111@h", "\"Anonymous\" <sip:anonymous@anonymous.invalid>", more);
        assert!(arrival.privacy);
        assert_eq!(arrival.p_asserted_identity.as_deref(), Some("+12145550100"));
        assert_eq!(arrival.diversion.as_deref(), Some("+18005550122"));
        assert_eq!(arrival.attestation, Some(Attestation::B));
        let failed = "P-Asserted-Identity: <tel:+12145550100;verstat=TN-Validation-Failed>\r\nP-Attestation-Indicator: A\r\n";
        assert_eq!(read("sip:b@h", "<sip:a@c>", failed).attestation, Some(Attestation::Failed));
        let plain = read("sip:b@h", "<sip:a@c>", "History-Info: <sip:+18005550133@c>;index=1\r\n");
        assert_eq!((plain.privacy, plain.attestation), (false, None));
        assert_eq!(plain.diversion.as_deref(), Some("+18005550133"));
    }
}
