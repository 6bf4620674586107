//! What is told instead of running: what is wrong with a setting, how the command is used, help.

use std::{
    env::VarError,
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Why nothing is run.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A setting has a value that it cannot have.
    Setting {
        /// Its names.
        setting: String,
        /// What it should be.
        expected: String,
    },
    /// Help and version were asked for, or the command line is not one: in clap's words.
    Usage(clap::Error),
}

impl Refusal {
    pub(super) fn setting(setting: &str, expected: impl Into<String>) -> Self {
        Self::Setting { setting: setting.to_owned(), expected: expected.into() }
    }

    /// A value that one of our own parsers refused is told in one line.
    pub(super) fn of_clap(error: clap::Error) -> Self {
        let argument = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(argument)) => argument.split(' ').next(),
            _ => None,
        };
        match (error.kind(), argument, error.source()) {
            (ErrorKind::ValueValidation, Some(flag), Some(expected)) => {
                Self::Setting { setting: both_names(flag), expected: expected.to_string() }
            }
            _ => Self::Usage(error),
        }
    }

    /// Tells it, and gives the process' exit code: 2 for what is wrong, 0 for what was asked for.
    pub(crate) fn tell(&self) -> ExitCode {
        // Where nobody can be told, the exit code remains.
        let _ = match self {
            Self::Setting { setting, expected } => writeln!(io::stderr(), "error: {setting}: {expected}"),
            Self::Usage(error) => error.print(),
        };
        match self {
            Self::Usage(error) if !error.use_stderr() => ExitCode::SUCCESS,
            Self::Usage(_) | Self::Setting { .. } => ExitCode::from(2),
        }
    }
}

/// `--data-dir (RINGFALL_DATA_DIR)`: every flag's variable is named like it.
fn both_names(flag: &str) -> String {
    let variable = flag.trim_start_matches('-').replace('-', "_").to_uppercase();
    format!("{flag} (RINGFALL_{variable})")
}

/// Reads a variable that has no flag.
pub(super) fn variable(
    name: &str,
    environment: impl Fn(&str) -> Result<String, VarError>,
) -> Result<Option<String>, Refusal> {
    match environment(name) {
        Ok(text) => Ok(Some(text)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(Refusal::setting(name, "expected UTF-8 text")),
    }
}
