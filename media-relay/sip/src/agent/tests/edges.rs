//! Credentials, failover, and what is refused.

use super::{
    MOMENT, SECOND, call_to_nobody, last_request, nobody, none, request, respond, sdp, status, text,
};
use crate::{
    Chance,
    agent::{
        ALLOW, Cause, Event, Invite, Refusal,
        world::{CALLEE, CALLER, World},
    },
    auth::{Challenger, Login, Verdict},
    message::{Address, Name, Response, StatusCode},
};

fn login() -> Login {
    Login { username: "desk".to_owned(), password: "secret".to_owned() }
}

#[test]
fn a_challenge_is_answered_under_the_same_call_id_with_the_request_uri_and_the_next_number() {
    let mut world = World::calm();
    world.call_with(Some("offer"), |invite| {
        invite.peers = vec![nobody()];
        invite.logins = vec![(None, login())];
    });
    let first = last_request(&world, CALLER, "INVITE");
    let (mut chance, mut challenger) = (Chance::from_seed([9; 32]), Challenger::new("realm"));
    let (code, headers) = challenger.challenge(world.now, &mut chance, false);
    let mut challenge = first.reply(code, "one");
    challenge.headers = headers;
    respond(&mut world, challenge);
    let second = last_request(&world, CALLER, "INVITE");
    assert_eq!(second.essentials.call_id, first.essentials.call_id);
    assert_eq!(second.essentials.from, first.essentials.from);
    assert_eq!(second.essentials.cseq.number, first.essentials.cseq.number + 1);
    assert_ne!(second.essentials.top_via(), first.essentials.top_via());
    let authorization = second.headers.text(&Name::Authorization).expect("credentials");
    assert!(authorization.contains(&format!("uri=\"{}\"", second.uri)), "{authorization}");
    assert_eq!(challenger.verify(world.now, &second, |_| Some(login())), Verdict::Accepted);
    // Stale: once more, with the new nonce.
    let (code, headers) = challenger.challenge(world.now, &mut chance, true);
    let mut stale = second.reply(code, "two");
    stale.headers = headers;
    respond(&mut world, stale.clone());
    let third = last_request(&world, CALLER, "INVITE");
    assert_eq!(challenger.verify(world.now, &third, |_| Some(login())), Verdict::Accepted);
    // And that is all: two attempts.
    stale.essentials = third.essentials.clone();
    respond(&mut world, stale);
    assert!(matches!(world.causes(CALLER)[..], [Cause::Rejected(response)] if response.status.code() == 401));
    assert_eq!(world.sent(CALLER, "INVITE"), 3);
}

#[test]
fn two_realms_are_answered_one_after_the_other_and_a_refused_login_is_not_tried_again() {
    let mut world = World::calm();
    world.call_with(Some("offer"), |invite| {
        invite.peers = vec![nobody()];
        invite.logins = vec![(Some("proxy".to_owned()), login()), (Some("desk".to_owned()), login())];
    });
    let challenge = |world: &World, code: u16, name: Name, realm: &str| {
        let invite = last_request(world, CALLER, "INVITE");
        let mut response = invite.reply(status(code), "x");
        response.headers.push(name, format!("Digest realm=\"{realm}\", nonce=\"n-{realm}\", qop=\"auth\""));
        response
    };
    let by_proxy = challenge(&world, 407, Name::ProxyAuthenticate, "proxy");
    respond(&mut world, by_proxy);
    let by_desk = challenge(&world, 401, Name::WwwAuthenticate, "desk");
    respond(&mut world, by_desk);
    let invite = last_request(&world, CALLER, "INVITE");
    let counted = |name: &Name| invite.headers.text(name).map(|text| text.contains("nc=00000001"));
    assert_eq!(counted(&Name::Authorization), Some(true));
    assert_eq!(
        counted(&Name::ProxyAuthorization),
        Some(false),
        "the proxy's nonce is used for the second time"
    );
    let again = challenge(&world, 401, Name::WwwAuthenticate, "desk");
    respond(&mut world, again);
    assert_eq!((world.sent(CALLER, "INVITE"), world.causes(CALLER).len()), (3, 1));
}

#[test]
fn the_next_peer_is_tried_after_a_503_a_transport_failure_or_silence() {
    for way in 0..3 {
        let mut world = World::calm();
        let good = world.peer(CALLEE);
        world.call_with(Some("offer"), |invite| invite.peers = vec![nobody(), good]);
        let invite = last_request(&world, CALLER, "INVITE");
        let now = world.now;
        match way {
            0 => respond(&mut world, invite.reply(StatusCode::SERVICE_UNAVAILABLE, "x")),
            1 => world.agents[CALLER].handle_peer_failure(now, nobody()),
            _ => world.run_for(SECOND * 33),
        }
        world.drain();
        world.run_for(MOMENT);
        let again = last_request(&world, CALLER, "INVITE");
        assert_eq!(again.essentials.call_id, invite.essentials.call_id);
        assert_ne!(again.essentials.top_via(), invite.essentials.top_via(), "way {way}");
        world.incoming();
        assert!(world.causes(CALLER).is_empty());
    }
}

#[test]
fn a_redirection_is_not_followed_and_a_refer_is_declined() {
    let mut world = World::calm();
    call_to_nobody(&mut world, Some("offer"));
    let invite = last_request(&world, CALLER, "INVITE");
    let mut redirection = invite.reply(status(302), "x");
    redirection.headers.push(Name::Contact, "<sip:premium@198.51.100.1>");
    respond(&mut world, redirection);
    assert!(
        matches!(world.causes(CALLER)[..], [Cause::Rejected(response)] if response.status.is_redirection())
    );
    assert_eq!(world.sent(CALLER, "INVITE"), 1);
    let refused = request(&mut world, &text("REFER", 1, "Refer-To: <sip:premium@198.51.100.1>\r\n", ""));
    assert_eq!(refused.map(|response| response.status), Some(StatusCode::DECLINE));
    assert!(world.events(CALLEE).is_empty());
}

#[test]
fn what_we_do_not_do_is_answered_as_the_rfc_says_and_told_to_nobody() {
    for (text, code, header) in [
        (
            text("INVITE", 1, "Require: nothingSupportsThis, 100rel, timer\r\n", ""),
            420,
            (Name::Unsupported, "nothingSupportsThis"),
        ),
        (
            text("INVITE", 1, "Content-Type: application/unknownformat\r\n", "x"),
            415,
            (Name::Accept, "application/sdp"),
        ),
        (text("INVITE", 1, "Accept: text/nobodyKnowsThis\r\n", ""), 406, (Name::CallId, "")),
        (text("NEWMETHOD", 1, "", ""), 501, (Name::Allow, ALLOW)),
        (text("REGISTER", 1, "", ""), 405, (Name::Allow, ALLOW)),
        (text("BYE", 1, "", ""), 481, (Name::CallId, "")),
        (
            text("INVITE", 1, "", "").replace("sip:callee@192.0.2.2 SIP/2.0", "unknown:x SIP/2.0"),
            416,
            (Name::CallId, ""),
        ),
        (
            text("INVITE", 1, "", "").replace("Contact: <sip:a@192.0.2.77:5060>\r\n", ""),
            400,
            (Name::CallId, ""),
        ),
        (
            text("INFO", 1, "", "").replace("To: <sip:callee@192.0.2.2>", "To: <sip:c@d>;tag=unknown"),
            481,
            (Name::CallId, ""),
        ),
    ] {
        let mut world = World::calm();
        let response = request(&mut world, &text).expect("an answer");
        assert_eq!(response.status.code(), code, "{text}");
        assert_eq!(response.headers.text(&header.0).unwrap_or_default(), header.1, "{text}");
        assert!(world.events(CALLEE).is_empty(), "{text}");
    }
}

#[test]
fn options_tell_what_we_do_within_a_call_and_without() {
    let mut world = World::calm();
    let response = request(&mut world, &text("OPTIONS", 1, "", "")).expect("an answer");
    assert_eq!(response.status, StatusCode::OK);
    for (name, says) in
        [(Name::Allow, ALLOW), (Name::Supported, "100rel, timer"), (Name::Accept, "application/sdp")]
    {
        assert_eq!(response.headers.text(&name), Some(says));
    }
    let within = into_call(&mut world, "OPTIONS", 2);
    assert_eq!(within.map(|response| response.status), Some(StatusCode::OK));
}

/// A request within a call that the test has made by hand, which is begun if it is not there yet.
fn into_call(world: &mut World, method: &str, number: u32) -> Option<Response> {
    if world.events(CALLEE).is_empty() {
        request(world, &text("INVITE", 1, "", ""));
        let (now, into) = (world.now, world.incoming());
        world.agents[CALLEE].accept(now, into, &none(), Some(sdp("offer"))).expect("answered");
        world.drain();
    }
    let tag = last_tag(world);
    let text = text(method, number, "", "")
        .replace("To: <sip:callee@192.0.2.2>", &format!("To: <sip:callee@192.0.2.2>;tag={tag}"));
    request(world, &text)
}

fn last_tag(world: &World) -> String {
    let found = world.seen.iter().find(|seen| seen.starts_with("200 INVITE"));
    found.and_then(|seen| seen.message.essentials().to.tag()).expect("an answered call").to_owned()
}

#[test]
fn a_request_that_comes_too_late_is_answered_with_500_and_info_is_told_once() {
    let mut world = World::calm();
    assert_eq!(into_call(&mut world, "ACK", 1), None);
    let codes: Vec<_> = [("INFO", 5), ("INFO", 4), ("INFO", 6), ("BYE", 7)]
        .into_iter()
        .filter_map(|(method, number)| into_call(&mut world, method, number))
        .map(|response| response.status.code())
        .collect();
    assert_eq!(codes, [200, 500, 200, 200]);
    let told = world.events(CALLEE).iter().filter(|event| matches!(event, Event::Info { .. })).count();
    assert_eq!((told, world.causes(CALLEE)), (2, vec![&Cause::RemoteBye]));
    world.run_out();
}

#[test]
fn more_calls_than_are_allowed_are_answered_with_503() {
    let mut world = World::new(1, Default::default(), |config| config.most_sessions = 1);
    request(&mut world, &text("INVITE", 1, "", ""));
    let second =
        text("INVITE", 1, "", "").replace("hand@", "other@").replace("z9hG4bKINVITE1", "z9hG4bKother");
    let response = request(&mut world, &second).expect("an answer");
    assert_eq!((response.status.code(), response.headers.number(&Name::RetryAfter)), (503, Some(5)));
    world.call(Some("offer"));
    let (now, peer) = (world.now, nobody());
    let uri = "sip:x@192.0.2.77".parse().expect("a URI");
    let address = Address { display: None, uri, params: Default::default() };
    let invite = Invite {
        uri: address.uri.clone(),
        from: address.clone(),
        to: address,
        headers: none(),
        offer: None,
        peers: vec![peer],
        logins: Vec::new(),
    };
    assert_eq!(world.agents[CALLER].invite(now, invite.clone()), Err(Refusal::Full));
    assert_eq!(
        world.agents[CALLER].invite(now, Invite { peers: Vec::new(), ..invite }),
        Err(Refusal::NoPeer)
    );
}

#[test]
fn commands_that_do_not_fit_are_refused() {
    let mut world = World::calm();
    let (out, into) = world.connected();
    let now = world.now;
    assert_eq!(world.agents[CALLEE].accept(now, into, &none(), None), Err(Refusal::NotNow));
    assert_eq!(world.agents[CALLEE].refuse(now, into, StatusCode::BUSY_HERE, &none()), Err(Refusal::NotNow));
    assert_eq!(world.agents[CALLER].accept_change(now, out, &sdp("x")), Err(Refusal::NotNow));
    assert_eq!(world.agents[CALLER].answer_progress(now, out, &sdp("x")), Err(Refusal::NotNow));
    world.agents[CALLER].end(now, out).expect("it lives");
    world.drain();
    world.run_out();
    assert_eq!(world.agents[CALLER].end(now, out), Err(Refusal::NoSession));
    assert_eq!(world.agents[CALLER].change(now, out, sdp("x"), false), Err(Refusal::NoSession));
}
