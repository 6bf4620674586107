//! What is asked of one resource, and what comes of it.

use jiff::Timestamp;

use super::SaveError;
use crate::records::resource::Resource;

/// Which versions a change may be made to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Whichever stands.
    Any,
    /// One of these.
    OneOf(Vec<u64>),
}

/// What is asked.
#[derive(Debug, Clone)]
pub enum Wish<D> {
    /// A new resource.
    Create(D),
    /// Another document in the place of the one that stands.
    Replace {
        /// The whole document.
        document: D,
        /// In whose place.
        expected: Expected,
    },
    /// An end to it.
    Archive {
        /// Of which version.
        expected: Expected,
    },
}

/// What comes of it.
#[derive(Debug)]
pub(super) enum Outcome<D> {
    /// It is so already.
    Unchanged(Resource<D>),
    /// The resource as it is to be written.
    Changed(Resource<D>),
}

impl<D: Clone> Wish<D> {
    /// What becomes of a resource.
    pub(super) fn applied_to(
        &self,
        before: Option<&Resource<D>>,
        now: Timestamp,
    ) -> Result<Outcome<D>, SaveError> {
        match (self, before) {
            (Self::Create(_), Some(before)) => Ok(Outcome::Unchanged(before.clone())),
            (Self::Create(document), None) => Ok(Outcome::Changed(Resource {
                version: 1,
                created_at: now,
                updated_at: now,
                archived_at: None,
                document: document.clone(),
            })),
            (Self::Replace { .. } | Self::Archive { .. }, None) => Err(SaveError::Missing),
            (Self::Replace { document, expected }, Some(before)) => {
                expected.check(before.version)?;
                if before.archived_at.is_some() {
                    return Err(SaveError::Archived);
                }
                Ok(Outcome::Changed(Resource { document: document.clone(), ..before.next(now) }))
            }
            (Self::Archive { expected }, Some(before)) => {
                expected.check(before.version)?;
                if before.archived_at.is_some() {
                    return Ok(Outcome::Unchanged(before.clone()));
                }
                Ok(Outcome::Changed(Resource { archived_at: Some(now), ..before.next(now) }))
            }
        }
    }
}

impl Expected {
    fn check(&self, version: u64) -> Result<(), SaveError> {
        match self {
            Self::OneOf(versions) if !versions.contains(&version) => Err(SaveError::Stale { version }),
            Self::Any | Self::OneOf(_) => Ok(()),
        }
    }
}

impl<D: Clone> Resource<D> {
    fn next(&self, now: Timestamp) -> Self {
        Self { version: self.version + 1, updated_at: now, ..self.clone() }
    }
}
