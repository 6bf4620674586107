//! What the pure crates must not even be able to reach.

use std::collections::BTreeSet;

/// The folders of the crates that decide and never perform.
pub const PURE_FOLDERS: [&str; 4] =
    ["shared/domain", "media-relay/sip", "media-relay/media", "media-relay/control"];

/// Packages that wait, perform, keep or draw lots, with all whose names go on after a dash or an underscore.
const FORBIDDEN: [&str; 19] = [
    "async",
    "aws",
    "axum",
    "crossbeam",
    "fastrand",
    "futures",
    "getrandom",
    "hyper",
    "lambda",
    "libsqlite3",
    "mio",
    "rand",
    "rayon",
    "reqwest",
    "rusqlite",
    "rustls",
    "smol",
    "socket2",
    "tokio",
];

/// Those packages among a pure crate's dependencies, its dependencies' dependencies and so on, that it must not have.
pub fn impure_packages(folder: &str, closure: &BTreeSet<String>) -> Vec<String> {
    closure
        .iter()
        .filter(|package| is_forbidden(package))
        .map(|package| format!("{folder} must not reach the package {package}; see `cargo tree`"))
        .collect()
}

fn is_forbidden(package: &str) -> bool {
    FORBIDDEN.iter().any(|name| {
        package.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closure(packages: &[&str]) -> BTreeSet<String> {
        packages.iter().map(|package| (*package).to_owned()).collect()
    }

    #[test]
    fn a_pure_crate_may_reach_values_and_encodings() {
        let pure = closure(&["jiff", "rust_decimal", "serde", "serde_json", "randomise", "asyncify"]);
        assert_eq!(impure_packages("shared/domain", &pure), [""; 0]);
    }

    #[test]
    fn whatever_waits_performs_or_draws_lots_is_named() {
        let impure = ["aws-sdk-dynamodb", "getrandom", "rand_core", "rusqlite", "tokio", "tokio-util"];
        let named = impure_packages("shared/domain", &closure(&impure));
        assert_eq!(named.len(), impure.len(), "{named:#?}");
    }
}
