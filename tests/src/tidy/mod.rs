//! The house rules, as functions from what the workspace holds to what is wrong with it.
//!
//! Each rule takes plain values, so that it can be shown to fail on made-up ones. [`Workspace`] reads the real ones.

mod arrows;
mod files;
mod licences;
mod purity;
mod source;
mod workspace;

pub use arrows::{Arrow, wrong_arrows};
pub use files::{TextFile, long_files, misplaced_files};
pub use licences::{Licensed, refused_licences, wrong_own_licences};
pub use purity::{PURE_FOLDERS, impure_packages};
pub use source::{SourceError, impure_source};
pub use workspace::Workspace;
