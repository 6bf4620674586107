//! How the process logs.

use std::{
    env::VarError,
    io::{self, IsTerminal},
};

use clap::Args;
use tracing_subscriber::EnvFilter;

use super::{
    refusal::{Refusal, variable},
    values,
};
use crate::serve::logs::{Format, LogSettings, Verbosity};

const FILTER: &str = "RUST_LOG";

#[derive(Debug, Args)]
pub(super) struct LogArguments {
    /// Form of the log on standard error, json or text [default: text on a terminal, else json]
    #[arg(long, env = "RINGFALL_LOG_FORMAT", value_name = "FORMAT", value_parser = values::log_format)]
    log_format: Option<Format>,
}

impl LogArguments {
    /// # Errors
    /// `RUST_LOG` is no filter.
    pub(super) fn read(
        &self,
        verbosity: Verbosity,
        environment: impl Fn(&str) -> Result<String, VarError>,
    ) -> Result<LogSettings, Refusal> {
        let default = if io::stderr().is_terminal() { Format::Text } else { Format::Json };
        let filter = variable(FILTER, environment)?;
        let filter = EnvFilter::try_new(filter.as_deref().unwrap_or(verbosity.as_str())).map_err(|_| {
            Refusal::setting(FILTER, "expected a filter, such as info or info,ringfall_app=debug")
        })?;
        Ok(LogSettings { format: self.log_format.unwrap_or(default), filter })
    }
}
