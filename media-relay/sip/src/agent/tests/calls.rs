//! Calls: how they are made, answered and ended, and the races between those.

use super::{MOMENT, SECOND, call_to_nobody, last_request, none, respond, sdp, start, success};
use crate::{
    PATIENCE,
    agent::{
        Cause, Event,
        world::{CALLEE, CALLER, Seen, Weather, World},
    },
    message::{Message, Name, StatusCode},
    transport::Transport,
};

#[test]
fn whoever_talks_over_a_stream_is_told_to_reach_us_by_it() {
    for (transport, expected) in [
        (Transport::Udp, "<sip:caller@192.0.2.1:5060>"),
        (Transport::Tcp, "<sip:caller@192.0.2.1:5060;transport=tcp>"),
        (Transport::Tls, "<sip:caller@192.0.2.1:5071;transport=tls>"),
    ] {
        let mut world = World::new(0, Weather::default(), |config| config.tls_port = Some(5_071));
        world.transport = transport;
        world.call(Some("offer"));
        let contact = match &world.seen[0].message {
            Message::Request(request) => request.headers.text(&Name::Contact).map(str::to_owned),
            Message::Response(_) => None,
        };
        assert_eq!(contact.as_deref(), Some(expected));
    }
}

#[test]
fn a_call_is_made_answered_and_hung_up_by_either_side() {
    for who in [CALLER, CALLEE] {
        let mut world = World::calm();
        let (out, into) = world.connected();
        let now = world.now;
        world.agents[who].end(now, [out, into][who]).expect("it lives");
        world.drain();
        world.run_out();
        let causes = [world.causes(who)[0].clone(), world.causes(1 - who)[0].clone()];
        assert_eq!(causes, [Cause::LocalBye, Cause::RemoteBye]);
        assert_eq!((world.sent(CALLER, "ACK"), world.sent(who, "BYE")), (1, 1));
    }
}

#[test]
fn a_487_after_our_own_cancel_is_acknowledged() {
    let mut world = World::calm();
    let out = world.call(Some("offer"));
    world.run_for(SECOND);
    let now = world.now;
    world.agents[CALLER].end(now, out).expect("it lives");
    world.drain();
    world.run_out();
    assert_eq!(
        (world.sent(CALLER, "CANCEL"), world.sent(CALLEE, "487 INVITE"), world.sent(CALLER, "ACK")),
        (1, 1, 1)
    );
    assert_eq!(world.causes(CALLER), [&Cause::LocalCancel]);
    assert_eq!(world.causes(CALLEE), [&Cause::RemoteCancel]);
}

#[test]
fn a_call_that_is_given_up_before_anything_was_heard_is_cancelled_when_something_is() {
    let mut world = World::calm();
    let out = world.call(Some("offer"));
    let now = world.now;
    world.agents[CALLER].end(now, out).expect("it lives");
    world.drain();
    assert_eq!(world.sent(CALLER, "CANCEL"), 0);
    world.run_out();
    assert_eq!(world.sent(CALLER, "CANCEL"), 1);
    assert_eq!(world.causes(CALLER), [&Cause::LocalCancel]);
}

#[test]
fn a_200_that_crosses_our_cancel_gets_its_ack_and_a_bye() {
    let mut world = World::calm();
    let out = call_to_nobody(&mut world, Some("offer"));
    let invite = last_request(&world, CALLER, "INVITE");
    respond(&mut world, invite.reply(StatusCode::RINGING, "one"));
    let now = world.now;
    world.agents[CALLER].end(now, out).expect("it lives");
    world.drain();
    respond(&mut world, success(&invite, "one"));
    let sent: Vec<_> = world.seen.iter().map(|seen| start(&seen.message)).collect();
    assert_eq!(sent, ["INVITE", "CANCEL", "ACK", "BYE"]);
    assert_eq!(world.causes(CALLER), [&Cause::LocalCancel]);
    world.run_out();
}

#[test]
fn a_2xx_after_the_call_ended_still_gets_its_ack_and_a_repeated_one_gets_it_again() {
    let mut world = World::calm();
    let out = call_to_nobody(&mut world, Some("offer"));
    let invite = last_request(&world, CALLER, "INVITE");
    for _ in 0..3 {
        respond(&mut world, success(&invite, "one"));
    }
    assert_eq!(world.sent(CALLER, "ACK"), 3);
    let now = world.now;
    world.agents[CALLER].end(now, out).expect("it lives");
    world.drain();
    world.run_for(SECOND * 10);
    respond(&mut world, success(&invite, "one"));
    assert_eq!((world.sent(CALLER, "ACK"), world.causes(CALLER)), (4, vec![&Cause::LocalBye]));
    world.run_out();
}

#[test]
fn the_fork_that_answers_first_has_the_call_and_each_later_one_is_hung_up_on() {
    let mut world = World::calm();
    let out = call_to_nobody(&mut world, Some("offer"));
    let invite = last_request(&world, CALLER, "INVITE");
    for tag in ["one", "two"] {
        let mut ringing = success(&invite, tag);
        ringing.status = StatusCode::RINGING;
        respond(&mut world, ringing);
    }
    respond(&mut world, success(&invite, "two"));
    respond(&mut world, success(&invite, "one"));
    respond(&mut world, success(&invite, "three"));
    let byes: Vec<_> = world.seen.iter().filter(|seen| seen.starts_with("BYE")).collect();
    let tags: Vec<_> = byes.iter().filter_map(|seen| seen.message.essentials().to.tag()).collect();
    assert_eq!((world.sent(CALLER, "ACK"), tags), (3, vec!["one", "three"]));
    let progress =
        world.events(CALLER).iter().filter(|event| matches!(event, Event::Progress { .. })).count();
    assert_eq!(progress, 2, "each fork is told");
    assert!(world.causes(CALLER).is_empty(), "the call itself goes on");
    let now = world.now;
    world.agents[CALLER].end(now, out).expect("it lives");
    world.drain();
    assert_eq!(last_request(&world, CALLER, "BYE").essentials.to.tag(), Some("two"));
    world.run_out();
}

#[test]
fn the_200_is_repeated_until_its_ack_comes() {
    let mut world = World::calm();
    world.lose.push((|seen: &Seen| seen.starts_with("ACK"), 3));
    let out = world.call(Some("offer"));
    world.run_for(MOMENT);
    let (now, into) = (world.now, world.incoming());
    world.agents[CALLEE].accept(now, into, &none(), Some(sdp("answer"))).expect("answered");
    world.drain();
    world.run_for(SECOND * 20);
    assert_eq!((world.sent(CALLEE, "200 INVITE"), world.sent(CALLER, "ACK")), (4, 4));
    let now = world.now;
    world.agents[CALLER].end(now, out).expect("it lives");
    world.drain();
    world.run_out();
}

#[test]
fn without_an_ack_in_64_t1_there_is_a_bye() {
    let mut world = World::calm();
    world.lose.push((|seen: &Seen| seen.starts_with("ACK"), usize::MAX));
    world.call(Some("offer"));
    world.run_for(MOMENT);
    let (answered_at, into) = (world.now, world.incoming());
    world.agents[CALLEE].accept(answered_at, into, &none(), Some(sdp("answer"))).expect("answered");
    world.drain();
    world.run_out();
    assert_eq!(
        (world.causes(CALLEE), world.causes(CALLER)),
        (vec![&Cause::NeverAcknowledged], vec![&Cause::RemoteBye])
    );
    let bye = world.seen.iter().find(|seen| seen.starts_with("BYE")).expect("a BYE");
    assert_eq!(bye.at - answered_at, PATIENCE);
}

#[test]
fn no_bye_goes_to_the_caller_before_its_ack() {
    let mut world = World::calm();
    world.lose.push((|seen: &Seen| seen.starts_with("ACK"), 2));
    world.call(Some("offer"));
    world.run_for(MOMENT);
    let (now, into) = (world.now, world.incoming());
    world.agents[CALLEE].accept(now, into, &none(), Some(sdp("answer"))).expect("answered");
    world.agents[CALLEE].end(now, into).expect("it lives");
    world.drain();
    assert_eq!(world.sent(CALLEE, "BYE"), 0);
    world.run_out();
    let of_interest = ["ACK", "BYE"];
    let order: Vec<_> = world
        .seen
        .iter()
        .map(|seen| start(&seen.message))
        .filter(|start| of_interest.contains(&start.as_str()))
        .collect();
    assert_eq!(order, ["ACK", "ACK", "ACK", "BYE"]);
    assert_eq!(world.causes(CALLEE), [&Cause::LocalBye]);
}

#[test]
fn a_caller_who_hangs_up_at_once_sends_its_ack_before_its_bye() {
    let mut world = World::calm();
    let out = world.call(None);
    world.run_for(MOMENT);
    let (now, into) = (world.now, world.incoming());
    world.agents[CALLEE].accept(now, into, &none(), Some(sdp("offer"))).expect("answered");
    world.drain();
    world.run_for(MOMENT);
    let now = world.now;
    world.agents[CALLER].end(now, out).expect("it lives, and owes an answer");
    world.drain();
    let sent: Vec<_> =
        world.seen.iter().filter(|seen| seen.from == CALLER).map(|seen| start(&seen.message)).collect();
    assert_eq!(sent, ["INVITE", "ACK", "BYE"]);
    world.run_out();
}

#[test]
fn a_bye_that_overtakes_the_ack_ends_the_call_and_the_copies_of_the_200() {
    let mut world = World::calm();
    world.lose.push((|seen: &Seen| seen.starts_with("ACK"), usize::MAX));
    let out = world.call(Some("offer"));
    world.run_for(MOMENT);
    let (now, into) = (world.now, world.incoming());
    world.agents[CALLEE].accept(now, into, &none(), Some(sdp("answer"))).expect("answered");
    world.drain();
    world.run_for(MOMENT);
    let now = world.now;
    world.agents[CALLER].end(now, out).expect("it lives");
    world.drain();
    world.run_out();
    assert_eq!((world.causes(CALLEE), world.sent(CALLEE, "200 INVITE")), (vec![&Cause::RemoteBye], 1));
}

#[test]
fn a_call_that_nobody_answers_is_given_up_by_itself() {
    let mut world = World::calm();
    world.call(Some("offer"));
    world.run_out();
    assert_eq!(world.causes(CALLER), [&Cause::RangTooLong]);
    assert_eq!(world.causes(CALLEE).len(), 1);
}
