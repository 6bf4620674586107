//! The API against its own description: schemathesis reads `/v1/openapi.json` and asks for whatever it promises, and for much
//! that it does not.

use std::path::Path;

use anyhow::{Result, ensure};
use ringfall_tests::stack::{Agency, Offer, Profile, Stack};
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn the_api_keeps_to_its_own_description() -> Result<()> {
    let stack = Stack::start(Profile::Debug).await?;
    // So that lists hold something, and references lead somewhere.
    Agency::set_up(stack.api(), Offer::direct(3)).await?;
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = tests.join(".venv/bin/schemathesis");
    ensure!(program.exists(), "schemathesis is not installed: run tests/run once");
    let told = Command::new(program)
        .arg("--config-file")
        .arg(tests.join("schemathesis.toml"))
        .arg("run")
        .arg(format!("{}/v1/openapi.json", stack.url()))
        .args(["--header", &format!("Authorization: Bearer {}", stack.admin_key())])
        // It keeps notes in the folder that it is started in.
        .current_dir(stack.data_folder())
        .kill_on_drop(true)
        .output()
        .await?;
    let findings = String::from_utf8_lossy(&told.stdout);
    ensure!(told.status.success(), "{findings}{}", String::from_utf8_lossy(&told.stderr));
    ensure!(findings.contains("Tested:"), "nothing was tested: {findings}");
    Ok(())
}
