mod placing;

use ringfall_domain::call::{
    event::{EndCause, LegReport, LegStatus},
    instructions::{Continuation, Speech},
};
use serde_json::{Value, json};

use super::*;
use crate::rest::{
    Patience, Reach,
    kit::{self, a_dial, callbacks, impatient, patient},
    server::{Reply, Seen, Server},
};

const LEG: &str = "CAchild";
const TOKEN: &str = "open-sesame";
/// Base64 of `AC123:open-sesame`.
const AUTHORIZATION: &str = "Basic QUMxMjM6b3Blbi1zZXNhbWU=";

fn carrier(api_base_url: &str, patience: Patience) -> TwilioCarrier {
    let credentials = TwilioCredentials::new("AC123", TOKEN)
        .and_then(|credentials| credentials.with_api_base_url(api_base_url))
        .expect("valid");
    TwilioCarrier::new(RestClient::with_patience(Reach::Anywhere, patience), credentials)
}

fn query(leg: Option<&str>) -> LegQuery {
    kit::query("CA1", leg, "CAother")
}

/// A call as Twilio's API writes it.
fn call(sid: &str, status: &str) -> Value {
    json!({
        "sid": sid,
        "parent_call_sid": "CA1",
        "to": "+12145550100",
        "from": "+12145550123",
        "status": status,
        "date_created": "Mon, 02 Mar 2026 15:00:11 +0000",
        "start_time": "Mon, 02 Mar 2026 15:00:20 +0000",
        "end_time": "Mon, 02 Mar 2026 15:01:55 +0000",
        "duration": "95",
        "price": null,
        "subresource_uris": {},
    })
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
        ..LegReport::default()
    })
}

async fn modified(
    server: &Server,
    patience: Patience,
    instructions: &[Instruction],
) -> Result<bool, CarrierError> {
    carrier(&server.url, patience)
        .modify_call("CA1", instructions, CallId::from_parts(2, 2), &callbacks())
        .await
}

#[tokio::test]
async fn a_leg_with_a_known_id_is_asked_for_by_it() {
    let ended = |cause| LegStatus::Ended(cause);
    let (created, started, over) = ("2026-03-02T15:00:11Z", "2026-03-02T15:00:20Z", "2026-03-02T15:01:55Z");
    for (status, expected) in [
        ("queued", known(LegStatus::Ringing, created, None)),
        ("ringing", known(LegStatus::Ringing, created, None)),
        ("in-progress", known(LegStatus::Answered, started, None)),
        ("completed", known(ended(EndCause::Completed), over, Some(95))),
        ("busy", known(ended(EndCause::Busy), over, None)),
        ("no-answer", known(ended(EndCause::NoAnswer), over, None)),
        ("failed", known(ended(EndCause::Failed), over, None)),
        ("canceled", known(ended(EndCause::Canceled), over, None)),
    ] {
        let (answer, seen) = asked(vec![Reply::Json(200, call(LEG, status))], &query(Some(LEG))).await;
        assert_eq!(answer, Ok(expected), "{status}");
        let request = Seen {
            line: "GET /2010-04-01/Accounts/AC123/Calls/CAchild.json".to_owned(),
            authorization: AUTHORIZATION.to_owned(),
            body: String::new(),
        };
        assert_eq!(seen, [request]);
    }
}

#[tokio::test]
async fn what_has_not_happened_yet_may_be_null_or_missing() {
    let ringing =
        json!({"sid": LEG, "status": "ringing", "start_time": null, "end_time": "", "duration": null});
    let completed = json!({"sid": LEG, "status": "completed", "duration": 7});
    for (body, status, duration_seconds) in
        [(ringing, LegStatus::Ringing, None), (completed, LegStatus::Ended(EndCause::Completed), Some(7))]
    {
        let (answer, _) = asked(vec![Reply::Json(200, body)], &query(Some(LEG))).await;
        let expected = LegReport {
            provider_leg_id: Some(LEG.to_owned()),
            status: Some(status),
            duration_seconds,
            ..LegReport::default()
        };
        assert_eq!(answer, Ok(LegOnProvider::Known(expected)));
    }
}

#[tokio::test]
async fn a_leg_that_twilio_does_not_have_is_no_failure() {
    let (answer, _) = asked(vec![Reply::refusal(404, 20404)], &query(Some(LEG))).await;
    assert_eq!(answer, Ok(LegOnProvider::NoSuchLeg));
    let (answer, seen) = asked(vec![], &query(Some("../../AC999/Calls/CA1"))).await;
    assert_eq!((answer, seen), (Ok(LegOnProvider::NoSuchLeg), vec![]));
}

#[tokio::test]
async fn a_leg_without_a_known_id_is_found_among_the_children() {
    let page =
        |calls: Value, next: Value| vec![Reply::Json(200, json!({"calls": calls, "next_page_uri": next}))];
    let mine = call(LEG, "in-progress");
    let (answer, seen) =
        asked(page(json!([call("CAother", "completed"), mine]), Value::Null), &query(None)).await;
    assert_eq!(answer, Ok(known(LegStatus::Answered, "2026-03-02T15:00:20Z", None)));
    assert_eq!(
        seen.iter().map(|seen| seen.line.as_str()).collect::<Vec<_>>(),
        ["GET /2010-04-01/Accounts/AC123/Calls.json?ParentCallSid=CA1&PageSize=100"]
    );
    let (answer, _) = asked(page(json!([call("CAother", "completed")]), Value::Null), &query(None)).await;
    assert_eq!(answer, Ok(LegOnProvider::NoSuchLeg));
    let (answer, _) = asked(page(json!([]), json!("/2010-04-01/next")), &query(None)).await;
    assert!(matches!(answer, Err(CarrierError::Unavailable(_))), "{answer:?}");
    let (answer, _) = asked(vec![Reply::refusal(404, 20404)], &query(None)).await;
    assert!(matches!(answer, Err(CarrierError::Refused(_))), "{answer:?}");
}

#[tokio::test]
async fn a_passing_failure_is_tried_again() {
    let busy = || Reply::Text(503, "busy".to_owned());
    let limited = |retry_after| Reply::TooManyRequests { retry_after };
    for (failures, tries) in [
        (vec![busy()], 2),
        (vec![busy(), limited("0")], 3),
        (vec![limited("86400"), limited("Wed, 21 Oct 2026 07:28:00 GMT")], 3),
    ] {
        let mut replies = failures;
        replies.push(Reply::Json(200, call(LEG, "in-progress")));
        let (answer, seen) = asked(replies, &query(Some(LEG))).await;
        assert_eq!(answer, Ok(known(LegStatus::Answered, "2026-03-02T15:00:20Z", None)));
        assert_eq!(seen.len(), tries);
    }
}

#[tokio::test]
async fn a_lasting_failure_leaves_everything_unknown() {
    let huge = Reply::Text(200, format!("{}{}", " ".repeat(256 * 1024), call(LEG, "completed")));
    for (reply, times, tries) in [
        (Reply::Text(500, "broken".to_owned()), 3, 3),
        (Reply::TooManyRequests { retry_after: "0" }, 3, 3),
        (Reply::Text(200, "<html>".to_owned()), 1, 1),
        (Reply::Json(200, json!({"sid": LEG})), 1, 1),
        (Reply::Json(200, call(LEG, "of-tomorrow")), 1, 1),
        (huge, 1, 1),
    ] {
        let (answer, seen) = asked(vec![reply; times], &query(Some(LEG))).await;
        assert!(matches!(answer, Err(CarrierError::Unavailable(_))), "{answer:?}");
        assert_eq!(seen.len(), tries, "{answer:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_at_once_and_without_the_token() {
    let (answer, seen) = asked(vec![Reply::refusal(401, 20003)], &query(Some(LEG))).await;
    assert_eq!(answer, Err(CarrierError::Refused("status 401 Unauthorized, Twilio's code 20003".to_owned())));
    assert_eq!(seen.len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::answering([Reply::Json(200, call(LEG, "completed"))]).await;
    let redirect = Reply::Redirect { to: elsewhere.url.clone() };
    let (answer, _) = asked(vec![redirect], &query(Some(LEG))).await;
    assert_eq!(answer, Err(CarrierError::Refused("status 302 Found".to_owned())));
    assert_eq!(elsewhere.seen(), []);
}

#[tokio::test]
async fn an_address_on_a_private_network_is_not_asked_where_those_are_refused() {
    let server = Server::answering([Reply::Json(200, call(LEG, "in-progress"))]).await;
    let credentials = TwilioCredentials::new("AC123", TOKEN)
        .and_then(|credentials| credentials.with_api_base_url(&server.url))
        .expect("valid");
    let rest = RestClient::with_patience(Reach::PublicOnly, patient());
    let answer = TwilioCarrier::new(rest, credentials).fetch_leg(&query(Some(LEG))).await;
    assert!(matches!(answer, Err(CarrierError::Refused(_))), "{answer:?}");
    assert_eq!(server.seen(), []);
}

#[tokio::test]
async fn silence_and_no_server_at_all_leave_everything_unknown() {
    let silent = Server::answering([Reply::Silence, Reply::Silence]).await;
    let answer = carrier(&silent.url, impatient()).fetch_leg(&query(Some(LEG))).await;
    assert_eq!(answer, Err(CarrierError::Unavailable("time-out".to_owned())));
    assert_eq!(silent.seen().len(), 2);

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let answer = carrier(&url, patient()).fetch_leg(&query(Some(LEG))).await;
    let Err(CarrierError::Unavailable(reason)) = answer else {
        panic!("{answer:?}");
    };
    assert!(!reason.contains(TOKEN) && !reason.contains("AC123"), "{reason}");
}

#[tokio::test]
async fn a_call_is_ended_and_one_that_is_over_is_no_failure() {
    for reply in
        [Reply::Json(200, call("CA1", "completed")), Reply::refusal(404, 20404), Reply::refusal(400, 21220)]
    {
        let server = Server::answering([reply]).await;
        assert_eq!(carrier(&server.url, patient()).end_call("CA1").await, Ok(()));
        let request = Seen {
            line: "POST /2010-04-01/Accounts/AC123/Calls/CA1.json".to_owned(),
            authorization: AUTHORIZATION.to_owned(),
            body: "Status=completed".to_owned(),
        };
        assert_eq!(server.seen(), [request]);
    }
    let server = Server::answering([]).await;
    assert_eq!(carrier(&server.url, patient()).end_call("a/b").await, Ok(()));
    assert_eq!(server.seen(), []);
    let server = Server::answering([Reply::refusal(400, 21218)]).await;
    let refused = carrier(&server.url, patient()).end_call("CA1").await;
    assert!(matches!(refused, Err(CarrierError::Refused(_))), "{refused:?}");
}

#[tokio::test]
async fn a_live_call_is_given_a_new_document() {
    let then = [Instruction::Continue(Continuation::DialEnded { attempt: 1 })];
    for (reply, expected) in [
        (Reply::Json(200, call("CA1", "in-progress")), true),
        (Reply::refusal(404, 20404), false),
        (Reply::refusal(400, 21220), false),
    ] {
        let server = Server::answering([reply]).await;
        assert_eq!(modified(&server, patient(), &then).await, Ok(expected));
        let seen = server.seen();
        let fields: Vec<_> = url::form_urlencoded::parse(seen[0].body.as_bytes()).into_owned().collect();
        let document = twiml(&then, CallId::from_parts(2, 2), &callbacks());
        assert_eq!(fields, [("Twiml".to_owned(), document)]);
    }
}

#[tokio::test]
async fn a_document_that_dials_is_sent_again_only_if_it_was_not_taken() {
    let (gone_on, dials) = (Instruction::Hangup, a_dial());
    for (first, instruction, tries) in [
        (Reply::Text(502, String::new()), &gone_on, 2),
        (Reply::Text(502, String::new()), &dials, 1),
        (Reply::TooManyRequests { retry_after: "0" }, &dials, 2),
    ] {
        let server = Server::answering([first, Reply::Json(200, call("CA1", "in-progress"))]).await;
        let answer = modified(&server, patient(), std::slice::from_ref(instruction)).await;
        assert_eq!((answer.is_ok(), server.seen().len()), (tries == 2, tries), "{answer:?}");
    }
    let silent = Server::answering([Reply::Silence]).await;
    let answer = modified(&silent, impatient(), &[dials]).await;
    assert_eq!(answer, Err(CarrierError::Unavailable("time-out".to_owned())));
    assert_eq!(silent.seen().len(), 1);
}

#[tokio::test]
async fn a_document_beyond_twilios_limit_is_not_sent() {
    let server = Server::answering([]).await;
    let say = Instruction::Say(Speech { text: "a".repeat(4000), language: None });
    let answer = modified(&server, patient(), &[say]).await;
    assert!(matches!(answer, Err(CarrierError::Refused(_))), "{answer:?}");
    assert_eq!(server.seen(), []);
}
