//! Logs: on standard error, one line per event, JSON or text. Secrets never come here: their types do not show themselves.

use std::{
    any::Any,
    backtrace::{Backtrace, BacktraceStatus},
    io::{self, IsTerminal},
    panic,
};

use tracing_subscriber::EnvFilter;

/// How the process logs.
#[derive(Debug)]
pub(crate) struct LogSettings {
    /// The form of a line.
    pub(crate) format: Format,
    /// Which lines are written.
    pub(crate) filter: EnvFilter,
}

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// One JSON object.
    Json,
    /// For people.
    Text,
}

/// Which lines are written where nobody has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// What an operator wants to see: every call that ends.
    Info,
    /// Only what is wrong.
    Warn,
}

impl Verbosity {
    /// As a filter.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
        }
    }
}

/// Starts to log, panics included.
pub(crate) fn start(settings: LogSettings) {
    let lines = tracing_subscriber::fmt().with_env_filter(settings.filter).with_writer(io::stderr);
    match settings.format {
        Format::Json => lines.json().init(),
        Format::Text => lines.with_ansi(io::stderr().is_terminal()).init(),
    }
    panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(tracing::field::display);
        let backtrace = Backtrace::capture();
        let backtrace = (backtrace.status() == BacktraceStatus::Captured).then_some(backtrace);
        let backtrace = backtrace.map(tracing::field::display);
        tracing::error!(reason = reason(panic.payload()), at, backtrace, "a panic");
    }));
}

/// What a panic says of itself.
pub(super) fn reason(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("it does not say")
}
