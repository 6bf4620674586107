use ringfall_store::{port::Table, records};
use serde_json::json;

use super::kit::{Agency, Api, number, text};

#[tokio::test]
async fn what_others_name_cannot_be_archived_and_the_refusal_names_them() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    for (path, namer) in [
        (format!("/v1/buyers/{}", agency.buyer), &agency.target),
        (format!("/v1/targets/{}", agency.target), &agency.campaign),
        (format!("/v1/campaigns/{}", agency.campaign), &agency.number),
        (format!("/v1/publishers/{}", agency.publisher), &agency.number),
        (format!("/v1/connections/{}", agency.connection), &agency.number),
    ] {
        let reply = api.delete(&path).await;
        assert_eq!(reply.status, 409, "{path}");
        assert!(text(&reply.body["detail"]).contains(namer.as_str()), "{}", reply.body);
    }
}

#[tokio::test]
async fn what_nobody_names_is_archived_once_and_stays_readable() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let mut paths: Vec<String> = agency.documents().into_iter().map(|(path, _)| path).collect();
    // A number first, then its campaign, target, buyer, publisher and connection.
    paths.reverse();
    for path in paths {
        let archived = api.delete(&path).await.expect_status(200);
        assert_eq!(archived["archived_at"], "2026-11-20T16:00:00Z", "{path}");
        api.pass(10);
        assert_eq!(
            api.delete(&path).await.expect_status(200),
            archived,
            "{path}: a second time changes nothing"
        );
        assert_eq!(api.get(&path).await.expect_status(200), archived);
        assert_eq!(api.patch(&path, json!({})).await.status, 409, "{path}: it changes no more");
        api.pass(-10);
    }
}

#[tokio::test]
async fn nothing_new_names_what_is_archived() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let spare = api.create("targets", super::kit::target(&agency.buyer)).await;
    api.delete(&format!("/v1/targets/{spare}")).await.expect_status(200);
    let reply = api.post("/v1/campaigns", super::kit::campaign(&spare)).await;
    assert_eq!((reply.status, reply.fields()), (422, vec!["routing.tiers[0].targets[0].target_id"]));
    let gone = api.create("publishers", json!({"name": "gone"})).await;
    api.delete(&format!("/v1/publishers/{gone}")).await.expect_status(200);
    let reply = api.patch(&format!("/v1/numbers/{}", agency.number), json!({"publisher_id": gone})).await;
    assert_eq!((reply.status, reply.fields()), (422, vec!["publisher_id"]));
}

#[tokio::test]
async fn a_phone_number_is_one_numbers_alone_until_that_is_archived() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let document = || number(&agency.connection, &agency.campaign, &agency.publisher);
    let taken = api.post("/v1/numbers", document()).await;
    assert_eq!((taken.status, taken.fields()), (409, vec!["phone_number"]));
    assert!(text(&taken.body["detail"]).contains(&agency.number));
    api.delete(&format!("/v1/numbers/{}", agency.number)).await.expect_status(200);
    api.post("/v1/numbers", document()).await.expect_status(201);
}

#[tokio::test]
async fn a_number_that_moves_is_found_where_it_is_and_not_where_it_was() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let path = format!("/v1/numbers/{}", agency.number);
    api.patch(&path, json!({"phone_number": "+18005550112"})).await.expect_status(200);
    let connection = agency.connection.parse().expect("an id");
    for (digits, is_there) in [("+18005550111", false), ("+18005550112", true)] {
        let key = records::pointer::number_key(connection, &digits.parse().expect("a number"));
        assert_eq!(api.store.get(&key).await.expect("a read").is_some(), is_there, "{digits}");
    }
}
