//! The function that the table's stream calls when there are changes to take up.
//!
//! The records that it brings only tell that there are some: they are read from the stream, behind the place up to which it was consumed. So
//! it is known where reading goes on after any failure, what the stream has lost, and that nothing is taken up twice; and shards that call
//! at the same time are consumed by one.

use std::process::ExitCode;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use ringfall_app::rollup::{CaughtUp, catch_up};
use ringfall_lambda::{Function, timing::until};
use serde_json::{Value, json};

fn main() -> ExitCode {
    ringfall_lambda::run(serve)
}

async fn serve(function: Function) -> Result<(), Error> {
    let platform = function.platform()?;
    let platform = &*platform;
    let answer = |event: LambdaEvent<Value>| async move {
        match catch_up(platform, until(&event.context)).await? {
            CaughtUp::Yes => Ok(json!({"batchItemFailures": []})),
            // Lambda brings the same records again, and with them the time that is needed.
            CaughtUp::NotYet => Err(Error::from("there was no time for all changes: they are taken up next")),
        }
    };
    lambda_runtime::run(service_fn(answer)).await
}
