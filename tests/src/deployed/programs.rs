//! The functions' programs, built by cargo.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;
use serde_json::Value;

use super::translated::top;

/// The functions, by the folders that their packages are in.
pub const FUNCTIONS: [&str; 5] = ["webhook", "api", "worker", "rollup", "sweep"];
/// The bare function that they are held against.
pub(super) const HELLO: &str = "hello";

/// Builds the functions, where they are not fresh, and puts each into a folder of its name below `folder`, as Lambda wants it.
pub(super) fn place(folder: &Path) -> Result<()> {
    for (name, program) in FUNCTIONS.iter().zip(build(&FUNCTIONS)?) {
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
    build(&[name])?.pop().context("there is no such function")
}

/// The whole workspace is named, so that its packages are built with the same features as for the tests, and not twice.
fn build(names: &[&str]) -> Result<Vec<PathBuf>> {
    let mut command = cargo();
    command.args(["build", "--locked", "--workspace", "--message-format", "json"]);
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

/// A function as `sam build` builds it, for this machine's own processor; or, for [`HELLO`], the bare one beside them, built in the same way.
pub(super) fn as_deployed(name: &str) -> Result<PathBuf> {
    let (folder, kind, binary) = match name {
        HELLO => ("webhook", "--example", HELLO.to_owned()),
        _ => (name, "--bin", binary(name)),
    };
    let folder = top().join("functions").join(folder);
    let mut command = cargo();
    command.args(["lambda", "build", "--locked", "--release", kind, &binary]).current_dir(&folder);
    run(&mut command).context("cargo-lambda builds functions; `pip install cargo-lambda` brings it")?;
    let metadata = MetadataCommand::new().no_deps().current_dir(folder).exec()?;
    let target = metadata.target_directory.into_std_path_buf();
    Ok(target.join("lambda").join(binary).join("bootstrap"))
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn binary(name: &str) -> String {
    format!("ringfall-{name}")
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
