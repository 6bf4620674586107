use ringfall_control::{order::Destination as Ordered, signature::verify};
use ringfall_domain::{
    call::{
        event::{EndCause, LegReport, LegStatus},
        instructions::Speech,
    },
    target::{Destination, SipUri},
};
use serde_json::{Value, json};

use super::*;
use crate::rest::{
    Patience, Reach,
    kit::{self, a_dial, callbacks, connection, impatient, patient},
    server::{Reply, Seen, Server},
};

const LEG: &str = "leg_mine";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn carrier(api_base_url: &str, patience: Patience) -> RelayCarrier {
    let credentials = RelayCredentials::new(SECRET)
        .and_then(|credentials| credentials.with_api_base_url(api_base_url))
        .expect("valid");
    RelayCarrier::new(RestClient::with_patience(Reach::Anywhere, patience), credentials, connection())
}

fn query(leg: Option<&str>) -> LegQuery {
    kit::query("call_1", leg, "leg_other")
}

/// About a leg that was to be rung just now.
fn query_of_now() -> LegQuery {
    LegQuery { reserved_at: Timestamp::now(), ..query(Some(LEG)) }
}

fn leg(id: &str, status: &str, cause: Option<&str>) -> Value {
    let mut leg = json!({
        "leg_id": id,
        "destination": {"phone_number": "+12145550100"},
        "status": status,
        "began_at": "2026-03-02T15:00:11Z",
        "bridged": true,
    });
    if status != "ringing" {
        leg["answered_at"] = json!("2026-03-02T15:00:20Z");
    }
    if let Some(cause) = cause {
        leg["ended_at"] = json!("2026-03-02T15:01:55Z");
        leg["cause"] = json!(cause);
        leg["duration_seconds"] = json!(95);
    }
    leg
}

/// A call as a relay tells of it.
fn call(legs: &[Value]) -> Reply {
    Reply::Json(
        200,
        json!({"call_id": "call_1", "from": "+12145550123", "to": "18005550111", "status": "answered",
               "began_at": "2026-03-02T15:00:00Z", "of_tomorrow": {}, "legs": legs}),
    )
}

fn refusal(status: u16, detail: &str) -> Reply {
    Reply::Json(status, json!({"detail": detail}))
}

/// The answer to a question about the leg, and what the server saw.
async fn asked(replies: Vec<Reply>, query: &LegQuery) -> (Result<LegOnProvider, CarrierError>, Vec<Seen>) {
    let server = Server::answering(replies).await;
    let answer = carrier(&server.url, patient()).fetch_leg(query).await;
    (answer, server.seen())
}

fn known(status: LegStatus, occurred_at: &str, duration_seconds: Option<u32>) -> LegOnProvider {
    LegOnProvider::Known(LegReport {
        provider_leg_id: Some(LEG.to_owned()),
        status: Some(status),
        occurred_at: Some(occurred_at.parse().expect("a time")),
        duration_seconds,
        bridged: matches!(status, LegStatus::Ended(_)).then_some(true),
        ..LegReport::default()
    })
}

fn call_id() -> CallId {
    CallId::from_parts(2, 2)
}

async fn modified(
    server: &Server,
    patience: Patience,
    instructions: &[Instruction],
) -> Result<bool, CarrierError> {
    carrier(&server.url, patience).modify_call("call_1", instructions, call_id(), &callbacks()).await
}

fn new_call(ring_timeout_seconds: u32) -> NewCall {
    NewCall {
        to: "+12145550123".parse().expect("a number"),
        from: "+18005550111".parse().expect("a number"),
        ring_timeout_seconds,
        answered: Continuation::CallbackAnswered { of: call_id(), attempt: 2 },
        progress: Continuation::CallbackProgress { of: call_id(), attempt: 2 },
    }
}

async fn placed(server: &Server, patience: Patience) -> Result<String, CarrierError> {
    carrier(&server.url, patience).place_call(&new_call(25), call_id(), &callbacks()).await
}

/// Whether each request of a server was signed by the connection, as the relay checks it.
fn assert_signed(server: &Server) {
    let secret = SECRET.parse().expect("a secret");
    assert_eq!(server.seen().len(), server.headers().len());
    for (seen, headers) in server.seen().iter().zip(server.headers()) {
        let (method, path) = seen.line.split_once(' ').expect("a method and a path");
        let header = headers["ringfall-signature"].to_str().expect("a signature");
        let signed = Signed::Request { method, path, body: seen.body.as_bytes() };
        assert_eq!(verify(&secret, header, signed, Timestamp::now().as_second()), Ok(()), "{seen:?}");
        assert_eq!(headers["ringfall-connection"], connection().to_string().as_str());
    }
}

#[tokio::test]
async fn a_leg_is_found_in_its_call_by_its_id() {
    let ended = LegStatus::Ended;
    let (began, answered, over) = ("2026-03-02T15:00:11Z", "2026-03-02T15:00:20Z", "2026-03-02T15:01:55Z");
    for (status, cause, expected) in [
        ("ringing", None, known(LegStatus::Ringing, began, None)),
        ("answered", None, known(LegStatus::Answered, answered, None)),
        ("ended", Some("completed"), known(ended(EndCause::Completed), over, Some(95))),
        ("ended", Some("busy"), known(ended(EndCause::Busy), over, None)),
        ("ended", Some("no_answer"), known(ended(EndCause::NoAnswer), over, None)),
        ("ended", Some("failed"), known(ended(EndCause::Failed), over, None)),
        ("ended", Some("canceled"), known(ended(EndCause::Canceled), over, None)),
    ] {
        let legs = [leg("leg_other", "answered", None), leg(LEG, status, cause)];
        let server = Server::answering([call(&legs)]).await;
        let answer = carrier(&server.url, patient()).fetch_leg(&query(Some(LEG))).await;
        assert_eq!(answer, Ok(expected), "{status} {cause:?}");
        let request = Seen {
            line: "GET /v1/calls/call_1".to_owned(),
            authorization: String::new(),
            body: String::new(),
        };
        assert_eq!(server.seen(), [request]);
        assert_signed(&server);
    }
}

#[tokio::test]
async fn a_leg_without_a_known_id_is_found_by_its_destination_and_its_time() {
    let at = |id: &str, began_at: &str| {
        let mut leg = leg(id, "ringing", None);
        leg["began_at"] = json!(format!("2026-03-02T{began_at}Z"));
        leg
    };
    let mut elsewhere = at("leg_elsewhere", "15:00:10");
    elsewhere["destination"] = json!({"sip_uri": "sip:desk@127.0.0.1:5080"});
    for (legs, expected) in [
        (vec![], None),
        (vec![elsewhere.clone()], None),
        (vec![at("leg_other", "15:00:10")], None),
        (vec![at("leg_early", "14:59:59")], None),
        (vec![at("leg_ours", "15:00:00")], Some("leg_ours")),
        (vec![at("leg_later", "15:00:40"), at(LEG, "15:00:11"), at("leg_before", "15:00:07")], Some(LEG)),
    ] {
        let (answer, _) = asked(vec![call(&legs)], &query(None)).await;
        let found = match answer.expect("an answer") {
            LegOnProvider::Known(report) => report.provider_leg_id,
            LegOnProvider::NoSuchLeg => None,
        };
        assert_eq!(found.as_deref(), expected);
    }
    let uri = SipUri::try_from("sip:desk@127.0.0.1:5080".to_owned()).expect("a URI");
    let to_sip = LegQuery { destination: Destination::SipUri(uri), ..query(None) };
    let (answer, _) = asked(vec![call(&[at(LEG, "15:00:10"), elsewhere])], &to_sip).await;
    let Ok(LegOnProvider::Known(report)) = answer else { panic!("{answer:?}") };
    assert_eq!(report.provider_leg_id.as_deref(), Some("leg_elsewhere"));
}

#[tokio::test]
async fn what_the_relay_does_not_have_is_no_failure() {
    let (answer, _) = asked(vec![refusal(404, "no such call")], &query(Some(LEG))).await;
    assert_eq!(answer, Ok(LegOnProvider::NoSuchLeg));
    let (answer, _) = asked(vec![call(&[leg("leg_other", "answered", None)])], &query(Some(LEG))).await;
    assert_eq!(answer, Ok(LegOnProvider::NoSuchLeg));
    let strange = LegQuery { provider_call_id: "../calls".to_owned(), ..query(None) };
    assert_eq!(asked(vec![], &strange).await, (Ok(LegOnProvider::NoSuchLeg), vec![]));
}

#[tokio::test]
async fn a_passing_failure_is_tried_again() {
    let busy = || Reply::Text(503, "busy".to_owned());
    let limited = |retry_after| Reply::TooManyRequests { retry_after };
    for (failures, tries) in
        [(vec![busy()], 2), (vec![busy(), limited("0")], 3), (vec![limited("86400"), busy()], 3)]
    {
        let mut replies = failures;
        replies.push(call(&[leg(LEG, "answered", None)]));
        let (answer, seen) = asked(replies, &query(Some(LEG))).await;
        assert_eq!(answer, Ok(known(LegStatus::Answered, "2026-03-02T15:00:20Z", None)));
        assert_eq!(seen.len(), tries);
    }
}

#[tokio::test]
async fn a_lasting_failure_leaves_everything_unknown() {
    let huge = Reply::Text(200, format!("{}{{}}", " ".repeat(256 * 1024)));
    for (reply, times, tries) in [
        (Reply::Text(500, "broken".to_owned()), 3, 3),
        (Reply::TooManyRequests { retry_after: "0" }, 3, 3),
        (Reply::Text(200, "<html>".to_owned()), 1, 1),
        (Reply::Json(200, json!({"call_id": "call_1"})), 1, 1),
        (call(&[leg(LEG, "of_tomorrow", None)]), 1, 1),
        (huge, 1, 1),
    ] {
        let (answer, seen) = asked(vec![reply; times], &query_of_now()).await;
        assert!(matches!(answer, Err(CarrierError::Unavailable(_))), "{answer:?}");
        assert_eq!(seen.len(), tries, "{answer:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_at_once_with_the_relays_reason_and_without_the_secret() {
    let (answer, seen) = asked(vec![refusal(401, "the signature does not match")], &query_of_now()).await;
    let reason = "status 401 Unauthorized: the signature does not match".to_owned();
    assert_eq!(answer, Err(CarrierError::Refused(reason)));
    assert_eq!(seen.len(), 1);
    let (answer, _) = asked(vec![refusal(400, &"x".repeat(9_000))], &query_of_now()).await;
    let Err(CarrierError::Refused(reason)) = answer else { panic!("{answer:?}") };
    assert!(reason.len() < 300, "{reason}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::answering([call(&[])]).await;
    let redirect = Reply::Redirect { to: elsewhere.url.clone() };
    let (answer, _) = asked(vec![redirect], &query_of_now()).await;
    assert_eq!(answer, Err(CarrierError::Refused("status 302 Found".to_owned())));
    assert_eq!(elsewhere.seen(), []);
}

#[tokio::test]
async fn silence_and_no_relay_at_all_leave_everything_unknown() {
    let silent = Server::answering([Reply::Silence, Reply::Silence]).await;
    let answer = carrier(&silent.url, impatient()).fetch_leg(&query_of_now()).await;
    assert_eq!(answer, Err(CarrierError::Unavailable("time-out".to_owned())));
    assert_eq!(silent.seen().len(), 2);

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let answer = carrier(&url, patient()).fetch_leg(&query_of_now()).await;
    let Err(CarrierError::Unavailable(reason)) = answer else { panic!("{answer:?}") };
    assert!(!reason.contains(SECRET), "{reason}");

    let credentials = RelayCredentials::new(SECRET).expect("valid");
    let rest = RestClient::with_patience(Reach::Anywhere, patient());
    let answer = RelayCarrier::new(rest, credentials, connection()).end_call("call_1").await;
    let Err(CarrierError::Unavailable(reason)) = answer else { panic!("{answer:?}") };
    assert!(reason.contains("api_base_url"), "{reason}");
}

#[tokio::test]
async fn a_relay_in_a_private_network_is_not_asked_where_only_public_ones_may_be() {
    let server = Server::answering([]).await;
    let credentials =
        RelayCredentials::new(SECRET).and_then(|own| own.with_api_base_url(&server.url)).expect("valid");
    let rest = RestClient::with_patience(Reach::PublicOnly, patient());
    let answer = RelayCarrier::new(rest, credentials, connection()).end_call("call_1").await;
    assert!(matches!(answer, Err(CarrierError::Refused(_))), "{answer:?}");
    assert_eq!(server.seen(), []);
}

#[tokio::test]
async fn a_call_is_ended_and_one_that_is_over_is_no_failure() {
    for reply in [Reply::Text(204, String::new()), refusal(404, "no such call"), refusal(409, "it is over")] {
        let server = Server::answering([reply]).await;
        assert_eq!(carrier(&server.url, patient()).end_call("leg_1").await, Ok(()));
        assert_eq!(server.seen()[0].line, "DELETE /v1/calls/leg_1");
        assert_signed(&server);
    }
    let server = Server::answering([]).await;
    assert_eq!(carrier(&server.url, patient()).end_call("a/b").await, Ok(()));
    assert_eq!(server.seen(), []);
    let server = Server::answering([refusal(400, "no")]).await;
    let refused = carrier(&server.url, patient()).end_call("call_1").await;
    assert!(matches!(refused, Err(CarrierError::Refused(_))), "{refused:?}");
}

#[tokio::test]
async fn a_live_call_is_given_new_orders() {
    let then = [Instruction::Continue(Continuation::DialEnded { attempt: 1 })];
    for (reply, expected) in [
        (Reply::Text(204, String::new()), true),
        (refusal(404, "no such call"), false),
        (refusal(409, "it is over"), false),
    ] {
        let server = Server::answering([reply]).await;
        assert_eq!(modified(&server, patient(), &then).await, Ok(expected));
        let seen = server.seen();
        assert_eq!(seen[0].line, "POST /v1/calls/call_1");
        let body: Value = serde_json::from_str(&seen[0].body).expect("JSON");
        let url = callbacks().url(call_id(), &Continuation::DialEnded { attempt: 1 });
        assert_eq!(body, json!({"instructions": [{"continue": {"then": url}}]}));
        assert_eq!(server.headers()[0]["content-type"], "application/json");
        assert_signed(&server);
    }
    let server = Server::answering([]).await;
    let carrier = carrier(&server.url, patient());
    assert_eq!(carrier.modify_call("../x", &then, call_id(), &callbacks()).await, Ok(false));
    assert_eq!(server.seen(), []);
}

#[tokio::test]
async fn orders_that_dial_are_sent_again_only_if_they_were_not_taken() {
    let (gone_on, dials) = (Instruction::Hangup, a_dial());
    for (first, instruction, tries) in [
        (Reply::Text(502, String::new()), &gone_on, 2),
        (Reply::Text(502, String::new()), &dials, 1),
        (Reply::TooManyRequests { retry_after: "0" }, &dials, 2),
    ] {
        let server = Server::answering([first, Reply::Text(204, String::new())]).await;
        let answer = modified(&server, patient(), std::slice::from_ref(instruction)).await;
        assert_eq!((answer.is_ok(), server.seen().len()), (tries == 2, tries), "{answer:?}");
    }
    let silent = Server::answering([Reply::Silence]).await;
    let answer = modified(&silent, impatient(), &[dials]).await;
    assert_eq!(answer, Err(CarrierError::Unavailable("time-out".to_owned())));
    assert_eq!(silent.seen().len(), 1);
}

#[tokio::test]
async fn orders_beyond_the_limit_are_not_sent() {
    let server = Server::answering([]).await;
    let say = Instruction::Say(Speech { text: "é".repeat(4000), language: None });
    let answer = modified(&server, patient(), &vec![say; 20]).await;
    assert!(matches!(answer, Err(CarrierError::Refused(_))), "{answer:?}");
    assert_eq!(server.seen(), []);
}

#[tokio::test]
async fn a_live_call_is_redirected_and_one_that_is_over_is_not() {
    let then = Continuation::Offered { attempt: 3 };
    for (reply, expected) in [
        (Reply::Text(204, String::new()), true),
        (refusal(404, "no such call"), false),
        (refusal(409, "it is over"), false),
    ] {
        let server = Server::answering([reply]).await;
        let carrier = carrier(&server.url, patient());
        assert_eq!(carrier.redirect("call_1", &then, call_id(), &callbacks()).await, Ok(expected));
        let body: Value = serde_json::from_str(&server.seen()[0].body).expect("JSON");
        assert_eq!(body, json!({"continue": callbacks().url(call_id(), &then)}));
        assert_signed(&server);
    }
}

#[tokio::test]
async fn neither_a_redirect_nor_a_new_call_is_repeated_after_an_unclear_answer() {
    let accepted = || Reply::Json(201, json!({"call_id": "call_new"}));
    for (first, tries) in
        [(Reply::Text(502, String::new()), 1), (Reply::TooManyRequests { retry_after: "0" }, 2)]
    {
        let server = Server::answering([first.clone(), accepted()]).await;
        let then = Continuation::Offered { attempt: 3 };
        let answer = carrier(&server.url, patient()).redirect("call_1", &then, call_id(), &callbacks()).await;
        assert_eq!((answer.is_ok(), server.seen().len()), (tries == 2, tries), "{answer:?}");
        let server = Server::answering([first, accepted()]).await;
        let answer = placed(&server, patient()).await;
        assert_eq!((answer.is_ok(), server.seen().len()), (tries == 2, tries), "{answer:?}");
    }
    let silent = Server::answering([Reply::Silence]).await;
    let answer = placed(&silent, impatient()).await;
    assert_eq!(answer, Err(CarrierError::Unavailable("time-out".to_owned())));
    assert_eq!(silent.seen().len(), 1);
}

#[tokio::test]
async fn a_new_call_asks_for_its_orders_and_tells_its_end() {
    let server = Server::answering([Reply::Json(201, json!({"call_id": "call_new"}))]).await;
    assert_eq!(placed(&server, patient()).await, Ok("call_new".to_owned()));
    let seen = server.seen();
    assert_eq!(seen[0].line, "POST /v1/calls");
    assert_signed(&server);
    let sent: PlaceCall = ringfall_control::read(seen[0].body.as_bytes(), 9_999).expect("a call to place");
    let new = new_call(25);
    let expected = PlaceCall {
        to: Ordered::PhoneNumber("+12145550123".parse().expect("a number")),
        from: "+18005550111".parse().expect("a number"),
        ring_timeout_seconds: 25,
        most_seconds: None,
        answered: callbacks().url(call_id(), &new.answered).parse().expect("a URL"),
        progress: callbacks().url(call_id(), &new.progress).parse().expect("a URL"),
    };
    assert_eq!(sent, expected);
}

#[test]
fn a_new_calls_ring_time_stays_within_the_relays_bounds() {
    for (given, expected) in [(0, 1), (u32::MAX, 600)] {
        let place = place(&new_call(given), call_id(), &callbacks()).expect("a call to place");
        assert_eq!(place.ring_timeout_seconds, expected);
    }
}

#[tokio::test]
async fn a_new_call_that_the_relay_refuses_or_gives_no_id_is_a_failure() {
    let server = Server::answering([refusal(403, "no prefix of the trunk allows +1900")]).await;
    let refused = placed(&server, patient()).await;
    let reason = "status 403 Forbidden: no prefix of the trunk allows +1900".to_owned();
    assert_eq!(refused, Err(CarrierError::Refused(reason)));
    for body in [json!({"call_id": "../x"}), json!({"status": "ringing"})] {
        let server = Server::answering([Reply::Json(201, body)]).await;
        let answer = placed(&server, patient()).await;
        assert!(matches!(answer, Err(CarrierError::Unavailable(_))), "{answer:?}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn what_another_relay_says_nothing_of_is_unknown_and_not_over() {
    let elsewhere = || refusal(421, "the call is not of this relay but of another one");
    let (answer, _) = asked(vec![elsewhere()], &query_of_now()).await;
    let unknown = |answer: &CarrierError| matches!(answer, CarrierError::Unavailable(reason) if reason.contains("another one"));
    assert!(answer.as_ref().is_err_and(unknown), "{answer:?}");
    let server = Server::answering(vec![elsewhere(), elsewhere()]).await;
    let carrier = carrier(&server.url, patient());
    assert!(carrier.end_call("00000000000000aa_1").await.as_ref().is_err_and(unknown));
    let then = Continuation::DialEnded { attempt: 1 };
    let callbacks = callbacks();
    let moved = carrier.redirect("00000000000000aa_1", &then, CallId::from_parts(2, 2), &callbacks).await;
    assert!(moved.as_ref().is_err_and(unknown), "{moved:?}");
}

#[tokio::test]
async fn a_leg_that_has_had_all_its_time_is_over_unless_its_relay_says_otherwise() {
    const ALL_ITS_SECONDS: i64 = 600 + 600 + 4 * 3_600 + 900;
    let elsewhere = || refusal(421, "the call is not of this relay but of another one");
    let reserved = |seconds_ago| LegQuery {
        reserved_at: Timestamp::now() - jiff::SignedDuration::from_secs(seconds_ago),
        ..query(Some(LEG))
    };
    for reply in
        [elsewhere(), refusal(401, "the signature does not match"), Reply::Text(200, "<html>".to_owned())]
    {
        let (answer, _) = asked(vec![reply.clone()], &reserved(ALL_ITS_SECONDS - 60)).await;
        assert!(answer.is_err(), "{answer:?}");
        let (answer, _) = asked(vec![reply], &reserved(ALL_ITS_SECONDS + 60)).await;
        assert_eq!(answer, Ok(LegOnProvider::NoSuchLeg));
    }
    // Nobody is there any more.
    let gone = Server::answering([]).await.url.clone();
    let answer = carrier(&gone, patient()).fetch_leg(&reserved(ALL_ITS_SECONDS + 60)).await;
    assert_eq!(answer, Ok(LegOnProvider::NoSuchLeg));
    let live = call(&[leg(LEG, "answered", None)]);
    let (answer, _) = asked(vec![live], &reserved(ALL_ITS_SECONDS + 60)).await;
    let is_live = |known: &LegOnProvider| matches!(known, LegOnProvider::Known(report) if report.status == Some(LegStatus::Answered));
    assert!(answer.as_ref().is_ok_and(is_live), "{answer:?}");
}
