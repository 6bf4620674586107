//! A resource as it is shown.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use ringfall_domain::problem::Problem;
use ringfall_store::records::resource;
use serde::Serialize;
use serde_json::Value;
use utoipa::{
    PartialSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::{Resource, handlers::merge};
use crate::{
    api::{
        etag::etag,
        idempotency::KeptBody,
        openapi::{Endpoint, instant, object, with_properties},
    },
    platform::Platform,
};

/// A resource as it is shown.
#[derive(Debug, Serialize)]
pub(in crate::api) struct Shown<F> {
    id: String,
    #[serde(flatten)]
    fields: F,
    version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    archived_at: Option<Timestamp>,
}

impl<F: Serialize> Shown<F> {
    /// What is shown of a resource.
    pub(in crate::api) fn new<R>(id: R::Id, resource: resource::Resource<R>, platform: &Platform) -> Self
    where
        R: Resource<Fields = F>,
    {
        Self::warned(id, resource, platform, Vec::new())
    }

    /// What is shown of a resource about which there is more to know.
    pub(in crate::api) fn warned<R>(
        id: R::Id,
        resource: resource::Resource<R>,
        platform: &Platform,
        warnings: Vec<Problem>,
    ) -> Self
    where
        R: Resource<Fields = F>,
    {
        let mut fields = resource.document.fields(id, platform);
        R::warn(&mut fields, warnings);
        Self {
            id: id.to_string(),
            version: resource.version,
            created_at: resource.created_at,
            updated_at: resource.updated_at,
            archived_at: resource.archived_at,
            fields,
        }
    }

    /// The reply to a request for this resource alone.
    pub(in crate::api) fn reply(&self, status: StatusCode) -> Response {
        let tag = [(header::ETAG, etag(self.version))];
        (status, tag, axum::Json(self)).into_response()
    }

    /// The same with what is shown this once. What is kept for a repetition of the request does not have it.
    pub(in crate::api) fn reply_once(&self, status: StatusCode, once: Option<Value>) -> Response {
        let Some(once) = once else { return self.reply(status) };
        let mut shown = serde_json::to_value(self).expect("a reply always serialises");
        let kept = Bytes::from(shown.to_string());
        merge(&mut shown, once);
        let tag = [(header::ETAG, etag(self.version))];
        let mut response = (status, tag, axum::Json(shown)).into_response();
        response.extensions_mut().insert(KeptBody(kept));
        response
    }

    /// The reply to the request that created it under a path.
    pub(in crate::api) fn created(&self, path: &str, once: Option<Value>) -> Response {
        let mut response = self.reply_once(StatusCode::CREATED, once);
        if let Ok(location) = HeaderValue::from_str(&format!("/v1/{path}/{}", self.id)) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// The schema of a kind's resources.
pub(super) fn schema<R: Resource>(endpoint: &mut Endpoint) -> RefOr<Schema> {
    let version = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .description(Some("Counted up by each change; the `ETag` in quotation marks."));
    let own = object()
        .property("id", R::Id::schema())
        .required("id")
        .property("version", version)
        .required("version")
        .property("created_at", instant())
        .required("created_at")
        .property("updated_at", instant())
        .required("updated_at")
        .property("archived_at", instant().description(Some("Only where it was archived.")))
        .build();
    R::schemas(endpoint.schemas());
    let document = with_properties(R::schema(), &own);
    let shown = R::further_fields().map_or(document.clone(), |more| with_properties(document, &more));
    endpoint.named_schema(format!("{}Resource", R::NAME), shown)
}
