//! What the description says of the API as a whole.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ComponentsBuilder, Content, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, Response,
        ResponseBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::api::problem::{FieldError, PROBLEM_JSON, ProblemBody, ProblemKind};

/// The name of the one way to sign in.
pub(super) const BEARER: &str = "bearer";

const DESCRIPTION: &str = "\
Configures a Ringfall account, and shows what became of its calls.

**Money** is a string of digits, such as `\"45.00\"`, with at most four decimal places. **Times** are RFC 3339. **Ids** are \
prefixed ULIDs.

**Changes** carry `If-Match` with the `ETag` that was read: of two that change the same version, one is refused. \
**Creation** may carry an `Idempotency-Key` of your own making: the same request sent again within 24 hours is answered \
as it was, and creates nothing.

**Lists** come in pages, the newest first: give `next_cursor` as `cursor` to go on.

**Refusals** are problem details (RFC 9457); `errors` names each field that is wrong.";

/// The description without its endpoints.
pub(in crate::api) fn base() -> OpenApi {
    let license =
        LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("Ringfall")
        .version("1")
        .description(Some(DESCRIPTION))
        .license(Some(license))
        .build();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key.")).build();
    let components = ComponentsBuilder::new()
        .security_scheme(BEARER, SecurityScheme::Http(bearer))
        .schema(ProblemBody::name(), ProblemBody::schema())
        .schema(FieldError::name(), FieldError::schema())
        .responses_from_iter(ProblemKind::ALL.iter().map(|kind| (kind.name(), response(*kind))))
        .build();
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

fn response(kind: ProblemKind) -> Response {
    let content = Content::builder().schema(Some(Ref::from_schema_name(ProblemBody::name()))).build();
    ResponseBuilder::new().description(kind.title()).content(PROBLEM_JSON, content).build()
}
