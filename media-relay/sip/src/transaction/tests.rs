//! The state tables of RFC 3261 §17 and RFC 6026, row by row.

use std::time::Duration;

use super::*;
use crate::message::Host;

const SECOND: Duration = Duration::from_secs(1);

fn at(milliseconds: u64) -> Moment {
    Moment::after_origin(Duration::from_millis(milliseconds))
}

fn udp() -> Peer {
    Peer::new(Transport::Udp, "192.0.2.9:5060".parse().expect("an address"))
}

fn tcp() -> Peer {
    Peer::new(Transport::Tcp, udp().address)
}

fn transactions() -> Transactions {
    let host = Host::Address("192.0.2.1".parse().expect("an address"));
    Transactions::new(SentBy { host, port: Some(5060) }, Limits { most_clients: 3, most_servers: 3 })
}

fn request(method: &str, branch: &str) -> Request {
    let text = format!(
        "{method} sip:b@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch={branch}\r\nFrom: <sip:a@h>;tag=1\r\n\
         To: <sip:b@h>\r\nCall-ID: {branch}\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\n\r\n"
    );
    match Message::parse(&text.into()) {
        Ok(Message::Request(request)) => request,
        other => unreachable!("{other:?}"),
    }
}

fn sent(transactions: &mut Transactions) -> Vec<Message> {
    let sent = std::iter::from_fn(|| transactions.poll_transmit());
    sent.map(|transmit| Message::parse(&transmit.bytes).expect("what we send is sound")).collect()
}

fn events(transactions: &mut Transactions) -> Vec<Event> {
    std::iter::from_fn(|| transactions.poll_event()).collect()
}

/// Begins a request of ours, and takes it as sent.
fn begin(transactions: &mut Transactions, method: &str, to: Peer) -> (ClientId, Request) {
    let id = transactions.request(at(0), request(method, "x"), "z9hG4bKours", to).expect("room");
    match &sent(transactions)[..] {
        [Message::Request(request)] => (id, request.clone()),
        other => unreachable!("{other:?}"),
    }
}

fn answer(transactions: &mut Transactions, now: Moment, request: &Request, code: u16) -> Result<(), Ignored> {
    let response = request.reply(StatusCode::new(code).expect("a status"), "theirs");
    transactions.handle_message(now, udp(), Message::Response(response))
}

/// Runs the timers until none is left, and tells at which milliseconds something was sent.
fn run_out(transactions: &mut Transactions) -> Vec<u64> {
    let mut times = Vec::new();
    while let Some(due) = transactions.poll_timeout() {
        transactions.handle_timeout(due);
        let milliseconds = u64::try_from(due.since_origin().as_millis()).expect("a short test");
        times.extend(sent(transactions).iter().map(|_| milliseconds));
    }
    assert!(transactions.is_empty() && transactions.timers_set() == 0, "something is left: {transactions:?}");
    times
}

fn failures(transactions: &mut Transactions) -> Vec<Failure> {
    let failure = |event| match event {
        Event::Failed { failure, .. } => Some(failure),
        _ => None,
    };
    events(transactions).into_iter().filter_map(failure).collect()
}

#[test]
fn an_invite_that_nobody_answers_is_repeated_at_doubled_times_and_fails_after_64_t1() {
    let mut transactions = transactions();
    begin(&mut transactions, "INVITE", udp());
    assert_eq!(run_out(&mut transactions), [500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    assert_eq!(failures(&mut transactions), [Failure::TimedOut]);
}

#[test]
fn another_request_is_repeated_every_four_seconds_at_the_most() {
    let mut transactions = transactions();
    begin(&mut transactions, "BYE", udp());
    let expected = [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    assert_eq!(run_out(&mut transactions), expected);
    assert_eq!(failures(&mut transactions), [Failure::TimedOut]);
}

#[test]
fn nothing_is_repeated_over_a_reliable_transport_and_nothing_lingers() {
    for method in ["INVITE", "BYE"] {
        let mut transactions = transactions();
        begin(&mut transactions, method, tcp());
        assert_eq!(run_out(&mut transactions), [0; 0]);
        assert_eq!(failures(&mut transactions), [Failure::TimedOut]);
        let (_, request) = begin(&mut transactions, method, tcp());
        assert_eq!(answer(&mut transactions, at(10), &request, 404), Ok(()));
        assert!(transactions.is_empty(), "{method}");
    }
}

#[test]
fn a_provisional_response_ends_an_invites_copies_and_slows_those_of_others() {
    let mut transactions = transactions();
    let (id, invite) = begin(&mut transactions, "INVITE", udp());
    answer(&mut transactions, at(100), &invite, 180).expect("taken");
    assert_eq!(transactions.poll_timeout(), None, "how long to ring is the user's to say");
    transactions.abandon(id);
    assert!(transactions.is_empty());
    let (_, bye) = begin(&mut transactions, "BYE", udp());
    answer(&mut transactions, at(100), &bye, 100).expect("taken");
    assert_eq!(run_out(&mut transactions), [4_100, 8_100, 12_100, 16_100, 20_100, 24_100, 28_100]);
}

#[test]
fn a_failure_is_acknowledged_once_for_each_copy_with_the_tag_of_the_response() {
    let mut transactions = transactions();
    let (_, invite) = begin(&mut transactions, "INVITE", udp());
    for now in [100, 600, 1_600] {
        let _ = answer(&mut transactions, at(now), &invite, 487);
        let [Message::Request(ack)] = &sent(&mut transactions)[..] else { unreachable!("no single ACK") };
        assert_eq!((ack.method.as_str(), ack.essentials.to.tag()), ("ACK", Some("theirs")));
        assert_eq!(ack.essentials.top_via(), invite.essentials.top_via());
    }
    let delivered = events(&mut transactions);
    assert!(matches!(&delivered[..], [Event::Response { .. }]), "copies are told: {delivered:?}");
    assert_eq!(transactions.poll_timeout(), Some(at(32_100)));
    run_out(&mut transactions);
}

#[test]
fn every_success_is_told_for_64_t1_copies_and_forks_alike() {
    let mut transactions = transactions();
    let (_, invite) = begin(&mut transactions, "INVITE", udp());
    for now in [100, 600, 32_000] {
        answer(&mut transactions, at(now), &invite, 200).expect("taken");
    }
    assert_eq!(events(&mut transactions).len(), 3);
    assert!(sent(&mut transactions).is_empty(), "the ACK of a success is the user's");
    assert!(answer(&mut transactions, at(32_000), &invite, 486).is_err(), "a failure behind a success");
    run_out(&mut transactions);
}

#[test]
fn a_response_that_is_not_to_us_alone_is_ignored() {
    let mut transactions = transactions();
    let (_, invite) = begin(&mut transactions, "INVITE", udp());
    let mut response = invite.reply(StatusCode::OK, "theirs");
    response.essentials.via.push(response.essentials.via[0].clone());
    let two = transactions.handle_message(at(1), udp(), Message::Response(response.clone()));
    assert_eq!(two, Err(Ignored::NotOurVia));
    response.essentials.via.truncate(1);
    response.essentials.via[0].host = Host::Name("elsewhere.example.com".to_owned());
    let foreign = transactions.handle_message(at(1), udp(), Message::Response(response));
    assert_eq!(foreign, Err(Ignored::NotOurVia));
    let unknown = answer(&mut transactions, at(1), &request("INVITE", "z9hG4bKother"), 200);
    assert_eq!(unknown, Err(Ignored::NotOurVia));
}

/// Takes a request of the other side.
fn receive(transactions: &mut Transactions, now: Moment, request: &Request) -> Result<(), Ignored> {
    transactions.handle_message(now, udp(), Message::Request(request.clone()))
}

fn received(transactions: &mut Transactions, request: &Request) -> ServerId {
    receive(transactions, at(0), request).expect("taken");
    match &events(transactions)[..] {
        [Event::Request { server, .. } | Event::Cancel { server, .. }] => *server,
        other => unreachable!("{other:?}"),
    }
}

fn respond(transactions: &mut Transactions, now: Moment, server: ServerId, request: &Request, code: u16) {
    let response = request.reply(StatusCode::new(code).expect("a status"), "ours");
    transactions.respond(now, server, &response).expect("in time");
}

fn codes(messages: &[Message]) -> Vec<u16> {
    let code = |message: &Message| match message {
        Message::Response(response) => response.status.code(),
        Message::Request(_) => 0,
    };
    messages.iter().map(code).collect()
}

#[test]
fn an_invite_is_answered_with_100_after_200_ms_and_each_copy_with_the_latest_response() {
    let mut transactions = transactions();
    let invite = request("INVITE", "z9hG4bK1");
    let id = received(&mut transactions, &invite);
    assert_eq!(transactions.poll_timeout(), Some(at(200)));
    transactions.handle_timeout(at(200));
    assert_eq!(codes(&sent(&mut transactions)), [100]);
    assert_eq!(receive(&mut transactions, at(500), &invite), Err(Ignored::Copy));
    assert_eq!(codes(&sent(&mut transactions)), [100]);
    respond(&mut transactions, at(600), id, &invite, 180);
    let _ = receive(&mut transactions, at(1_500), &invite);
    assert_eq!(codes(&sent(&mut transactions)), [180, 180]);
}

#[test]
fn a_failure_is_repeated_until_its_ack() {
    let mut transactions = transactions();
    let invite = request("INVITE", "z9hG4bK1");
    let id = received(&mut transactions, &invite);
    respond(&mut transactions, at(0), id, &invite, 486);
    transactions.handle_timeout(at(500));
    transactions.handle_timeout(at(1_500));
    assert_eq!(codes(&sent(&mut transactions)), [486, 486, 486]);
    receive(&mut transactions, at(1_600), &request("ACK", "z9hG4bK1")).expect("taken");
    assert_eq!(receive(&mut transactions, at(1_700), &request("ACK", "z9hG4bK1")), Err(Ignored::Copy));
    assert_eq!(transactions.poll_timeout(), Some(at(6_600)));
    assert_eq!(run_out(&mut transactions), [0; 0]);
}

#[test]
fn a_failure_whose_ack_never_comes_is_given_up_after_64_t1() {
    let mut transactions = transactions();
    let invite = request("INVITE", "z9hG4bK1");
    let id = received(&mut transactions, &invite);
    respond(&mut transactions, at(0), id, &invite, 486);
    sent(&mut transactions);
    let expected = [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    assert_eq!(run_out(&mut transactions), expected);
}

#[test]
fn behind_a_success_copies_of_the_invite_are_silent_the_user_repeats_it_and_hears_of_the_ack() {
    let mut transactions = transactions();
    let invite = request("INVITE", "z9hG4bK1");
    let id = received(&mut transactions, &invite);
    respond(&mut transactions, at(0), id, &invite, 200);
    assert_eq!(receive(&mut transactions, at(500), &invite), Err(Ignored::Copy));
    respond(&mut transactions, at(500), id, &invite, 200);
    assert_eq!(codes(&sent(&mut transactions)), [200, 200]);
    for branch in ["z9hG4bK2", "z9hG4bK1"] {
        receive(&mut transactions, at(600), &request("ACK", branch)).expect("taken");
        assert!(matches!(&events(&mut transactions)[..], [Event::Ack { .. }]), "{branch}");
    }
    let late = invite.reply(StatusCode::BUSY_HERE, "ours");
    assert_eq!(transactions.respond(at(700), id, &late), Err(TooLate));
    assert_eq!(transactions.poll_timeout(), Some(at(32_000)));
    run_out(&mut transactions);
}

#[test]
fn each_copy_of_another_request_is_answered_alike_for_64_t1() {
    let mut transactions = transactions();
    let bye = request("BYE", "z9hG4bK1");
    let id = received(&mut transactions, &bye);
    assert_eq!(receive(&mut transactions, at(100), &bye), Err(Ignored::Copy));
    assert_eq!(codes(&sent(&mut transactions)), [0; 0]);
    respond(&mut transactions, at(200), id, &bye, 200);
    let _ = receive(&mut transactions, at(30_000), &bye);
    assert_eq!(codes(&sent(&mut transactions)), [200, 200]);
    assert_eq!(transactions.poll_timeout(), Some(at(32_200)));
    run_out(&mut transactions);
}

#[test]
fn a_cancel_finds_its_invite_and_a_cancels_retransmission_is_not_a_481() {
    let mut transactions = transactions();
    let invite = received(&mut transactions, &request("INVITE", "z9hG4bK1"));
    let cancel = request("CANCEL", "z9hG4bK1");
    receive(&mut transactions, at(10), &cancel).expect("taken");
    let [Event::Cancel { server, invite: Some(found), .. }] = &events(&mut transactions)[..] else {
        unreachable!("the INVITE is not found");
    };
    assert_eq!(*found, invite);
    respond(&mut transactions, at(10), *server, &cancel, 200);
    respond(&mut transactions, at(10), invite, &request("INVITE", "z9hG4bK1"), 487);
    receive(&mut transactions, at(20), &request("ACK", "z9hG4bK1")).expect("taken");
    transactions.handle_timeout(at(6_000));
    sent(&mut transactions);
    assert_eq!(receive(&mut transactions, at(6_100), &cancel), Err(Ignored::Copy));
    assert_eq!(
        codes(&sent(&mut transactions)),
        [200],
        "the INVITE is gone, and the CANCEL still answered alike"
    );
}

#[test]
fn a_cancel_of_nothing_says_so() {
    let mut transactions = transactions();
    receive(&mut transactions, at(0), &request("CANCEL", "z9hG4bK1")).expect("taken");
    assert!(matches!(&events(&mut transactions)[..], [Event::Cancel { invite: None, .. }]));
}

#[test]
fn the_same_request_by_another_way_is_answered_with_482() {
    let mut transactions = transactions();
    received(&mut transactions, &request("INVITE", "z9hG4bK1"));
    let mut merged = request("INVITE", "z9hG4bK1");
    merged.essentials.via[0].params.set("branch", Some("z9hG4bK2"));
    assert_eq!(receive(&mut transactions, at(10), &merged), Err(Ignored::Merged));
    let _ = receive(&mut transactions, at(20), &merged);
    let answers = sent(&mut transactions);
    assert_eq!(codes(&answers), [482, 482]);
    assert_eq!(answers[0], answers[1], "copies are answered alike, their tag included");
    assert!(answers[0].essentials().to.tag().is_some());
}

#[test]
fn more_than_the_limit_is_answered_with_503_or_not_begun() {
    let mut transactions = transactions();
    for branch in ["z9hG4bK1", "z9hG4bK2", "z9hG4bK3"] {
        received(&mut transactions, &request("OPTIONS", branch));
    }
    assert_eq!(receive(&mut transactions, at(0), &request("INVITE", "z9hG4bK4")), Err(Ignored::TooMany));
    assert_eq!(receive(&mut transactions, at(0), &request("OPTIONS", "z9hG4bK3")), Err(Ignored::Copy));
    let answers = sent(&mut transactions);
    let [Message::Response(refusal)] = &answers[..] else { unreachable!("{answers:?}") };
    assert_eq!((refusal.status.code(), refusal.headers.number(&Name::RetryAfter)), (503, Some(5)));
    for branch in ["a", "b", "c"] {
        transactions.request(at(0), request("OPTIONS", "x"), branch, udp()).expect("room");
    }
    assert_eq!(transactions.request(at(0), request("OPTIONS", "x"), "d", udp()), Err(Full));
}

#[test]
fn copies_from_a_sender_of_rfc_2543s_time_are_known_and_so_is_its_ack() {
    let mut transactions = transactions();
    let invite = request("INVITE", "1");
    let id = received(&mut transactions, &invite);
    assert_eq!(receive(&mut transactions, at(500), &invite), Err(Ignored::Copy));
    respond(&mut transactions, at(600), id, &invite, 404);
    receive(&mut transactions, at(700), &request("ACK", "1")).expect("it acknowledges the failure");
    let mut other = invite;
    other.essentials.via[0].params.remove("branch");
    other.essentials.from.params.set("tag", Some("2"));
    received(&mut transactions, &other);
}

#[test]
fn two_senders_may_use_one_branch() {
    let mut transactions = transactions();
    received(&mut transactions, &request("OPTIONS", "z9hG4bK1"));
    let mut other = request("OPTIONS", "z9hG4bK1");
    other.essentials.via[0].host = Host::Name("other.example.com".to_owned());
    other.essentials.call_id = "other".to_owned();
    received(&mut transactions, &other);
}

#[test]
fn a_long_request_goes_by_tcp_and_back_to_udp_if_nobody_listens_there() {
    let mut transactions = transactions();
    let mut long = request("INVITE", "x");
    long.body = Bytes::from(vec![b'a'; 1_300]);
    let id = transactions.request(at(0), long, "z9hG4bKlong", udp()).expect("room");
    let first = transactions.poll_transmit().expect("it is sent");
    assert_eq!(first.to.transport, Transport::Tcp);
    assert_eq!(Message::parse(&first.bytes).expect("sound").essentials().via[0].transport, "TCP");
    transactions.handle_transport_failure(at(5), id);
    let second = transactions.poll_transmit().expect("it is sent again");
    assert_eq!(second.to, udp());
    assert_eq!(Message::parse(&second.bytes).expect("sound").essentials().via[0].transport, "UDP");
    assert_eq!(events(&mut transactions), []);
    transactions.handle_peer_failure(at(6), udp());
    assert_eq!(failures(&mut transactions), [Failure::Transport]);
    assert!(transactions.is_empty());
}

#[test]
fn a_cancel_waits_for_a_provisional_response_and_goes_the_invites_way() {
    let mut transactions = transactions();
    let (id, invite) = begin(&mut transactions, "INVITE", udp());
    assert_eq!(transactions.cancel(at(1), id), Ok(None), "nothing was heard of the INVITE");
    answer(&mut transactions, at(2), &invite, 180).expect("taken");
    assert!(transactions.cancel(at(3), id).expect("room").is_some());
    let [Message::Request(cancel)] = &sent(&mut transactions)[..] else { unreachable!("no CANCEL") };
    assert_eq!(cancel.essentials.top_via(), invite.essentials.top_via());
    assert_eq!((cancel.essentials.cseq.number, cancel.uri.clone()), (1, invite.uri.clone()));
    answer(&mut transactions, at(4), cancel, 200).expect("the CANCEL's own response");
    answer(&mut transactions, at(5), &invite, 487).expect("the INVITE's");
    let [Message::Request(ack)] = &sent(&mut transactions)[..] else { unreachable!("no ACK") };
    assert_eq!(ack.method, Method::Ack, "487 after our own CANCEL is acknowledged");
    transactions.handle_timeout(at(0) + SECOND * 60);
    assert!(transactions.is_empty());
}
