//! Calls that are redirected, and calls that we place.

use ringfall_domain::ids::CallId;

use super::*;

fn call_id() -> CallId {
    CallId::from_parts(2, 2)
}

fn fields(seen: &Seen) -> Vec<(String, String)> {
    url::form_urlencoded::parse(seen.body.as_bytes()).into_owned().collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn new_call(ring_timeout_seconds: u32) -> NewCall {
    let of = CallId::from_parts(2, 2);
    NewCall {
        to: "+12145550123".parse().expect("a number"),
        from: "+18005550111".parse().expect("a number"),
        ring_timeout_seconds,
        answered: Continuation::CallbackAnswered { of, attempt: 2 },
        progress: Continuation::CallbackProgress { of, attempt: 2 },
    }
}

async fn placed(server: &Server, patience: Patience) -> Result<String, CarrierError> {
    carrier(&server.url, patience).place_call(&new_call(25), call_id(), &callbacks()).await
}

#[tokio::test]
async fn a_live_call_is_redirected_and_one_that_is_over_is_not() {
    let then = Continuation::Offered { attempt: 3 };
    for (reply, expected) in [
        (Reply::Json(200, call("CA1", "in-progress")), true),
        (Reply::refusal(404, 20404), false),
        (Reply::refusal(400, 21220), false),
    ] {
        let server = Server::answering([reply]).await;
        let carrier = carrier(&server.url, patient());
        assert_eq!(carrier.redirect("CA1", &then, call_id(), &callbacks()).await, Ok(expected));
        let seen = server.seen();
        assert_eq!(seen[0].line, "POST /2010-04-01/Accounts/AC123/Calls/CA1.json");
        assert_eq!(seen[0].authorization, AUTHORIZATION);
        let url = callbacks().url(call_id(), &then);
        assert_eq!(fields(&seen[0]), pairs(&[("Url", &url), ("Method", "POST")]));
    }
    let server = Server::answering([]).await;
    let redirected = carrier(&server.url, patient()).redirect("a/b", &then, call_id(), &callbacks()).await;
    assert_eq!((redirected, server.seen()), (Ok(false), vec![]));
}

#[tokio::test]
async fn neither_a_redirect_nor_a_new_call_is_repeated_after_an_unclear_answer() {
    let accepted = || Reply::Json(201, call("CAnew", "queued"));
    for (first, tries) in
        [(Reply::Text(502, String::new()), 1), (Reply::TooManyRequests { retry_after: "0" }, 2)]
    {
        let server = Server::answering([first.clone(), accepted()]).await;
        let then = Continuation::Offered { attempt: 3 };
        let answer = carrier(&server.url, patient()).redirect("CA1", &then, call_id(), &callbacks()).await;
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
async fn a_new_call_asks_for_its_instructions_and_tells_its_end() {
    let server = Server::answering([Reply::Json(201, call("CAnew", "queued"))]).await;
    assert_eq!(placed(&server, patient()).await, Ok("CAnew".to_owned()));
    let seen = server.seen();
    assert_eq!(seen[0].line, "POST /2010-04-01/Accounts/AC123/Calls.json");
    assert_eq!(seen[0].authorization, AUTHORIZATION);
    let new = new_call(25);
    let expected = [
        ("To", "+12145550123"),
        ("From", "+18005550111"),
        ("Timeout", "25"),
        ("Url", &callbacks().url(call_id(), &new.answered)),
        ("Method", "POST"),
        ("StatusCallback", &callbacks().url(call_id(), &new.progress)),
        ("StatusCallbackEvent", "completed"),
        ("StatusCallbackMethod", "POST"),
    ];
    assert_eq!(fields(&seen[0]), pairs(&expected));
}

#[tokio::test]
async fn a_new_calls_ring_time_stays_within_twilios_bounds() {
    for (given, timeout) in [(0, "1"), (u32::MAX, "600")] {
        let form = form_of(&new_call(given), call_id(), &callbacks());
        assert!(form.contains(&("Timeout", timeout.to_owned())), "{form:?}");
    }
}

#[tokio::test]
async fn a_new_call_that_twilio_refuses_or_gives_no_id_is_a_failure() {
    let server = Server::answering([Reply::refusal(400, 21211)]).await;
    let refused = placed(&server, patient()).await;
    let reason = "status 400 Bad Request, Twilio's code 21211".to_owned();
    assert_eq!(refused, Err(CarrierError::Refused(reason)));
    for body in [json!({"sid": "../x"}), json!({"status": "queued"})] {
        let server = Server::answering([Reply::Json(201, body)]).await;
        let answer = placed(&server, patient()).await;
        assert!(matches!(answer, Err(CarrierError::Unavailable(_))), "{answer:?}");
        assert_eq!(server.seen().len(), 1);
    }
}
