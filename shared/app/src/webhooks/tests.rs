use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;
use crate::fixtures::{World, campaign, connection};

/// Posts a form as Twilio would, signed for the token `12345` unless a signature is given, and gives status and document.
async fn post(
    world: &World,
    event: &str,
    query: &str,
    form: &str,
    signature: Option<&str>,
) -> (StatusCode, String) {
    let path = format!("/webhooks/{}/{event}{query}", connection());
    let signed = crate::fixtures::twilio_signature(&format!("https://calls.example.com{path}"), form);
    let request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-twilio-signature", signature.unwrap_or(&signed))
        .body(Body::from(form.to_owned()))
        .expect("a request");
    let response = router(Arc::clone(&world.platform)).oneshot(request).await.expect("it never fails");
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

const ARRIVAL: &str = "CallSid=CA1&From=%2B12145550123&To=%2B18005550111&CallStatus=ringing";

#[tokio::test]
async fn only_what_the_provider_signed_is_believed() {
    let world = World::new(1).await;
    let (status, document) = post(&world, "voice", "", ARRIVAL, None).await;
    assert!(status == StatusCode::OK && document.contains("Were you injured?"), "{status} {document}");
    let (status, _) = post(&world, "voice", "", ARRIVAL, Some("RSOYDt4T1cUTdK1PDd93/VVr8B8=")).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_is_no_webhook_of_ours_is_refused_by_its_kind() {
    let world = World::new(1).await;
    let large = "a".repeat(MOST_BODY_BYTES + 1);
    let long = format!("?node={}", "a".repeat(MOST_URL_BYTES));
    for (event, query, form, status) in [
        ("voice", "", large.as_str(), StatusCode::PAYLOAD_TOO_LARGE),
        ("voice", long.as_str(), "", StatusCode::PAYLOAD_TOO_LARGE),
        ("video", "", "", StatusCode::NOT_FOUND),
        ("voice", "", "CallSid=CA1", StatusCode::BAD_REQUEST),
    ] {
        let answer = post(&world, event, query, form, None).await;
        assert_eq!(answer.0, status, "{event} {}", answer.1);
    }
}

#[tokio::test]
async fn a_caller_reaches_the_fallback_number_when_the_store_fails() {
    let world = World::new(1).await;
    post(&world, "voice", "", ARRIVAL, None).await;
    world.switch_store_off();
    let query =
        format!("?call={}&campaign={}&node=injured&visit=1&attempt=1", World::call_id("CA1"), campaign());
    let leg = "CallSid=CA2&ParentCallSid=CA1&CallStatus=in-progress";
    let over = "CallSid=CA1&DialCallStatus=completed&DialBridged=true";
    for (event, query, form, has, has_not) in [
        ("voice", "", ARRIVAL, "+12145550199", "<Say"),
        ("gathered", &query, "CallSid=CA1&Digits=1", "+12145550199", "<Say"),
        ("leg-answered", &query, leg, "<Hangup/>", "<Dial"),
        ("screened", &query, "CallSid=CA2&Digits=1", "<Hangup/>", "<Dial"),
        ("dial-ended", &query, "CallSid=CA1&DialCallStatus=no-answer", "+12145550199", "<Say"),
        ("dial-ended", &query, over, "<Hangup/>", "<Dial"),
        ("leg-progress", &query, leg, "<Response", "<Dial"),
    ] {
        let (status, document) = post(&world, event, query, form, None).await;
        assert_eq!(status, StatusCode::OK, "{event}: {document}");
        assert!(document.contains(has) && !document.contains(has_not), "{event}: {document}");
    }
}

#[tokio::test]
async fn a_caller_of_a_number_that_is_not_remembered_is_told_to_call_again() {
    let world = World::new(1).await;
    world.switch_store_off();
    let (status, document) = post(&world, "voice", "", ARRIVAL, None).await;
    assert!(status == StatusCode::OK && document.contains("call again"), "{status} {document}");
}
