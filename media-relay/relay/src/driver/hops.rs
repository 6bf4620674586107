//! What a call of ours keeps of the call for which it is made: how far it may still go, and who vouches for its number; and calls that go round.

use std::collections::HashMap;

use ringfall_sip::message::{Headers, Name, Request};

/// Hops of a request that says none (RFC 3261 §8.1.1.6).
const USUAL_HOPS: u32 = 70;

/// The most hops that are believed (RFC 3261 §20.22).
const MOST_HOPS: u32 = 255;

/// The most bytes of Identity that are carried on; more are dropped whole.
const MOST_IDENTITY_BYTES: usize = 16 << 10;

/// How many calls of one number to one other ring somebody over the trunk at the same time before another one is taken for the same call going
/// round. A carrier between has made a new call of each, so that nothing else tells.
pub(super) const MOST_ALIKE: usize = 5;

/// What calls that are made for another one say of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Carried {
    /// Max-Forwards as it came; none of a call that we place ourselves.
    hops: Option<u32>,
    /// The Identity headers as they came, and the Date that one in the compact form is checked with (RFC 8224 §4.1).
    identity: Headers,
}

impl Carried {
    /// Of an INVITE; with its Identity where the trunk wants it. None if it may go no further (RFC 7332 §5).
    pub(super) fn of(request: &Request, with_identity: bool) -> Option<Self> {
        let hops = request.headers.number(&Name::MaxForwards).unwrap_or(USUAL_HOPS).min(MOST_HOPS);
        let wanted = [Name::Identity, Name::Date];
        let has_identity = with_identity && request.headers.has(&Name::Identity);
        let names = wanted.iter().filter(|_| has_identity);
        let all = names.flat_map(|name| request.headers.raw(name).map(move |value| (name, value)));
        let identity =
            all.fold(Headers::default(), |headers, (name, value)| headers.with(name.clone(), value.clone()));
        let bytes: usize = identity.iter().map(|(_, value)| value.len()).sum();
        let identity = if bytes > MOST_IDENTITY_BYTES { Headers::default() } else { identity };
        (hops > 0).then_some(Self { hops: Some(hops), identity })
    }

    /// The headers of a call that is made for it; with the Identity where the number shown is the one that it vouches for.
    pub(super) fn headers(&self, with_identity: bool) -> Headers {
        let hops = self.hops.map_or(USUAL_HOPS, |hops| hops - 1);
        let mut headers = Headers::default().with(Name::MaxForwards, hops.to_string());
        if with_identity {
            headers.append(&self.identity);
        }
        headers
    }
}

/// How many live calls there are of one number to one other.
#[derive(Debug, Default)]
pub(super) struct Alike(HashMap<(String, String), usize>);

impl Alike {
    pub(super) fn add(&mut self, from: &str, to: &str) {
        *self.0.entry((from.to_owned(), to.to_owned())).or_default() += 1;
    }

    pub(super) fn remove(&mut self, from: &str, to: &str) {
        let pair = (from.to_owned(), to.to_owned());
        if let Some(count) = self.0.get_mut(&pair) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.0.remove(&pair);
            }
        }
    }

    pub(super) fn count(&self, from: &str, to: &str) -> usize {
        self.0.get(&(from.to_owned(), to.to_owned())).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use ringfall_sip::message::Message;

    use super::*;

    fn carried(more: &str, with_identity: bool) -> Option<Carried> {
        let text = format!(
            "INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nFrom: <sip:a@c>;tag=1\r\nTo: <sip:b@h>\r\n\
             Call-ID: x\r\nCSeq: 1 INVITE\r\n{more}\r\n"
        );
        match Message::parse(&text.into()) {
            Ok(Message::Request(request)) => Carried::of(&request, with_identity),
            other => unreachable!("{other:?}"),
        }
    }

    fn told(more: &str, wanted: bool, shown: bool) -> String {
        let headers = carried(more, wanted).expect("it may go on").headers(shown);
        let line =
            |(name, value): (&Name, &bytes::Bytes)| format!("{name}: {}", String::from_utf8_lossy(value));
        headers.iter().map(line).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_call_goes_on_for_one_hop_less_and_not_at_all_without_any() {
        assert_eq!(told("Max-Forwards: 10\r\n", false, false), "Max-Forwards: 9");
        assert_eq!(told("Max-Forwards: 4000\r\n", false, false), "Max-Forwards: 254");
        assert_eq!(told("", false, false), "Max-Forwards: 69");
        assert!(carried("Max-Forwards: 0\r\n", false).is_none());
        assert_eq!(Carried::default().headers(true).text(&Name::MaxForwards), Some("70"));
    }

    #[test]
    fn identity_is_carried_whole_where_the_trunk_wants_it_and_the_number_is_the_one_it_vouches_for() {
        let more = "y: eyJ.eyJ.sig;info=<https://c/x>;alg=ES256;ppt=shaken\r\nIdentity: second\r\nDate: Sat, 21 Nov 2026 04:05:06 GMT\r\n";
        let whole = "Max-Forwards: 69; Identity: eyJ.eyJ.sig;info=<https://c/x>;alg=ES256;ppt=shaken; Identity: second; Date: Sat, 21 Nov 2026 04:05:06 GMT";
        assert_eq!(told(more, true, true), whole);
        assert_eq!(told(more, true, false), "Max-Forwards: 69");
        assert_eq!(told(more, false, true), "Max-Forwards: 69");
        assert_eq!(told("Date: Sat, 21 Nov 2026 04:05:06 GMT\r\n", true, true), "Max-Forwards: 69");
        let large = format!("Identity: {}\r\n", "x".repeat(20_000));
        assert_eq!(told(&large, true, true), "Max-Forwards: 69");
    }

    #[test]
    fn calls_are_alike_as_long_as_they_last() {
        let mut alike = Alike::default();
        alike.add("a", "b");
        alike.add("a", "b");
        alike.add("a", "c");
        alike.remove("a", "b");
        alike.remove("x", "b");
        assert_eq!((alike.count("a", "b"), alike.count("a", "c"), alike.count("b", "a")), (1, 1, 0));
    }
}
