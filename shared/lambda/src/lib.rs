//! What the functions on AWS Lambda begin with, and nothing that they do.
//!
//! - [`environment`]: variables become settings. What is wrong is told in one line that names the variable, before the first request.
//! - [`platform`]: the platform over the table, stream and queue that the deployment names.
//! - [`run`]: a function's process, with its logs.
//! - [`timing`]: how long an invocation may go on.
//!
//! Invariants: nothing is asked of AWS before the first request but what a function cannot begin without; no secret is in a
//! variable.

pub mod environment;
mod logs;
pub mod platform;
mod recordings;
mod secret;
pub mod timing;

#[cfg(test)]
mod tests;

use std::{
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

pub use self::{
    environment::{Configuration, Misconfigured, Network},
    platform::{Function, StartError},
    recordings::LinkError,
    secret::SecretError,
};

/// Runs a function until its sandbox ends: reads the configuration, starts the logs, and serves. What keeps it from starting is told
/// in one line on standard error, where Lambda finds it.
pub fn run<E: Display>(serve: impl AsyncFnOnce(Function) -> Result<(), E>) -> ExitCode {
    let configuration = match environment::read(|name| std::env::var(name)) {
        Ok(configuration) => configuration,
        Err(misconfigured) => return failed(&misconfigured),
    };
    if let Err(misconfigured) = logs::start(|name| std::env::var(name)) {
        return failed(&misconfigured);
    }
    // One thread: a function has less than one processor, and starts with fewer in less time.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let served = runtime.block_on(async {
        match Function::start(configuration).await {
            Ok(function) => serve(function).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    });
    served.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
}

fn failed(error: &dyn Display) -> ExitCode {
    // Where nobody can be told, the exit code remains.
    let _ = writeln!(io::stderr(), "error: {error}");
    ExitCode::FAILURE
}
