//! The program under test, built by cargo.

use std::{env, path::PathBuf, process::Command, sync::OnceLock};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;

/// How the program is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// As for tests.
    Debug,
    /// As for use: what is measured.
    Release,
}

/// Builds `ringfall`, where it is not fresh, and tells where it is.
///
/// # Errors
/// It cannot be built.
pub fn program(profile: Profile) -> Result<PathBuf> {
    static DEBUG: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    static RELEASE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = match profile {
        Profile::Debug => &DEBUG,
        Profile::Release => &RELEASE,
    };
    let path = built.get_or_init(|| build(profile).map_err(|error| format!("{error:#}")));
    path.clone().map_err(|error| anyhow!(error))
}

/// The whole workspace is named, so that its packages are built with the same features as for the tests, and not twice.
fn build(profile: Profile) -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--locked", "--workspace", "--bin", "ringfall", "--message-format", "json"]);
    if profile == Profile::Release {
        command.arg("--release");
    }
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().context("cargo build")?;
    ensure!(output.status.success(), "cargo build: {}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).context("cargo's messages")?;
    messages.lines().find_map(executable).context("cargo names no program")
}

fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    (message["target"]["name"] == "ringfall").then(|| message["executable"].as_str().map(PathBuf::from))?
}
