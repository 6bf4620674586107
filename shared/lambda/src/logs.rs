//! Logs: JSON, one line per event, to standard error, which Lambda keeps.

use std::{env::VarError, io};

use tracing_subscriber::EnvFilter;

use crate::environment::{Misconfigured, Variables};

const FILTER: &str = "RUST_LOG";
const DEFAULT: &str = "info";

/// Starts to log.
///
/// # Errors
/// `RUST_LOG` is no filter.
pub(crate) fn start(variable: impl Fn(&str) -> Result<String, VarError>) -> Result<(), Misconfigured> {
    let expected = |_| "expected a filter, such as info or info,ringfall_app=debug";
    let filter = Variables(variable).optional(FILTER, |text| EnvFilter::try_new(text).map_err(expected))?;
    let filter = filter.unwrap_or_else(|| EnvFilter::new(DEFAULT));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(io::stderr).init();
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(tracing::field::display);
        tracing::error!(reason = panic.payload_as_str(), at, "a panic");
    }));
    Ok(())
}
