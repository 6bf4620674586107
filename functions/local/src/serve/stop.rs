//! Being told to stop, and telling others.

use std::io;

use tokio::sync::watch;

/// Tells those who hold its [`Stop`] to stop.
#[derive(Debug)]
pub(super) struct Stopper(watch::Sender<bool>);

/// Knows whether to stop.
#[derive(Debug, Clone)]
pub(super) struct Stop(watch::Receiver<bool>);

/// Both ends.
pub(super) fn stopper() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    /// Asks to stop.
    pub(super) fn ask(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Whether to stop: also where nobody is left who could ask.
    pub(super) fn is_asked(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Returns when it is time to stop.
    pub(super) async fn asked(&mut self) {
        // The only failure is that the stopper is gone, which means the same.
        let _ = self.0.wait_for(|asked| *asked).await;
    }
}

/// The signals that ask a process to end.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on; the process no longer ends by itself.
    ///
    /// # Errors
    /// The system takes no handler.
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Returns when one came, with its name.
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

/// The signals that ask a process to end.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Nothing is to be prepared here.
    ///
    /// # Errors
    /// Never.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// Returns when one came, with its name.
    pub(crate) async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            // Without signals the process can only be killed.
            Err(_) => std::future::pending().await,
        }
    }
}
