//! The API's description (OpenAPI 3.1), made from the same declarations that serve it.

mod document;
mod endpoint;
mod schema;

pub(super) use self::{
    document::base,
    endpoint::{Endpoint, Verb},
    schema::{instant, object, optional, text, with_properties},
};
