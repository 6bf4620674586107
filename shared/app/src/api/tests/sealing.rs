//! Secrets are kept sealed, wherever a connection's document is written.

use std::sync::Arc;

use ringfall_domain::ids::ConnectionId;
use ringfall_store::{
    port::{Item, Key, Segment, SharedItem, StoreError, Survey, Table, Value as Kept, Write},
    records::{pointer, resource, trunk},
};
use serde_json::{Value, json};

use super::kit::{Api, connection, text};
use crate::{
    connection::Connection,
    platform::{Platform, Ports},
    seal::{KeyRing, KeysAtHand},
};

const WORDS: [&str; 6] = [
    "open-sesame",
    "shut-sesame",
    "a-trunks-own-secret",
    "in-password",
    "out-password",
    "a-trunks-new-secret",
];

fn twilio() -> Value {
    let mut document = connection();
    document["credentials"]["signature_key"] = WORDS[1].into();
    document
}

fn trunk() -> Value {
    json!({"provider": "relay", "credentials": {"secret": WORDS[2]},
           "trunk": {"allow": ["127.0.0.1/32"], "outbound": "sip:127.0.0.1:5080",
                     "digest": {"username": "in", "password": WORDS[3]},
                     "outbound_digest": {"username": "out", "password": WORDS[4]}}})
}

async fn made(api: &Api, document: Value) -> ConnectionId {
    let created = api.post("/v1/connections", document).await.expect_status(201);
    text(&created["id"]).parse().expect("an id")
}

async fn items(api: &Api) -> Vec<(Key, SharedItem)> {
    let segment = Segment::all(1).next().expect("a segment");
    api.store.survey(segment, None, 1_000, |_| true).await.expect("a read").items
}

/// What a key's document says, as it is kept.
async fn kept(api: &Api, key: &Key) -> String {
    let item = api.store.get(key).await.expect("a read").expect("an item");
    item["document"].as_text().expect("a text").to_owned()
}

/// A platform on the same store with other keys.
fn with_keys(api: &Api, keys: &str) -> Platform {
    let platform = &api.platform;
    let ports = Ports {
        table: Arc::clone(&platform.table),
        messages: Arc::clone(&platform.messages),
        feed: Arc::clone(&platform.feed),
        survey: Arc::clone(&platform.survey),
    };
    let keys = Arc::new(KeysAtHand::new(KeyRing::read(keys).expect("keys")));
    let (clock, randomness) = (Arc::clone(&platform.clock), Arc::clone(&platform.randomness));
    Platform::new(ports, clock, randomness, Arc::clone(&platform.connector), keys, platform.settings.clone())
}

/// The text of the secrets of a connection that was opened.
async fn opened(platform: &Platform, id: ConnectionId, document: &str) -> Result<String, StoreError> {
    let connection = platform.read_connection(id, document).await?;
    Ok(serde_json::to_string(&connection).expect("JSON"))
}

#[tokio::test]
async fn no_secret_is_written_in_the_clear_and_each_can_be_used() {
    let api = Api::new().await;
    let ids = [made(&api, twilio()).await, made(&api, trunk()).await];
    for id in ids {
        let path = format!("/v1/connections/{id}");
        api.patch(&path, json!({"name": "Main"})).await.expect_status(200);
        if id == ids[1] {
            // What it was before is kept too.
            api.patch(&path, json!({"credentials": {"secret": WORDS[5]}})).await.expect_status(200);
        }
        assert!(api.platform.connection(id).await.expect("it opens").is_some());
    }
    for (key, item) in items(&api).await {
        let written = format!("{item:?}");
        assert!(!WORDS.iter().any(|word| written.contains(word)), "{key}: {written}");
    }
    let account = api.account().await;
    let keys = [
        vec![pointer::connection_key(ids[0]), resource::key(account, resource::Kind::Connection, &ids[0])],
        vec![
            pointer::connection_key(ids[1]),
            resource::key(account, resource::Kind::Connection, &ids[1]),
            trunk::key(ids[1]),
        ],
    ];
    for ((id, keys), words) in ids.into_iter().zip(&keys).zip([&WORDS[..2], &WORDS[2..]]) {
        for key in keys {
            let document = kept(&api, key).await;
            let told = opened(&api.platform, id, &document).await.expect("it opens");
            assert!(words.iter().all(|word| told.contains(word)), "{key}: {told}");
        }
    }
}

#[tokio::test]
async fn what_was_kept_in_the_clear_is_read_and_sealed_when_it_is_saved() {
    let api = Api::new().await;
    let id = made(&api, twilio()).await;
    let clear: Connection = serde_json::from_value(twilio()).expect("a connection");
    let clear = serde_json::to_string(&clear).expect("JSON");
    assert!(clear.contains(WORDS[0]) && clear.contains(WORDS[1]));
    let at =
        [pointer::connection_key(id), resource::key(api.account().await, resource::Kind::Connection, &id)];
    for key in &at {
        let mut item = Item::clone(&*api.store.get(key).await.expect("a read").expect("an item"));
        item.insert("document".to_owned(), Kept::Text(clear.clone()));
        let put = Write::Put { key: key.clone(), item, condition: None };
        api.store.write(vec![put]).await.expect("a write");
    }
    api.platform.forget(&[], &[id]).await;
    assert!(api.platform.connection(id).await.expect("it is read").is_some());
    api.patch(&format!("/v1/connections/{id}"), json!({"name": "Main"})).await.expect_status(200);
    for key in &at {
        let document = kept(&api, key).await;
        assert!(!document.contains("sesame"), "{document}");
        let told = opened(&api.platform, id, &document).await.expect("it opens");
        assert!(told.contains(WORDS[0]) && told.contains(WORDS[1]), "{told}");
    }
}

#[tokio::test]
async fn without_its_key_or_in_anothers_place_a_secret_does_not_open() {
    let api = Api::new().await;
    let (one, other) = (made(&api, twilio()).await, made(&api, twilio()).await);
    let document = kept(&api, &pointer::connection_key(one)).await;
    let connection: Connection = serde_json::from_str(&document).expect("a document");
    let [key] = &connection.needed_keys().into_iter().collect::<Vec<_>>()[..] else { panic!("one key") };
    let stranger = with_keys(&api, &"0b".repeat(32));
    let refused = stranger.connection(one).await.expect_err("it has no such key").to_string();
    assert!(
        refused.contains(&format!("credentials.auth_token: it is sealed with the key {key}")),
        "{refused}"
    );
    let rotated = with_keys(&api, &format!("{} {}", "0b".repeat(32), "0a".repeat(32)));
    assert!(rotated.connection(one).await.expect("the older key still opens").is_some());
    let moved = opened(&api.platform, other, &document).await.expect_err("it is another's").to_string();
    assert!(moved.contains("credentials.auth_token: it was not sealed for this place"), "{moved}");
    let swapped = swap(&document);
    let moved = opened(&api.platform, one, &swapped).await.expect_err("it is another field's").to_string();
    assert!(moved.contains("not sealed for this place"), "{moved}");
}

/// The same document with its two secrets in each other's place.
fn swap(document: &str) -> String {
    let mut document: Value = serde_json::from_str(document).expect("JSON");
    let credentials = document["credentials"].as_object_mut().expect("an object");
    let token = credentials.remove("auth_token").expect("a token");
    let key = credentials.insert("signature_key".to_owned(), token).expect("a key");
    credentials.insert("auth_token".to_owned(), key);
    document.to_string()
}

#[tokio::test]
async fn a_new_key_seals_what_is_saved_from_then_on() {
    let api = Api::new().await;
    let id = made(&api, twilio()).await;
    let rotated = with_keys(&api, &format!("{} {}", "0b".repeat(32), "0a".repeat(32)));
    let before: Connection =
        serde_json::from_str(&kept(&api, &pointer::connection_key(id)).await).expect("JSON");
    let clear = before.clone().opened(id, &*rotated.keys).await.expect("it opens");
    let sealed = clear.sealed(id, &*rotated.keys, &*rotated.randomness).await.expect("it is sealed");
    assert_eq!(sealed.needed_keys().len(), 1);
    assert!(sealed.needed_keys().is_disjoint(&before.needed_keys()));
    assert_eq!(KeyRing::read(&"0b".repeat(32)).expect("a key").lacks(&sealed.needed_keys()), None);
}

#[tokio::test]
async fn nobody_can_send_what_is_sealed() {
    let api = Api::new().await;
    let id = made(&api, trunk()).await;
    let document: Value =
        serde_json::from_str(&kept(&api, &pointer::connection_key(id)).await).expect("JSON");
    let sealed = document["trunk"]["digest"]["password"].clone();
    assert!(sealed["sealed"].is_string(), "{document}");
    let mut forged = trunk();
    forged["trunk"]["digest"]["password"] = sealed.clone();
    let told = api.post("/v1/connections", forged).await.expect_status(422);
    assert!(told.to_string().contains("expected a string"), "{told}");
    let mut forged = twilio();
    forged["credentials"]["auth_token"] = sealed;
    api.post("/v1/connections", forged).await.expect_status(422);
}
