//! Documents that can be saved, with what their authors should know of them all the same.

use ringfall_domain::{config::Document, problem::Problem};
use serde::Serialize;
use utoipa::{
    PartialSchema,
    openapi::schema::{ArrayBuilder, Object},
};

use crate::api::openapi::object;

/// A document with its warnings.
#[derive(Debug, Serialize)]
pub(in crate::api) struct Warned<D> {
    #[serde(flatten)]
    document: D,
    warnings: Vec<Problem>,
}

impl<D: Document> From<D> for Warned<D> {
    fn from(document: D) -> Self {
        Self { warnings: document.warnings(), document }
    }
}

impl<D> Warned<D> {
    /// Adds what was found beside other documents.
    pub(super) fn add(&mut self, warnings: Vec<Problem>) {
        self.warnings.extend(warnings);
    }
}

/// The schema of what stands beside the document.
pub(super) fn further_fields() -> Object {
    let warnings = ArrayBuilder::new()
        .items(Problem::schema())
        .description(Some(
            "What should be known of it although it could be saved. In lists, only what the document alone tells.",
        ));
    object().property("warnings", warnings).required("warnings").build()
}
