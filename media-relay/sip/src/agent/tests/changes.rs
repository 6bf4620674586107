//! Changes of a session: offers, holds, reliable progress, session timers.

use std::time::Duration;

use super::{MOMENT, SECOND, call_to_nobody, last_request, nobody, none, respond, sdp, start, success};
use crate::{
    agent::{
        Cause, Event, Refusal, SessionId,
        world::{CALLEE, CALLER, Seen, World},
    },
    message::{Headers, Message, Name, StatusCode},
};

#[test]
fn an_invite_without_an_offer_is_answered_in_the_ack() {
    let mut world = World::calm();
    let out = world.call(None);
    world.run_for(MOMENT);
    let (now, into) = (world.now, world.incoming());
    world.agents[CALLEE].accept(now, into, &none(), Some(sdp("their offer"))).expect("answered");
    world.drain();
    world.run_for(SECOND);
    assert!(matches!(world.events(CALLER)[..], [.., Event::Answered { wants_answer: true, .. }]));
    assert_eq!(world.sent(CALLER, "ACK"), 0, "the ACK waits for the answer");
    let now = world.now;
    world.agents[CALLER].acknowledge(now, out, &sdp("our answer")).expect("it waits for one");
    world.drain();
    world.run_for(MOMENT);
    let told = world.events(CALLEE);
    assert!(
        matches!(told[..], [.., Event::Acknowledged { request, .. }] if request.body == "our answer"),
        "{told:?}"
    );
    let now = world.now;
    assert_eq!(world.agents[CALLER].acknowledge(now, out, &sdp("again")), Err(Refusal::NotNow));
    world.agents[CALLER].end(now, out).expect("it lives");
    world.drain();
    world.run_out();
}

#[test]
fn a_re_invites_ack_carries_the_recorded_route_and_no_preloaded_one() {
    let mut world = World::calm();
    let preloaded = Headers::default().with(Name::Route, "<sip:192.0.2.99;lr>");
    let out = world.call_with(Some("offer"), |invite| {
        invite.peers = vec![nobody()];
        invite.headers = preloaded;
    });
    let invite = last_request(&world, CALLER, "INVITE");
    assert!(invite.headers.text(&Name::Route).is_some_and(|route| route.contains("192.0.2.99")));
    let mut answer = success(&invite, "one");
    answer.headers.push(Name::RecordRoute, "<sip:192.0.2.77:5060;lr>, <sip:192.0.2.78;lr>");
    respond(&mut world, answer);
    let now = world.now;
    world.agents[CALLER].change(now, out, sdp("hold"), false).expect("nothing else changes");
    world.drain();
    let change = last_request(&world, CALLER, "INVITE");
    respond(&mut world, success(&change, "one"));
    for request in [change, last_request(&world, CALLER, "ACK")] {
        let routes = request.headers.addresses(&Name::Route).expect("routes");
        let routes: Vec<_> = routes.iter().map(|route| route.uri.to_string()).collect();
        assert_eq!(routes, ["sip:192.0.2.78;lr", "sip:192.0.2.77:5060;lr"], "{}", request.method);
        assert_eq!(request.uri.to_string(), "sip:one@192.0.2.77:5060");
    }
    assert!(matches!(world.events(CALLER)[..], [.., Event::Changed { .. }]));
}

#[test]
fn a_change_reaches_the_other_side_and_its_answer_comes_back() {
    for (by_update, method) in [(false, "INVITE"), (true, "UPDATE")] {
        for who in [CALLER, CALLEE] {
            let mut world = World::calm();
            let sessions: [SessionId; 2] = world.connected().into();
            let now = world.now;
            world.agents[who]
                .change(now, sessions[who], sdp("hold"), by_update)
                .expect("nothing else changes");
            world.drain();
            assert_eq!(
                world.agents[who].change(now, sessions[who], sdp("x"), false),
                Err(Refusal::ChangePending)
            );
            world.run_for(MOMENT);
            let other = 1 - who;
            let told = world.events(other);
            assert!(
                matches!(told[..], [.., Event::ChangeAsked { request, .. }] if request.method.as_str() == method && request.body == "hold")
            );
            let now = world.now;
            world.agents[other].accept_change(now, sessions[other], &sdp("held")).expect("it was asked");
            world.drain();
            world.run_for(SECOND);
            let told = world.events(who);
            assert!(
                matches!(told[..], [.., Event::Changed { response, .. }] if response.body == "held"),
                "{told:?}"
            );
            let now = world.now;
            world.agents[who].end(now, sessions[who]).expect("it lives");
            world.drain();
            world.run_out();
        }
    }
}

#[test]
fn a_refused_change_leaves_the_call_as_it_was() {
    let mut world = World::calm();
    let (out, into) = world.connected();
    let now = world.now;
    world.agents[CALLER].change(now, out, sdp("video"), false).expect("nothing else changes");
    world.drain();
    world.run_for(MOMENT);
    let now = world.now;
    world.agents[CALLEE].refuse_change(now, into, StatusCode::NOT_ACCEPTABLE_HERE).expect("it was asked");
    world.drain();
    world.run_for(SECOND);
    assert!(matches!(world.events(CALLER)[..], [.., Event::ChangeRefused { .. }]));
    assert!(world.causes(CALLER).is_empty() && world.causes(CALLEE).is_empty());
}

#[test]
fn two_changes_at_once_are_both_refused_with_491_and_come_again_at_different_times() {
    let mut world = World::calm();
    let (out, into) = world.connected();
    let collided_at = world.now;
    world.agents[CALLER].change(collided_at, out, sdp("by caller"), false).expect("nothing else changes");
    world.agents[CALLEE].change(collided_at, into, sdp("by callee"), false).expect("nothing else changes");
    world.drain();
    let accept = |world: &mut World, who: usize, session: SessionId| {
        for _ in 0..200 {
            world.run_for(MOMENT);
            if matches!(world.events(who)[..], [.., Event::ChangeAsked { .. }]) {
                let now = world.now;
                world.agents[who].accept_change(now, session, &sdp("fine")).expect("it was asked");
                world.drain();
                return now - collided_at;
            }
        }
        unreachable!("the change never came")
    };
    let callee_came = accept(&mut world, CALLER, out);
    world.run_for(MOMENT);
    let caller_came = accept(&mut world, CALLEE, into);
    assert_eq!((world.sent(CALLER, "491 INVITE"), world.sent(CALLEE, "491 INVITE")), (1, 1));
    assert!(callee_came <= Duration::from_millis(2_200), "{callee_came:?}");
    assert!(
        caller_came >= Duration::from_millis(2_100) && caller_came <= Duration::from_millis(4_200),
        "{caller_came:?}"
    );
    world.run_for(SECOND);
    for who in [CALLER, CALLEE] {
        let changed = world.events(who).iter().filter(|event| matches!(event, Event::Changed { .. })).count();
        assert_eq!(changed, 1);
    }
}

#[test]
fn progress_with_a_body_is_reliable_repeated_until_its_prack_and_the_answer_waits_for_it() {
    let mut world = World::calm();
    world.lose.push((|seen: &Seen| seen.starts_with("PRACK"), 2));
    let out = world.call(Some("offer"));
    world.run_for(MOMENT);
    let (now, into) = (world.now, world.incoming());
    let callee = &mut world.agents[CALLEE];
    callee.progress(now, into, StatusCode::SESSION_PROGRESS, &none(), Some(sdp("early"))).expect("it rings");
    callee.progress(now, into, StatusCode::RINGING, &none(), None).expect("it rings");
    callee.accept(now, into, &none(), Some(sdp("answer"))).expect("answered");
    assert_eq!(callee.accept(now, into, &none(), None), Err(Refusal::NotNow));
    world.drain();
    assert_eq!(world.sent(CALLEE, "200 INVITE"), 0, "the answer waits");
    world.run_for(SECOND * 5);
    assert_eq!((world.sent(CALLEE, "200 PRACK"), world.sent(CALLEE, "200 INVITE")), (1, 1));
    assert!(world.sent(CALLEE, "183 INVITE") >= 2, "it is repeated");
    let told = world.events(CALLER).iter().filter(|event| matches!(event, Event::Progress { .. })).count();
    assert_eq!(told, 2, "copies are not told");
    let now = world.now;
    world.agents[CALLER].end(now, out).expect("it lives");
    world.drain();
    world.run_out();
}

#[test]
fn progress_that_is_never_acknowledged_ends_the_call_with_a_5xx() {
    let mut world = World::calm();
    world.lose.push((|seen: &Seen| seen.starts_with("PRACK"), usize::MAX));
    world.call(Some("offer"));
    world.run_for(MOMENT);
    let (now, into) = (world.now, world.incoming());
    world.agents[CALLEE]
        .progress(now, into, StatusCode::SESSION_PROGRESS, &none(), Some(sdp("early")))
        .expect("it rings");
    world.drain();
    world.run_out();
    assert_eq!(world.causes(CALLEE), [&Cause::ProgressNeverAcknowledged]);
    assert!(matches!(world.causes(CALLER)[..], [Cause::Rejected(response)] if response.status.code() == 504));
}

#[test]
fn an_offer_in_reliable_progress_is_answered_in_the_prack() {
    let mut world = World::calm();
    let out = world.call(None);
    world.run_for(MOMENT);
    let (now, into) = (world.now, world.incoming());
    world.agents[CALLEE]
        .progress(now, into, StatusCode::SESSION_PROGRESS, &none(), Some(sdp("their offer")))
        .expect("it rings");
    world.drain();
    world.run_for(MOMENT);
    assert!(matches!(world.events(CALLER)[..], [.., Event::Progress { wants_answer: true, .. }]));
    let now = world.now;
    world.agents[CALLER].answer_progress(now, out, &sdp("our answer")).expect("it waits for one");
    world.drain();
    world.run_for(MOMENT);
    let told = world.events(CALLEE);
    assert!(
        matches!(told[..], [.., Event::ProgressAcknowledged { request, .. }] if request.body == "our answer"),
        "{told:?}"
    );
    let now = world.now;
    world.agents[CALLEE].accept(now, into, &none(), None).expect("answered");
    world.drain();
    world.run_for(MOMENT);
    assert!(matches!(world.events(CALLER)[..], [.., Event::Answered { wants_answer: false, .. }]));
}

fn interval(world: &World, who: usize) -> Option<String> {
    let mut sent = world.seen.iter().rev().filter(|seen| seen.from == who);
    sent.find_map(|seen| match &seen.message {
        Message::Response(response) => response.headers.text(&Name::SessionExpires).map(str::to_owned),
        Message::Request(_) => None,
    })
}

#[test]
fn a_session_is_refreshed_at_half_its_interval_for_as_long_as_it_lasts() {
    let mut world = World::new(1, Default::default(), |config| config.session_interval_seconds = Some(90));
    let (out, _) = world.connected();
    assert_eq!(interval(&world, CALLEE).as_deref(), Some("90;refresher=uac"));
    world.run_for(SECOND * 300);
    assert_eq!(world.sent(CALLER, "UPDATE"), 6);
    assert!(world.causes(CALLER).is_empty() && world.causes(CALLEE).is_empty());
    let told = world.events(CALLER).iter().filter(|event| matches!(event, Event::Changed { .. })).count();
    assert_eq!(told, 0, "a refresh changes nothing");
    let now = world.now;
    world.agents[CALLER].end(now, out).expect("it lives");
    world.drain();
    world.run_out();
}

#[test]
fn a_session_that_nobody_refreshes_expires() {
    let mut world = World::new(1, Default::default(), |config| config.session_interval_seconds = Some(90));
    world.connected();
    world.lose.push((|seen: &Seen| seen.from == CALLER, usize::MAX));
    world.run_out();
    assert_eq!(
        (world.causes(CALLEE), world.causes(CALLER)),
        (vec![&Cause::Expired], vec![&Cause::RemoteBye])
    );
}

#[test]
fn a_session_interval_without_a_refresher_still_runs() {
    let mut world = World::calm();
    call_to_nobody(&mut world, Some("offer"));
    let invite = last_request(&world, CALLER, "INVITE");
    let mut answer = success(&invite, "one");
    answer.headers.push(Name::SessionExpires, "120");
    answer.headers.push(Name::Allow, "INVITE, ACK, BYE, UPDATE");
    respond(&mut world, answer);
    world.run_for(SECOND * 61);
    assert_eq!(start(&Message::Request(last_request(&world, CALLER, "UPDATE"))), "UPDATE");
    world.run_out();
    assert_eq!(world.causes(CALLER), [&Cause::Expired]);
}

#[test]
fn an_interval_that_is_too_short_is_answered_with_422_and_asked_for_again() {
    let mut world = World::new(1, Default::default(), |config| {
        config.session_interval_seconds = Some(120);
        // Only one of the two knows: the other's INVITE asks for less than it takes.
        config.least_session_interval_seconds =
            if config.contact.to_string().contains("callee") { 600 } else { 90 };
    });
    world.connected();
    assert_eq!((world.sent(CALLER, "INVITE"), world.sent(CALLEE, "422 INVITE")), (2, 1));
    assert_eq!(interval(&world, CALLEE).as_deref(), Some("600;refresher=uac"));
}

#[test]
fn a_change_that_finds_nobody_ends_the_call_with_bye() {
    let mut world = World::calm();
    let (out, _) = world.connected();
    world.lose.push((|seen: &Seen| seen.from == CALLEE, usize::MAX));
    let now = world.now;
    world.agents[CALLER].change(now, out, sdp("hold"), false).expect("nothing else changes");
    world.drain();
    world.run_for(SECOND * 33);
    assert_eq!((world.causes(CALLER), world.sent(CALLER, "BYE") > 0), (vec![&Cause::Lost], true));
}
