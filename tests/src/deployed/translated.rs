//! What the template comes to: SAM's own translation, and its own judgement.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::programs::run;

/// The top of the repository.
pub(super) fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The AWS SAM CLI, where `tests/run` installs it.
#[derive(Debug)]
pub struct Sam(Command);

impl Sam {
    /// A command of it, at the top of the repository, asking nobody.
    pub fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(venv("sam"));
        command.args(arguments).current_dir(top());
        command
            .env("SAM_CLI_TELEMETRY", "0")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_REGION", "us-east-1");
        Self(command)
    }

    /// With whatever else it is told.
    pub fn command(&mut self) -> &mut Command {
        &mut self.0
    }

    /// What it says.
    ///
    /// # Errors
    /// It is not installed, or finds something wrong.
    pub fn run(mut self) -> Result<String> {
        run(&mut self.0).context("tests/run installs the AWS SAM CLI")
    }
}

/// The template as CloudFormation gets it.
///
/// # Errors
/// It cannot be translated.
pub fn translated() -> Result<Value> {
    let mut command = Command::new(venv("python"));
    command.arg(top().join("tests/python/translate_template.py")).arg(top().join("infra/template.yaml"));
    let text = run(command.env("AWS_DEFAULT_REGION", "us-east-1"))?;
    serde_json::from_str(&text).context("the translation is JSON")
}

fn venv(program: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv-aws/bin").join(program)
}
