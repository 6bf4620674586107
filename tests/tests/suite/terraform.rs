//! The relay's Terraform module, by Terraform itself and without AWS. It is in no package registry: where it is missing, nothing is tested,
//! and that is said.

use std::{
    collections::BTreeSet,
    env,
    io::{self, Write},
    path::Path,
    process::{Command, Output},
};

use anyhow::{Context, Result, ensure};

/// A folder of providers, where the registry cannot be asked.
const PROVIDERS: &str = "RINGFALL_TEST_TERRAFORM_PROVIDERS";

#[test]
fn the_relays_module_is_valid_and_passes_its_own_tests() -> Result<()> {
    let data = tempfile::tempdir()?;
    // Initialising writes beside the module.
    let module = data.path().join("module");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/terraform"), &module)?;
    let terraform = |arguments: &[&str]| {
        Command::new("terraform").args(arguments).current_dir(&module).env("CHECKPOINT_DISABLE", "1").output()
    };
    if terraform(&["version"]).is_err() {
        return skipped(
            "terraform is not installed; https://developer.hashicorp.com/terraform/install tells how",
        );
    }
    succeeds("it is not formatted", &terraform(&["fmt", "-check", "-recursive"])?)?;
    let mut init = vec!["init", "-backend=false", "-input=false"];
    let providers = env::var(PROVIDERS).map(|folder| format!("-plugin-dir={folder}"));
    if let Ok(providers) = &providers {
        init.push(providers);
    }
    if !terraform(&init)?.status.success() && providers.is_err() {
        return skipped(&format!(
            "Terraform's provider for AWS cannot be had; {PROVIDERS} may name a folder with it"
        ));
    }
    succeeds("it cannot be initialised", &terraform(&init)?)?;
    succeeds("it is not valid", &terraform(&["validate"])?)?;
    succeeds("its tests fail", &terraform(&["test"])?)
}

/// Whatever the module sets is read by the relay under that name, and what it scales by is told by the relay.
#[test]
fn the_relay_knows_every_variable_that_the_module_sets() -> Result<()> {
    let settings = include_str!("../../../media-relay/relay/src/settings.rs");
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/terraform");
    let mut set = BTreeSet::new();
    for file in std::fs::read_dir(module)? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "tf") {
            set.extend(variables_in(&std::fs::read_to_string(path)?));
        }
    }
    ensure!(set.contains("RINGFALL_RELAY_SECRET") && set.len() > 8, "{set:?}");
    let unknown: Vec<_> =
        set.iter().filter(|name| !settings.contains(&format!("env = \"{name}\""))).collect();
    ensure!(unknown.is_empty(), "the relay does not read {unknown:?}");
    let scaling = include_str!("../../../infra/terraform/scaling.tf");
    let metrics = include_str!("../../../media-relay/relay/src/metrics.rs");
    ensure!(metrics.contains("with_prefix(\"ringfall_relay\")"), "the relay's figures have another prefix");
    let figure = scaling.split("\"ringfall_relay_").nth(1).and_then(|rest| rest.split('"').next());
    let figure = figure.context("the module scales by no figure")?;
    ensure!(metrics.contains(&format!("\"{figure}\"")), "the relay does not tell {figure}");
    Ok(())
}

fn variables_in(text: &str) -> BTreeSet<String> {
    const PREFIX: &str = "RINGFALL_RELAY_";
    let ends = |character: char| !(character.is_ascii_uppercase() || character == '_');
    let names = text.match_indices(PREFIX).filter_map(|(at, _)| text.get(at..)?.split(ends).next());
    // The prefix alone stands in descriptions.
    names.filter(|name| *name != PREFIX).map(str::to_owned).collect()
}

/// Past the test's own capture of what is written: nobody is to take it for a test that passed.
fn skipped(why: &str) -> Result<()> {
    writeln!(io::stderr(), "\nSKIPPED: the tests of infra/terraform: {why}\n").context("nobody can be told")
}

fn succeeds(what: &str, output: &Output) -> Result<()> {
    let (told, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{what}:\n{told}\n{wrong}");
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        match name.to_string_lossy().starts_with('.') {
            true => {}
            false if kind.is_dir() => copy(&entry.path(), &to.join(name))?,
            false => drop(std::fs::copy(entry.path(), to.join(name))?),
        }
    }
    Ok(())
}
