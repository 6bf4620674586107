//! The relay's Terraform module, by Terraform itself and without AWS. It is in no package registry: where it is missing, nothing is tested,
//! and that is said.

use std::{
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
