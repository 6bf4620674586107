//! The function that the clock calls: the sweep every hour, and the repair of sums every few minutes, with whatever of the stream was left.

use std::process::ExitCode;

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use ringfall_app::{
    platform::Platform,
    repair::{Repaired, repair},
    rollup::catch_up,
    sweep::sweep,
};
use ringfall_lambda::{Function, timing::until};
use serde::Deserialize;

/// What the schedule asks for.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
enum Task {
    Sweep,
    Repair,
}

fn main() -> ExitCode {
    ringfall_lambda::run(serve)
}

async fn serve(function: Function) -> Result<(), Error> {
    let platform = function.platform()?;
    let platform = &*platform;
    let answer = |event: LambdaEvent<Task>| async move {
        let until = until(&event.context);
        match event.payload {
            Task::Sweep => swept(platform).await,
            Task::Repair => repaired(platform, until).await,
        }
    };
    lambda_runtime::run(service_fn(answer)).await
}

async fn swept(platform: &Platform) -> Result<(), Error> {
    let swept = sweep(platform).await?;
    tracing::info!(legs_watched = swept.legs_watched, entries_written = swept.entries_written, "swept");
    Ok(())
}

/// Takes up first what nobody was called for: the sums are compared with what was consumed.
async fn repaired(platform: &Platform, until: Timestamp) -> Result<(), Error> {
    catch_up(platform, until).await?;
    while platform.now() < until && repair(platform).await? == Repaired::More {}
    Ok(())
}
