//! How the functions are built.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::Path,
    process::Command,
};

use anyhow::{Context, Result, ensure};
use ringfall_tests::deployed::FUNCTIONS;

/// The crate of Lambda's events: each function asks for its own. Few others depend on it.
const EVENTS: &str = "aws_lambda_events";

/// `sam build` builds each function by itself. Whatever they share is built once only as long as all of them ask for the same features of it.
#[test]
fn what_the_functions_share_is_built_once() -> Result<()> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for function in FUNCTIONS {
        for (package, features) in built_of(function)? {
            all.entry(package).or_default().insert(features);
        }
    }
    ensure!(all.keys().any(|package| package.starts_with("aws-sdk-dynamodb ")), "{:?}", all.keys());
    all.retain(|package, features| features.len() > 1 && !package.starts_with(EVENTS));
    ensure!(all.is_empty(), "each of these is built several times: {all:#?}");
    Ok(())
}

/// The packages that a function is built of, with their features.
fn built_of(function: &str) -> Result<BTreeMap<String, String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions").join(function);
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}|{f}"]);
    let output = command.current_dir(folder).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout)?;
    let packages = lines.lines().filter_map(|line| line.split_once('|'));
    Ok(packages
        .map(|(package, features)| (package.to_owned(), features.trim_end_matches(" (*)").to_owned()))
        .collect())
}

/// A message that panics fails alone only where a panic can be caught: cargo-lambda lets it end the process unless the profile says otherwise.
#[test]
fn a_panic_does_not_end_a_function() -> Result<()> {
    let workspace = include_str!("../../../../Cargo.toml");
    let profile = workspace.split("[profile.release]").nth(1).context("there is no such profile")?;
    let profile = profile.split("\n[").next().unwrap_or_default();
    ensure!(profile.lines().any(|line| line == "panic = \"unwind\""), "{profile}");
    Ok(())
}
