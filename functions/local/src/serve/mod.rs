//! `ringfall serve`: the same routers and workers as the functions, in one process on the embedded store.

mod banner;
mod folder;
mod http;
mod keys;
pub(crate) mod logs;
mod relay;
mod router;
mod settings;
mod stack;
mod stop;
pub(crate) mod store;
mod tasks;

use std::process::ExitCode;

use anyhow::Context;

pub(crate) use self::{
    keys::{KeyFile, MissingKey},
    relay::{RelaySettings, Sip},
    settings::{AdminKey, Engine, Settings},
    stack::Stack,
    stop::Signals,
};

/// Serves until a signal asks to stop. A second one ends the process at once: what was acknowledged is on disk by then.
///
/// # Errors
/// It cannot be started, or its store cannot be closed.
pub(crate) async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen().context("no handler for signals")?;
    let data = settings.engine.to_string();
    warn_of_what_will_not_work(&settings);
    let stack = Stack::start(settings).await?;
    tracing::info!(url = %stack.url(), %data, "serving");
    banner::show(&stack, &data).context("standard output takes nothing")?;
    let signal = signals.next().await;
    tracing::info!(signal, "stopping");
    tokio::select! {
        stopped = stack.stop() => stopped?,
        signal = signals.next() => {
            tracing::warn!(signal, "stopped at once");
            return Ok(ExitCode::FAILURE);
        }
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// A provider signs the URL that it was given, and no provider reaches `0.0.0.0`.
fn warn_of_what_will_not_work(settings: &Settings) {
    if !settings.listen.ip().is_loopback() && settings.public_url.is_none() {
        tracing::warn!(
            "webhooks will be refused: --public-url (RINGFALL_PUBLIC_URL) is not set, and is what providers sign"
        );
    }
}
