//! What is wrong with a configuration document beyond what reading it can refuse.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One fault of a document, named so that its author can find it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Where it is, from the document's root: `flow.nodes.zip.next`, `routing.tiers[0].targets[2].target_id`.
    #[schema(example = "flow.nodes.zip.next")]
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Problem {
    /// A fault at a path of the document that reports it.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    /// The same fault, seen from a document that holds the reporting one under `parent`.
    #[must_use]
    pub fn under(self, parent: &str) -> Self {
        Self { path: format!("{parent}.{}", self.path), message: self.message }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_from_the_root_of_the_document() {
        let problem = Problem::new("nodes.zip.next", "names no node").under("flow");
        assert_eq!(problem.to_string(), "flow.nodes.zip.next: names no node");
    }
}
