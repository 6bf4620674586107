//! A queue whose sounds cannot be had, or that sends callers round in a circle, is refused when it is saved.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    http::{StatusCode, header},
    routing::get,
};
use serde_json::{Value, json};

use super::kit::{self, Agency, Api, text};

/// The address of a server with a sound, a page and nothing else.
async fn server() -> String {
    let sound = || async { ([(header::CONTENT_TYPE, "audio/mpeg")], "a sound") };
    let page = || async { ([(header::CONTENT_TYPE, "text/html")], "a page") };
    let router = Router::new()
        .route("/hold.mp3", get(sound))
        .route("/page", get(page))
        .fallback(|| async { StatusCode::NOT_FOUND });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// The address of a server whose sounds can be taken away and put back.
async fn fading_server() -> (String, Arc<AtomicBool>) {
    let is_gone = Arc::new(AtomicBool::new(false));
    let gone = Arc::clone(&is_gone);
    let router = Router::new().fallback(move || {
        let status = if gone.load(Ordering::SeqCst) { StatusCode::NOT_FOUND } else { StatusCode::OK };
        async move { (status, [(header::CONTENT_TYPE, "audio/mpeg")], "a sound") }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), is_gone)
}

fn campaign(target: &str, queue: &Value) -> Value {
    let mut document = kit::campaign(target);
    let mut policy = json!({"max_size": 100, "max_wait_seconds": 300});
    let members = queue.as_object().expect("an object").clone();
    policy.as_object_mut().expect("an object").extend(members);
    document["queue"] = policy;
    document
}

#[tokio::test]
async fn each_sound_that_cannot_be_had_is_named_with_what_came_instead() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let server = server().await;
    let (sound, page, nothing) =
        (format!("{server}/hold.mp3"), format!("{server}/page"), format!("{server}/none"));
    let queue = json!({"audio": [sound, page, sound, nothing]});
    let document = campaign(&agency.target, &queue);
    let path = format!("/v1/campaigns/{}", agency.campaign);
    for reply in [
        api.post("/v1/campaigns", document.clone()).await,
        api.put(&path, document.clone()).await,
        api.patch(&path, json!({"queue": document["queue"]})).await,
    ] {
        assert_eq!(reply.fields(), ["queue.audio[1]", "queue.audio[3]"]);
        let errors = reply.expect_status(422)["errors"].clone();
        let messages = [text(&errors[0]["message"]), text(&errors[1]["message"])];
        assert!(messages[0].contains("text/html") && messages[1].contains("404"), "{messages:?}");
    }
    api.post("/v1/campaigns", campaign(&agency.target, &json!({"audio": [sound]}))).await.expect_status(201);
}

#[tokio::test]
async fn a_sound_on_a_private_network_is_refused_where_such_addresses_are() {
    let api = Api::with_private_addresses(false).await;
    let buyer = api.create("buyers", kit::buyer()).await;
    let target = api.create("targets", kit::target(&buyer)).await;
    let sound = format!("{}/hold.mp3", server().await);
    let reply = api.post("/v1/campaigns", campaign(&target, &json!({"audio": [sound]}))).await;
    assert_eq!(reply.fields(), ["queue.audio[0]"]);
    let detail = reply.expect_status(422)["detail"].clone();
    assert!(text(&detail).contains("public internet"), "{detail}");
}

#[tokio::test]
async fn an_overflow_to_a_tracking_number_of_the_account_is_refused() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let forward = |number: &str| {
        let forward = json!({"type": "forward", "phone_number": number});
        campaign(&agency.target, &json!({"overflow": [{"type": "voicemail"}, forward]}))
    };
    let reply = api.post("/v1/campaigns", forward("+18005550111")).await;
    assert_eq!(reply.fields(), ["queue.overflow[1].phone_number"]);
    reply.expect_status(422);
    api.post("/v1/campaigns", forward("+18005550112")).await.expect_status(201);
    let other = api.other_account().await;
    let buyer = other.create("buyers", kit::buyer()).await;
    let target = other.create("targets", kit::target(&buyer)).await;
    let mut theirs = forward("+18005550111");
    theirs["routing"]["tiers"][0]["targets"][0]["target_id"] = json!(target);
    other.post("/v1/campaigns", theirs).await.expect_status(201);
}

#[tokio::test]
async fn a_sound_that_stands_there_already_keeps_nobody_from_another_change_while_it_cannot_be_had() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let (server, is_gone) = fading_server().await;
    let sounds = |names: &[&str]| names.iter().map(|name| format!("{server}/{name}")).collect::<Vec<_>>();
    let path = format!("/v1/campaigns/{}", agency.campaign);
    let first = campaign(&agency.target, &json!({"audio": sounds(&["a.mp3"])}));
    api.put(&path, first).await.expect_status(200);
    is_gone.store(true, Ordering::SeqCst);
    let saved = api.patch(&path, json!({"name": "Auto injury 2"})).await.expect_status(200);
    assert_eq!(
        (&saved["name"], &saved["warnings"][0]["path"]),
        (&json!("Auto injury 2"), &json!("queue.audio[0]"))
    );
    let message = &saved["warnings"][0]["message"];
    assert!(text(message).contains("404"), "{message}");
    let another = campaign(&agency.target, &json!({"audio": sounds(&["b.mp3", "a.mp3"])}));
    let reply = api.put(&path, another.clone()).await;
    assert_eq!((reply.status, reply.fields()), (422, vec!["queue.audio[0]"]));
    is_gone.store(false, Ordering::SeqCst);
    let saved = api.put(&path, another).await.expect_status(200);
    assert_eq!(saved["warnings"], json!([]));
}

#[tokio::test]
async fn a_number_to_which_a_queue_overflows_already_does_not_become_a_tracking_number() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let overflow = json!({"overflow": [{"type": "forward", "phone_number": "+18005550112"}]});
    let holding = api.create("campaigns", campaign(&agency.target, &overflow)).await;
    let number = json!({"phone_number": "+18005550112", "connection_id": agency.connection,
                        "campaign_id": agency.campaign, "publisher_id": agency.publisher});
    let path = format!("/v1/numbers/{}", agency.number);
    for reply in [
        api.post("/v1/numbers", number.clone()).await,
        api.put(&path, number.clone()).await,
        api.patch(&path, json!({"phone_number": "+18005550112"})).await,
    ] {
        assert_eq!((reply.status, reply.fields()), (422, vec!["phone_number"]));
        assert!(text(&reply.body["detail"]).contains(&holding), "{}", reply.body);
    }
    api.patch(&path, json!({"paused": true})).await.expect_status(200);
    api.patch(&path, json!({"phone_number": "+18005550113"})).await.expect_status(200);
    api.patch(&format!("/v1/campaigns/{holding}"), json!({"queue": null})).await.expect_status(200);
    api.post("/v1/numbers", number).await.expect_status(201);
}
