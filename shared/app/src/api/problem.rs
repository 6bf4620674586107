//! Every refusal in one form: problem details (RFC 9457), with the fields that are wrong and the request's id.

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use ringfall_domain::problem::Problem;
use ringfall_store::{
    port::StoreError,
    protocols::save::{Conflict, SaveError},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Shared, body::MOST_FAULTS};

/// The media type of problem details.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";
/// Where a request's id stands in every reply.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Declares the kinds of problems: a line each.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $status:ident, $name:literal, $title:literal;)*) => {
        /// What is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum ProblemKind {
            $($(#[$doc])* $kind,)*
        }

        impl ProblemKind {
            pub(super) const ALL: &[Self] = &[$(Self::$kind),*];

            /// The status code.
            pub(super) const fn status(self) -> StatusCode {
                match self {
                    $(Self::$kind => StatusCode::$status,)*
                }
            }

            /// The last part of its `type`.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// The same for every problem of the kind.
            pub(super) const fn title(self) -> &'static str {
                match self {
                    $(Self::$kind => $title,)*
                }
            }
        }
    };
}

kinds! {
    /// Not JSON, not UTF-8, or a query that is not understood.
    Malformed = BAD_REQUEST, "malformed-request", "The request cannot be read";
    /// No key, or one that is nobody's.
    Unauthenticated = UNAUTHORIZED, "unauthenticated", "A valid API key is needed";
    /// A key without the scope.
    Forbidden = FORBIDDEN, "forbidden", "The API key may not do this";
    /// No such path, or nothing of that id in the account.
    NotFound = NOT_FOUND, "not-found", "There is no such thing";
    /// A method that the path does not have.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method-not-allowed", "The path has no such method";
    /// It does not go with what else is configured, or with what is under way.
    Conflict = CONFLICT, "conflict", "The request does not go with what is there";
    /// `If-Match` names another version than the one that stands.
    Stale = PRECONDITION_FAILED, "stale-version", "Another version stands";
    /// A body beyond the limit.
    TooLarge = PAYLOAD_TOO_LARGE, "too-large", "The body is too large";
    /// A body that is no JSON by its own word.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The body must be JSON";
    /// JSON that is not the document asked for.
    Invalid = UNPROCESSABLE_ENTITY, "invalid-document", "The document is not valid";
    /// A change without `If-Match`.
    PreconditionRequired = PRECONDITION_REQUIRED, "precondition-required", "The change must name a version";
    /// A fault of ours.
    Internal = INTERNAL_SERVER_ERROR, "internal", "The platform failed";
    /// The store does not answer.
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "The platform is not available for now";
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct FieldError {
    /// Where it is: a path in the body (`flow.nodes.zip.next`), a parameter of the query, or a header.
    #[schema(example = "caps.concurrency")]
    pub(super) field: String,
    /// What is wrong and what would be right.
    #[schema(example = "invalid value: integer `-1`, expected a whole number from 0 to 1000000")]
    pub(super) message: String,
}

impl FieldError {
    /// A fault of a document. One without a path is the body's.
    pub(super) fn new(field: &str, message: &str) -> Self {
        let field = if field.is_empty() { "body" } else { field };
        Self { field: field.chars().take(512).collect(), message: message.chars().take(1_024).collect() }
    }
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) kind: ProblemKind,
    detail: String,
    errors: Vec<FieldError>,
    /// For the log alone.
    cause: Option<String>,
}

pub(super) type Answer = Result<Response, Refusal>;

impl Refusal {
    pub(super) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), cause: None }
    }

    /// A refusal for the sake of one field.
    pub(super) fn of_field(kind: ProblemKind, field: impl Into<String>, message: impl Into<String>) -> Self {
        let (field, message) = (field.into(), message.into());
        let detail = format!("{field}: {message}");
        Self { errors: vec![FieldError { field, message }], ..Self::new(kind, detail) }
    }

    /// A document with faults.
    pub(super) fn of_document(problems: Vec<Problem>) -> Self {
        let told = |problem: Problem| FieldError { field: problem.path, message: problem.message };
        Self::of_fields(problems.into_iter().map(told).collect())
    }

    /// A document with faults. The first of many are told.
    pub(super) fn of_fields(mut errors: Vec<FieldError>) -> Self {
        let is_full = errors.len() >= MOST_FAULTS;
        errors.truncate(MOST_FAULTS);
        let detail = match errors.as_slice() {
            [only] => format!("{}: {}", only.field, only.message),
            several if is_full => format!("{} fields or more are not valid", several.len()),
            several => format!("{} fields are not valid", several.len()),
        };
        Self { errors, ..Self::new(ProblemKind::Invalid, detail) }
    }

    /// Nothing of that id in the account, whatever other accounts have.
    pub(super) fn not_found(what: &str, id: &str) -> Self {
        // What stands in a path may be long and strange; it is repeated only as far as an id goes.
        let id: String = id.chars().filter(|character| character.is_ascii_graphic()).take(40).collect();
        Self::new(ProblemKind::NotFound, format!("there is no {what} {id}"))
    }

    fn caused_by(kind: ProblemKind, detail: &str, cause: &StoreError) -> Self {
        Self { cause: Some(cause.to_string()), ..Self::new(kind, detail) }
    }

    fn headers(&self) -> Option<(HeaderName, HeaderValue)> {
        match self.kind {
            ProblemKind::Unauthenticated => {
                Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
            }
            ProblemKind::Unavailable => Some((header::RETRY_AFTER, HeaderValue::from_static("1"))),
            _ => None,
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable(_) => Self::caused_by(
                ProblemKind::Unavailable,
                "try again; the request may or may not have taken effect",
                &error,
            ),
            StoreError::Invalid(_) | StoreError::Damaged(_) => {
                Self::caused_by(ProblemKind::Internal, "this is a fault of ours, and is in our log", &error)
            }
        }
    }
}

impl From<SaveError> for Refusal {
    fn from(error: SaveError) -> Self {
        let detail = error.to_string();
        match error {
            SaveError::Missing => Self::new(ProblemKind::NotFound, detail),
            SaveError::Archived => Self::new(ProblemKind::Conflict, detail),
            SaveError::Stale { .. } => Self::of_field(ProblemKind::Stale, "If-Match", detail),
            SaveError::Invalid(problems) => Self::of_document(problems),
            SaveError::Conflict(Conflict::NumberTaken { .. }) => {
                Self::of_field(ProblemKind::Conflict, "phone_number", detail)
            }
            SaveError::Conflict(Conflict::TooManyTargets { .. }) => {
                Self::of_field(ProblemKind::Conflict, "buyer_id", detail)
            }
            SaveError::Conflict(_) => Self::new(ProblemKind::Conflict, detail),
            SaveError::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for Refusal {
    /// The status, and the refusal itself for [`told`], which writes the body.
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.kind.status();
        if let Some((name, value)) = self.headers() {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Problem details (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody<'a> {
    /// Names the kind of problem.
    #[schema(example = "urn:ringfall:problem:invalid-document")]
    r#type: String,
    /// The same for every problem of the kind.
    #[schema(example = "The document is not valid")]
    title: &'a str,
    /// The status code.
    #[schema(example = 422)]
    status: u16,
    /// What is wrong this time.
    detail: &'a str,
    /// The fields that are wrong, at most 20 of them.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    #[schema(required = false, max_items = 20)]
    errors: &'a [FieldError],
    /// Names this request in our log; also in `x-request-id`.
    request_id: &'a str,
}

/// Gives every reply its request id, and every refusal its body. Faults of ours go to the log, not into the reply.
pub(super) async fn told(State(platform): State<Shared>, request: Request, next: Next) -> Response {
    let request_id = format!("req_{:032x}", platform.randomness.bits());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        if let Some(cause) = &refusal.cause {
            tracing::error!(request_id, %method, path, cause, "a request of the API failed");
        }
        write_body(&mut response, &refusal, &request_id);
    }
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn write_body(response: &mut Response, refusal: &Refusal, request_id: &str) {
    let body = ProblemBody {
        r#type: format!("urn:ringfall:problem:{}", refusal.kind.name()),
        title: refusal.kind.title(),
        status: refusal.kind.status().as_u16(),
        detail: &refusal.detail,
        errors: &refusal.errors,
        request_id,
    };
    let json = serde_json::to_vec(&body).expect("problem details always serialise");
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    *response.body_mut() = Body::from(json);
}
