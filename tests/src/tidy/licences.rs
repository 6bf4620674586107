//! Under which terms others' code may be part of the project.

use spdx::{Expression, LicenseReq, ParseMode, error::ParseError};

/// The terms of the project itself.
const OWN: &str = "MIT OR Apache-2.0";

/// Terms under which a package may be used in a program under the project's own: all ask for a notice at the most.
const ALLOWED: [&str; 9] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Zlib",
];

/// A package and its terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licensed {
    /// The package's name.
    pub package: String,
    /// Its terms as an SPDX expression, if it says any.
    pub terms: Option<String>,
}

/// The packages whose terms cannot be met by terms that are allowed.
pub fn refused_licences(packages: &[Licensed]) -> Vec<String> {
    packages
        .iter()
        .filter_map(|package| Some(format!("{}: {}", package.package, refusal(package)?)))
        .collect()
}

/// Our own packages whose terms are not the project's.
pub fn wrong_own_licences(packages: &[Licensed]) -> Vec<String> {
    packages
        .iter()
        .filter(|package| package.terms.as_deref() != Some(OWN))
        .map(|package| format!("{}: the project's own licence is {OWN}", package.package))
        .collect()
}

fn refusal(package: &Licensed) -> Option<String> {
    let Some(terms) = &package.terms else { return Some("no licence".to_owned()) };
    match is_allowed(terms) {
        Ok(true) => None,
        Ok(false) => Some(format!("{terms} is not on the list of allowed licences")),
        Err(error) => Some(format!("{terms} is no SPDX expression: {}", error.reason)),
    }
}

fn is_allowed(terms: &str) -> Result<bool, ParseError> {
    // Registries hold expressions from before SPDX was asked for, with a slash for "or".
    let expression = Expression::parse_mode(terms, ParseMode::LAX)?;
    Ok(expression.evaluate(is_one_of_allowed))
}

/// An exception adds to what a licence allows, so the licence alone decides.
fn is_one_of_allowed(required: &LicenseReq) -> bool {
    required.license.id().is_some_and(|id| ALLOWED.contains(&id.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn licensed(terms: &str) -> Licensed {
        Licensed { package: "made-up".to_owned(), terms: Some(terms.to_owned()) }
    }

    #[test]
    fn terms_that_can_be_met_are_allowed() {
        for terms in [
            "MIT",
            "MIT/Apache-2.0",
            "Apache-2.0 WITH LLVM-exception",
            "GPL-3.0-only OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "ISC AND (Apache-2.0 OR ISC)",
        ] {
            assert_eq!(refused_licences(&[licensed(terms)]), [""; 0]);
        }
    }

    #[test]
    fn terms_that_cannot_be_met_are_refused() {
        for terms in
            ["GPL-3.0-only", "AGPL-3.0-or-later", "MIT AND GPL-2.0-only", "SSPL-1.0", "none of these"]
        {
            assert_eq!(refused_licences(&[licensed(terms)]).len(), 1, "{terms}");
        }
        assert_eq!(
            refused_licences(&[Licensed { package: "made-up".to_owned(), terms: None }]),
            ["made-up: no licence"]
        );
    }

    #[test]
    fn our_own_terms_are_both_or_wrong() {
        assert_eq!(wrong_own_licences(&[licensed("MIT OR Apache-2.0")]), [""; 0]);
        assert_eq!(wrong_own_licences(&[licensed("MIT"), licensed("Apache-2.0")]).len(), 2);
    }
}
