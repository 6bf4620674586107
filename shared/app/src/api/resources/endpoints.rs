//! The endpoints of one kind.

use http::StatusCode;
use serde_json::json;
use utoipa::openapi::{ObjectBuilder, schema::Type};
use utoipa_axum::router::OpenApiRouter;

use super::{
    Resource,
    handlers::{archive, create, list, patch, read, replace},
    shown::schema,
};
use crate::api::{
    Shared,
    auth::Scope,
    openapi::{Endpoint, Verb, object},
    problem::ProblemKind,
};

/// The endpoints of one kind.
pub(super) fn of<R: Resource>(platform: &Shared) -> OpenApiRouter<Shared> {
    let collection = format!("/{}", R::PATH);
    let one = format!("/{}/{{id}}", R::PATH);
    let kind = R::KIND;
    let begun = |verb, path: &str, scope, id: String, summary: String| {
        // A kind of two words is one identifier, but is read as words.
        Endpoint::new(verb, path, scope, R::PATH, id, summary.replace('_', " "))
    };
    OpenApiRouter::default()
        .routes(
            begun(Verb::Post, &collection, Scope::Write, format!("create_{kind}"), format!("Creates a {kind}."))
                .body::<R>(R::example())
                .refuses(&[ProblemKind::Conflict])
                .replying::<R>(StatusCode::CREATED, "As it was created.")
                .served_by(platform, create::<R>),
        )
        .routes(
            begun(Verb::Get, &collection, Scope::Read, format!("list_{}", R::PATH), format!("Lists {}.", R::PATH))
                .pages()
                .query("archived", ObjectBuilder::new().schema_type(Type::Boolean), "Whether archived ones are listed.")
                .replying_pages::<R>()
                .served_by(platform, list::<R>),
        )
        .routes(
            begun(Verb::Get, &one, Scope::Read, format!("get_{kind}"), format!("Shows a {kind}."))
                .path_id::<R::Id>()
                .replying::<R>(StatusCode::OK, "As it stands.")
                .replies_nothing(StatusCode::NOT_MODIFIED, "`If-None-Match` names the version that stands.")
                .served_by(platform, read::<R>),
        )
        .routes(
            begun(Verb::Put, &one, Scope::Write, format!("replace_{kind}"), format!("Replaces a {kind}'s document."))
                .path_id::<R::Id>()
                .if_match(true)
                .body::<R>(R::example())
                .refuses(&[ProblemKind::Conflict])
                .replying::<R>(StatusCode::OK, "As it stands now.")
                .served_by(platform, replace::<R>),
        )
        .routes(
            begun(Verb::Patch, &one, Scope::Write, format!("patch_{kind}"), format!("Changes parts of a {kind}."))
                .described("A merge patch (RFC 7396): members that it names are replaced, those that it sets to null removed.")
                .path_id::<R::Id>()
                .if_match(true)
                .body_schema("application/merge-patch+json", object(), json!({}))
                .refuses(&[ProblemKind::Conflict])
                .replying::<R>(StatusCode::OK, "As it stands now.")
                .served_by(platform, patch::<R>),
        )
        .routes(
            begun(Verb::Delete, &one, Scope::Write, format!("archive_{kind}"), format!("Archives a {kind}."))
                .described(
                    "It stays readable, takes no part in anything, and cannot be brought back. What others still name \
                     cannot be archived.",
                )
                .path_id::<R::Id>()
                .if_match(false)
                .refuses(&[ProblemKind::Conflict])
                .replying::<R>(StatusCode::OK, "As it was archived.")
                .served_by(platform, archive::<R>),
        )
}

impl Endpoint {
    fn replying<R: Resource>(mut self, status: StatusCode, description: &str) -> Self {
        let schema = schema::<R>(&mut self);
        self.replies_schema(status, description, schema)
    }

    fn replying_pages<R: Resource>(mut self) -> Self {
        let schema = schema::<R>(&mut self);
        self.replies_page_of(R::NAME, schema)
    }
}
