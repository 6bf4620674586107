//! Standard output.

use std::io::{self, Write};

/// Where the demonstration is shown.
#[derive(Debug)]
pub(super) struct Screen;

impl Screen {
    /// Standard output.
    pub(super) const fn new() -> Self {
        Self
    }

    /// Shows a line. A reader who is gone misses nothing: the exit code tells whether all went well.
    pub(super) fn show(&self, line: impl AsRef<str>) {
        let _ = writeln!(io::stdout().lock(), "{}", line.as_ref().trim_end());
    }
}
