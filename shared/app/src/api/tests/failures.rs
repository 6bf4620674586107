use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use http::{Request, header};
use http_body_util::BodyExt;
use ringfall_store::port::{
    Direction, Key, Page, Range, SharedItem, StoreError, Table, Write, WriteError, Written,
};
use tower::ServiceExt;

use super::kit::Api;
use crate::{
    api::router,
    connection::RealProviders,
    fixtures::Counting,
    platform::{Platform, Ports},
};

/// A table that answers nothing.
struct Broken(StoreError);

#[async_trait]
impl Table for Broken {
    async fn get(&self, _: &Key) -> Result<Option<SharedItem>, StoreError> {
        Err(self.0.clone())
    }

    async fn get_many(&self, _: &[Key]) -> Result<Vec<Option<SharedItem>>, StoreError> {
        Err(self.0.clone())
    }

    async fn query(&self, _: &str, _: &Range, _: Direction, _: usize) -> Result<Page, StoreError> {
        Err(self.0.clone())
    }

    async fn write(&self, _: Vec<Write>) -> Result<Vec<Written>, WriteError> {
        Err(self.0.clone().into())
    }
}

#[tokio::test]
async fn a_fault_of_ours_is_told_without_its_inside() {
    let inside = || "10.0.0.7: table is on fire".to_owned();
    for (error, status, retry_after) in [
        (StoreError::Unavailable(inside()), 503, Some("1")),
        (StoreError::Damaged(inside()), 500, None),
        (StoreError::Invalid(inside()), 500, None),
    ] {
        let api = Api::new().await;
        let ports = Ports {
            table: Arc::new(Broken(error)),
            messages: Arc::clone(&api.platform.messages),
            feed: Arc::clone(&api.platform.feed),
            survey: Arc::clone(&api.platform.survey),
        };
        let platform = Platform::new(
            ports,
            Arc::clone(&api.platform.clock),
            Arc::new(Counting::default()),
            Arc::new(RealProviders::new(true).expect("a client")),
            Arc::clone(&api.platform.keys),
            api.platform.settings.clone(),
        );
        let request = Request::get("/v1/buyers").header(header::AUTHORIZATION, "Bearer x");
        let response =
            router(Arc::new(platform)).oneshot(request.body(Body::empty()).expect("a request")).await;
        let (parts, body) = response.expect("a router never fails").into_parts();
        let told =
            String::from_utf8(body.collect().await.expect("a body").to_bytes().to_vec()).expect("a text");
        assert_eq!(parts.status, status, "{told}");
        assert_eq!(
            parts.headers.get(header::RETRY_AFTER).map(|value| value.to_str().expect("a text")),
            retry_after
        );
        assert!(
            told.contains("request_id") && !told.contains("fire") && !told.contains("10.0.0.7"),
            "{told}"
        );
    }
}
