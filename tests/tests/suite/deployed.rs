//! The template that deploys the platform.

use anyhow::{Context, Result, ensure};
use ringfall_tests::deployed::{Sam, translated, wrong_in};

#[test]
fn the_template_is_valid() -> Result<()> {
    let told = Sam::new(&["validate", "--lint"]).run()?;
    ensure!(told.contains("is a valid SAM Template"), "{told}");
    Ok(())
}

#[test]
fn the_template_comes_to_what_it_must() -> Result<()> {
    let template = translated()?;
    let functions = template["Resources"].as_object().context("resources")?.values();
    let functions = functions.filter(|resource| resource["Type"] == "AWS::Lambda::Function").count();
    assert_eq!(functions, 5);
    assert_eq!(wrong_in(&template), [""; 0]);
    let pattern = &template["Resources"]["LegsUnknownFilter"]["Properties"]["FilterPattern"];
    let message = pattern.as_str().and_then(|pattern| pattern.split('"').nth(1)).context("a pattern")?;
    let watchdog = include_str!("../../../shared/app/src/calls/watch.rs");
    assert!(watchdog.contains(&format!("\"{message}\"")), "the watchdog does not log {message:?}");
    Ok(())
}
