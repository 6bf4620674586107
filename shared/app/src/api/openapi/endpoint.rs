//! One endpoint: its description, its guard and its handler, declared together so that none can be without the others.

use std::collections::BTreeSet;

use axum::{
    extract::{Request, State},
    handler::Handler,
    middleware::{Next, from_fn_with_state},
    routing::{MethodFilter, on},
};
use http::{Method, StatusCode};
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Content, HeaderBuilder, HttpMethod, PathItem, PathsBuilder, Ref, RefOr, Required, ResponseBuilder,
        Schema,
        path::{OperationBuilder, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        security::SecurityRequirement,
    },
};
use utoipa_axum::router::UtoipaMethodRouter;

use super::{document::BEARER, schema::text};
use crate::api::{
    Shared,
    auth::{Caller, Scope},
    idempotency::once,
    problem::{Answer, ProblemKind},
};

/// What an endpoint does with what its path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    const fn served(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Put => MethodFilter::PUT,
            Self::Patch => MethodFilter::PATCH,
            Self::Delete => MethodFilter::DELETE,
        }
    }

    const fn described(self) -> HttpMethod {
        match self {
            Self::Get => HttpMethod::Get,
            Self::Post => HttpMethod::Post,
            Self::Put => HttpMethod::Put,
            Self::Patch => HttpMethod::Patch,
            Self::Delete => HttpMethod::Delete,
        }
    }
}

/// An endpoint in the making.
pub(in crate::api) struct Endpoint {
    verb: Verb,
    path: String,
    scope: Scope,
    operation: OperationBuilder,
    schemas: Vec<(String, RefOr<Schema>)>,
    refusals: BTreeSet<ProblemKind>,
}

impl Endpoint {
    /// An endpoint that needs a key with a scope. `id` names it in generated clients.
    pub(in crate::api) fn new(
        verb: Verb,
        path: impl Into<String>,
        scope: Scope,
        tag: &str,
        id: impl Into<String>,
        summary: impl Into<String>,
    ) -> Self {
        let operation = OperationBuilder::new()
            .tag(tag)
            .operation_id(Some(id))
            .summary(Some(summary))
            .security(SecurityRequirement::new::<_, [String; 0], String>(BEARER, []));
        let refusals = BTreeSet::from([
            ProblemKind::Malformed,
            ProblemKind::Unauthenticated,
            ProblemKind::Forbidden,
            ProblemKind::Internal,
            ProblemKind::Unavailable,
        ]);
        let endpoint = Self { verb, path: path.into(), scope, operation, schemas: Vec::new(), refusals };
        if verb == Verb::Post { endpoint.with_idempotency_key() } else { endpoint }
    }

    /// What else is to be known of it.
    pub(in crate::api) fn described(mut self, description: &str) -> Self {
        self.operation = self.operation.description(Some(description));
        self
    }

    /// The `{id}` of its path.
    pub(in crate::api) fn path_id<I: PartialSchema>(self) -> Self {
        self.parameter("id", ParameterIn::Path, true, I::schema(), "Its id.")
            .refuses(&[ProblemKind::NotFound])
    }

    /// A parameter of its query.
    pub(in crate::api) fn query(
        self,
        name: &str,
        schema: impl Into<RefOr<Schema>>,
        description: &str,
    ) -> Self {
        self.parameter(name, ParameterIn::Query, false, schema, description)
    }

    /// The versions that a change may be made to.
    pub(in crate::api) fn if_match(self, required: bool) -> Self {
        let description = "The `ETag` that was read, or `*` for whichever version stands.";
        let kinds: &[ProblemKind] = match required {
            true => &[ProblemKind::Stale, ProblemKind::PreconditionRequired],
            false => &[ProblemKind::Stale],
        };
        self.parameter("If-Match", ParameterIn::Header, required, text().examples(["\"1\""]), description)
            .refuses(kinds)
    }

    /// The body that it takes.
    pub(in crate::api) fn body<T: ToSchema>(mut self, example: Value) -> Self {
        let schema = self.schema_of::<T>();
        self.body_schema("application/json", schema, example)
    }

    /// The body that it takes, where no type has its schema.
    pub(in crate::api) fn body_schema(
        mut self,
        media_type: &str,
        schema: impl Into<RefOr<Schema>>,
        example: Value,
    ) -> Self {
        let content = Content::builder().schema(Some(schema)).example(Some(example)).build();
        let body =
            RequestBodyBuilder::new().content(media_type, content).required(Some(Required::True)).build();
        self.operation = self.operation.request_body(Some(body));
        self.refuses(&[ProblemKind::TooLarge, ProblemKind::UnsupportedMediaType, ProblemKind::Invalid])
    }

    /// What it replies with.
    pub(in crate::api) fn replies<T: ToSchema>(mut self, status: StatusCode, description: &str) -> Self {
        let schema = self.schema_of::<T>();
        self.replies_schema(status, description, schema)
    }

    /// What it replies with, where no type has its schema.
    pub(in crate::api) fn replies_schema(
        mut self,
        status: StatusCode,
        description: &str,
        schema: impl Into<RefOr<Schema>>,
    ) -> Self {
        let content = Content::builder().schema(Some(schema)).build();
        let mut response =
            ResponseBuilder::new().description(description).content("application/json", content);
        if status == StatusCode::CREATED {
            let header = HeaderBuilder::new().schema(Some(text())).description(Some("Where it is."));
            response = response.header("Location", header.build());
        }
        self.operation = self.operation.response(status.as_str(), response.build());
        self
    }

    /// A reply without a body.
    pub(in crate::api) fn replies_nothing(mut self, status: StatusCode, description: &str) -> Self {
        let response = ResponseBuilder::new().description(description).build();
        self.operation = self.operation.response(status.as_str(), response);
        self
    }

    /// What it refuses with, besides what every endpoint does.
    pub(in crate::api) fn refuses(mut self, kinds: &[ProblemKind]) -> Self {
        self.refusals.extend(kinds);
        self
    }

    /// The schemas that are referred to by name.
    pub(in crate::api) const fn schemas(&mut self) -> &mut Vec<(String, RefOr<Schema>)> {
        &mut self.schemas
    }

    /// A schema that is referred to by name.
    pub(in crate::api) fn named_schema(
        &mut self,
        name: impl Into<String>,
        schema: RefOr<Schema>,
    ) -> RefOr<Schema> {
        let name = name.into();
        self.schemas.push((name.clone(), schema));
        Ref::from_schema_name(name).into()
    }

    /// A type's schema, with all that it refers to, by name.
    pub(in crate::api) fn schema_of<T: ToSchema>(&mut self) -> RefOr<Schema> {
        T::schemas(&mut self.schemas);
        self.named_schema(T::name(), T::schema())
    }

    /// The endpoint, guarded and served.
    pub(in crate::api) fn served_by<H, T>(self, platform: &Shared, handler: H) -> UtoipaMethodRouter<Shared>
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        let operation = self.refusals.iter().fold(self.operation, |operation, kind| {
            operation.response(kind.status().as_str(), RefOr::Ref(Ref::from_response_name(kind.name())))
        });
        let paths =
            PathsBuilder::new().path(self.path, PathItem::new(self.verb.described(), operation)).build();
        let guard = from_fn_with_state((platform.clone(), self.scope), guard);
        (self.schemas, paths, on(self.verb.served(), handler).route_layer(guard))
    }

    fn with_idempotency_key(self) -> Self {
        let schema = text().min_length(Some(1)).max_length(Some(255));
        let description =
            "Makes the request safe to send again: a text of your own that you use for this request alone.";
        self.parameter("Idempotency-Key", ParameterIn::Header, false, schema, description)
            .refuses(&[ProblemKind::Conflict, ProblemKind::Invalid])
    }

    fn parameter(
        mut self,
        name: &str,
        place: ParameterIn,
        required: bool,
        schema: impl Into<RefOr<Schema>>,
        description: &str,
    ) -> Self {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(if required { Required::True } else { Required::False })
            .schema(Some(schema))
            .description(Some(description));
        self.operation = self.operation.parameter(parameter);
        self
    }
}

/// Lets in who may come in, and what was not carried out before.
async fn guard(State((platform, scope)): State<(Shared, Scope)>, mut request: Request, next: Next) -> Answer {
    let caller = Caller::of(&platform, request.headers()).await?;
    caller.require(scope)?;
    request.extensions_mut().insert(caller.clone());
    match *request.method() {
        Method::POST => once(&platform, &caller, request, next).await,
        _ => Ok(next.run(request).await),
    }
}
