//! The template, and the functions as it deploys them, called as providers, agencies, relays, queues and clocks call them.
//!
//! They are deployed into a local AWS (MiniStack) with the programs that cargo builds for tests, as [`Deployment`] tells. What that AWS does
//! not do is asserted on the template's translation: it lets every role do everything, forgets no item by its time to live, encrypts
//! nothing, and rings no alarm.

mod built;
mod calls;
mod queues;
mod stream;
mod trunks;

use std::process::Command;

use anyhow::{Context, Result, ensure};
use ringfall_tests::deployed::{Deployment, Sam, program, translated, wrong_in};
use serde_json::json;

use self::calls::Scene;

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

#[test]
fn a_function_that_is_told_wrong_ends_with_one_line_before_it_asks_for_a_request() -> Result<()> {
    for name in ["webhook", "api", "worker", "rollup", "sweep"] {
        let output = Command::new(program(name)?)
            .env_clear()
            .env("RINGFALL_TABLE", "calls")
            .env("RINGFALL_STREAM", "the stream")
            // Nobody is there: a request for an event would be another failure.
            .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9")
            .output()?;
        let line = String::from_utf8(output.stderr)?;
        assert_eq!(line, "error: RINGFALL_STREAM: expected the ARN of the table's stream\n", "{name}");
        assert!(!output.status.success(), "{name}");
    }
    Ok(())
}

/// All that needs a deployment in one test, since deploying takes long. The two lost ones are waited for last: that takes half a minute.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_deployed_takes_calls_and_does_the_work_behind_them() -> Result<()> {
    let deployment = Deployment::start().await?;
    let scene = Scene::set_up(&deployment).await?;
    queues::poison(&deployment).await?;
    trunks::relays_are_told_theirs(&deployment, &scene.agency.api).await?;
    trunks::recordings_are_in_the_bucket(&deployment).await?;
    scene.a_call_is_billed().await?;
    scene.a_caller_is_called_back_and_served_when_the_watchdog_frees_the_line().await?;
    queues::what_is_poisoned_is_with_the_dead_letters_and_nothing_else(&deployment).await?;
    queues::the_clock_calls_the_sweep(&deployment).await?;
    scene.sums_are(&json!({"calls": 4, "converted": 2, "revenue": "90.00", "callbacks": 1})).await
}
