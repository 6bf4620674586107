//! `ringfall`: the whole platform in one process on the embedded store.
//!
//! - [`cli`]: flags and environment become settings.
//! - [`serve`]: the webhooks, the REST API, the worker and the rollup over one SQLite file.
//! - [`moving`]: an account is written into a file, or read from one, so that it can change its store.
//! - [`demo`]: an agency is set up over that API, and a small carrier plays calls through the signed webhooks.
//!
//! Invariants: nothing is decided here; a bad setting ends with code 2, a failure with code 1.

mod cli;
mod demo;
mod moving;
mod serve;

use std::{
    io::{self, Write},
    process::ExitCode,
    thread,
};

use anyhow::Context;
use cli::Command;
use ringfall_relay::open_as_many_files_as_allowed;

/// Items and answers are many small pieces that other threads let go of than made them, which this allocator is made
/// for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::read(std::env::args_os(), |name| std::env::var(name)) {
        Ok(command) => run(command),
        Err(refusal) => refusal.tell(),
    }
}

fn run(command: Command) -> ExitCode {
    let files = open_as_many_files_as_allowed().context("the limit of open files cannot be raised");
    let ran = files.and_then(|()| runtime()).and_then(|runtime| {
        runtime.block_on(async {
            match command {
                Command::Serve(settings, logs) => {
                    serve::logs::start(logs);
                    serve::run(*settings).await
                }
                Command::Demo(settings, logs) => {
                    serve::logs::start(logs);
                    demo::run(settings).await
                }
                Command::Move(settings, logs) => {
                    serve::logs::start(logs);
                    moving::run(settings).await
                }
            }
        })
    });
    ran.unwrap_or_else(|error| {
        // Standard error is the last place to tell it; where that is closed, the code remains.
        let _ = writeln!(io::stderr(), "error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Two threads at least: one that computes must not keep the others from being answered.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let threads = thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?)
}
