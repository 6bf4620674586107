//! The functions' programs, built by cargo.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The functions, by the folders that their packages are in.
pub(super) const FUNCTIONS: [&str; 5] = ["webhook", "api", "worker", "rollup", "sweep"];

/// How programs are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Built {
    /// As for tests.
    Debug,
    /// As for use.
    Release,
}

/// Builds the functions, where they are not fresh, and puts each into a folder of its name below `folder`, as Lambda wants it.
pub(super) fn place(folder: &Path) -> Result<()> {
    for (name, program) in FUNCTIONS.iter().zip(build(&FUNCTIONS, Built::Debug)?) {
        let code = folder.join(name);
        std::fs::create_dir_all(&code)?;
        // Without what only debuggers read there is much less to pack.
        run(Command::new("strip").arg("-o").arg(code.join("bootstrap")).arg(program))?;
    }
    Ok(())
}

/// Where a function's program is, built as for tests.
///
/// # Errors
/// It cannot be built.
pub fn program(name: &str) -> Result<PathBuf> {
    build(&[name], Built::Debug)?.pop().context("there is no such function")
}

/// The whole workspace is named, so that its packages are built with the same features as for the tests, and not twice.
pub(super) fn build(names: &[&str], built: Built) -> Result<Vec<PathBuf>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--locked", "--workspace", "--message-format", "json"]);
    if built == Built::Release {
        command.arg("--release");
    }
    for name in names {
        command.args(["--bin", &binary(name)]);
    }
    let messages = run(command.current_dir(env!("CARGO_MANIFEST_DIR")))?;
    let programs = names.iter().map(|name| {
        let program = messages.lines().find_map(|message| executable(message, &binary(name)));
        program.with_context(|| format!("cargo names no program {name}"))
    });
    programs.collect()
}

fn binary(name: &str) -> String {
    if FUNCTIONS.contains(&name) { format!("ringfall-{name}") } else { name.to_owned() }
}

fn executable(message: &str, binary: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    (message["target"]["name"] == binary).then(|| message["executable"].as_str().map(PathBuf::from))?
}

/// What a command says.
pub(super) fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let (told, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{command:?}: {}\n{told}\n{wrong}", output.status);
    Ok(told.into_owned())
}
