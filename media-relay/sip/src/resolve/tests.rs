//! Names and answers, and the peers that come of them.

use std::collections::BTreeMap;

use super::*;
use crate::{
    Chance,
    message::{SipUri, Uri},
    transport::Transport,
};

const ALL: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];

#[derive(Default)]
struct Zone {
    naptr: BTreeMap<&'static str, Vec<Naptr>>,
    srv: BTreeMap<&'static str, Vec<Srv>>,
    addresses: BTreeMap<&'static str, Vec<&'static str>>,
}

fn uri(text: &str) -> SipUri {
    match text.parse() {
        Ok(Uri::Sip(uri)) => uri,
        other => unreachable!("{other:?}"),
    }
}

fn srv(priority: u16, weight: u16, port: u16, target: &str) -> Srv {
    Srv { priority, weight, port, target: target.to_owned() }
}

fn naptr(order: u16, service: &str, replacement: &str) -> Naptr {
    Naptr {
        order,
        preference: 0,
        flags: "s".to_owned(),
        service: service.to_owned(),
        replacement: replacement.to_owned(),
    }
}

/// The peers of a URI, and what was asked.
fn resolve(zone: &Zone, text: &str, enabled: &[Transport], seed: u8) -> (Vec<String>, Vec<Question>) {
    let mut resolution =
        Resolution::start(&uri(text), enabled, Chance::from_seed([seed; 32])).expect("usable");
    let mut asked = Vec::new();
    while let Some(question) = resolution.poll_question() {
        asked.push(question.clone());
        resolution.handle_answer(match &question {
            Question::Naptr(name) => {
                Answer::Naptr(zone.naptr.get(name.as_str()).cloned().unwrap_or_default())
            }
            Question::Srv(name) => Answer::Srv(zone.srv.get(name.as_str()).cloned().unwrap_or_default()),
            Question::Addresses(name) => {
                let found = zone.addresses.get(name.as_str()).cloned().unwrap_or_default();
                Answer::Addresses(found.iter().map(|text| text.parse().expect("an address")).collect())
            }
        });
    }
    let peers = resolution.peers();
    (peers.iter().map(|peer| format!("{} {}", peer.transport.name(), peer.address)).collect(), asked)
}

fn peers(zone: &Zone, text: &str) -> Vec<String> {
    resolve(zone, text, &ALL, 0).0
}

#[test]
fn an_address_asks_nothing() {
    let zone = Zone::default();
    for (text, peer) in [
        ("sip:a@192.0.2.1", "UDP 192.0.2.1:5060"),
        ("sip:a@192.0.2.1:5080;transport=tcp", "TCP 192.0.2.1:5080"),
        ("sips:a@[2001:db8::1]", "TLS [2001:db8::1]:5061"),
        ("sip:a@example.com;maddr=192.0.2.7", "UDP 192.0.2.7:5060"),
    ] {
        let (found, asked) = resolve(&zone, text, &ALL, 0);
        assert_eq!((found, asked.len()), (vec![peer.to_owned()], 0), "{text}");
    }
}

#[test]
fn a_port_asks_for_the_host_alone() {
    let mut zone = Zone::default();
    zone.addresses.insert("example.com", vec!["192.0.2.1", "2001:db8::1"]);
    let (found, asked) = resolve(&zone, "sip:a@example.com:5070", &ALL, 0);
    assert_eq!(found, ["UDP 192.0.2.1:5070", "UDP [2001:db8::1]:5070"]);
    assert_eq!(asked, [Question::Addresses("example.com".to_owned())]);
}

fn whole_zone() -> Zone {
    let mut zone = Zone::default();
    let records = vec![
        naptr(90, "SIP+D2T", "_sip._tcp.example.com"),
        naptr(50, "SIPS+D2T", "_sips._tcp.example.com"),
        naptr(100, "SIP+D2U", "_sip._udp.example.com"),
        naptr(10, "E2U+sip", "!^.*$!sip:x!"),
    ];
    zone.naptr.insert("example.com", records);
    zone.srv.insert(
        "_sip._tcp.example.com",
        vec![srv(2, 0, 5060, "two.example.com."), srv(1, 0, 5062, "one.example.com.")],
    );
    zone.srv.insert("_sip._udp.example.com", vec![srv(0, 0, 5060, "one.example.com")]);
    zone.srv.insert("_sips._tcp.example.com", vec![srv(0, 0, 5061, "one.example.com")]);
    zone.addresses.insert("one.example.com", vec!["192.0.2.1"]);
    zone.addresses.insert("two.example.com", vec!["192.0.2.2", "192.0.2.3"]);
    zone
}

#[test]
fn the_whole_way_gives_every_server_in_the_order_of_its_records() {
    let expected = [
        "TLS 192.0.2.1:5061",
        "TCP 192.0.2.1:5062",
        "TCP 192.0.2.2:5060",
        "TCP 192.0.2.3:5060",
        "UDP 192.0.2.1:5060",
    ];
    assert_eq!(peers(&whole_zone(), "sip:a@example.com"), expected);
    let (without_tls, _) = resolve(&whole_zone(), "sip:a@example.com", &ALL[..2], 0);
    assert_eq!(without_tls, expected[1..]);
}

#[test]
fn a_secure_uri_never_leaves_tls() {
    assert_eq!(peers(&whole_zone(), "sips:a@example.com"), ["TLS 192.0.2.1:5061"]);
    let mut zone = Zone::default();
    zone.addresses.insert("example.com", vec!["192.0.2.1"]);
    assert_eq!(peers(&zone, "sips:a@example.com"), ["TLS 192.0.2.1:5061"]);
    let refused = Resolution::start(&uri("sips:a@example.com"), &ALL[..2], Chance::from_seed([0; 32]));
    assert_eq!(refused.err(), Some(Unresolvable::NotEnabled));
    let unknown =
        Resolution::start(&uri("sip:a@example.com;transport=sctp"), &ALL, Chance::from_seed([0; 32]));
    assert_eq!(unknown.err(), Some(Unresolvable::Transport));
}

#[test]
fn a_transport_in_the_uri_asks_for_its_servers() {
    let (found, asked) = resolve(&whole_zone(), "sip:a@example.com;transport=tcp", &ALL, 0);
    assert_eq!(found.len(), 3);
    assert_eq!(asked[0], Question::Srv("_sip._tcp.example.com".to_owned()));
}

#[test]
fn a_domain_without_records_is_its_own_host_and_one_without_naptr_is_asked_by_the_rule() {
    let mut zone = Zone::default();
    zone.addresses.insert("example.com", vec!["192.0.2.1"]);
    assert_eq!(peers(&zone, "sip:a@example.com"), ["UDP 192.0.2.1:5060"]);
    zone.srv.insert("_sip._tcp.example.com", vec![srv(0, 0, 5066, "example.com")]);
    assert_eq!(peers(&zone, "sip:a@example.com"), ["TCP 192.0.2.1:5066"]);
    zone.srv.insert("_sip._tcp.example.com", vec![srv(0, 0, 0, ".")]);
    assert_eq!(peers(&zone, "sip:a@example.com"), ["UDP 192.0.2.1:5060"]);
}

#[test]
fn servers_of_one_priority_are_drawn_by_weight() {
    let mut zone = Zone::default();
    let records = vec![srv(1, 90, 5060, "heavy.example.com"), srv(1, 10, 5060, "light.example.com")];
    zone.srv.insert("_sip._udp.example.com", records);
    zone.addresses.insert("heavy.example.com", vec!["192.0.2.9"]);
    zone.addresses.insert("light.example.com", vec!["192.0.2.1"]);
    let first = |seed| resolve(&zone, "sip:a@example.com;transport=udp", &ALL, seed).0[0].clone();
    let heavy = (0..200).filter(|seed| first(*seed) == "UDP 192.0.2.9:5060").count();
    assert!((160..=195).contains(&heavy), "{heavy} of 200");
}

#[test]
fn whoever_answers_can_neither_keep_it_asking_nor_make_it_grow() {
    let mut resolution =
        Resolution::start(&uri("sip:a@example.com"), &ALL, Chance::from_seed([0; 32])).expect("usable");
    let mut asked = 0;
    while let Some(question) = resolution.poll_question() {
        asked += 1;
        let many: Vec<u16> = (0..1_000).collect();
        resolution.handle_answer(match question {
            Question::Naptr(_) => {
                Answer::Naptr(many.iter().map(|order| naptr(*order, "SIP+D2U", "x")).collect())
            }
            Question::Srv(_) => Answer::Srv(many.iter().map(|priority| srv(*priority, 0, 1, "y")).collect()),
            Question::Addresses(_) => Answer::Addresses(Vec::new()),
        });
    }
    assert!(asked <= 32, "{asked} questions");
    assert!(resolution.peers().is_empty());
}
