//! An HTTP client that is made when it is first needed: reading the system's certificates takes longer than all else of a function's start, and
//! most functions end without ever asking a provider.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use reqwest::{Client, ClientBuilder};

use crate::carrier::CarrierError;

type Made = Result<Client, CarrierError>;

/// The client, made or not. Clones share it.
#[derive(Clone)]
pub(crate) struct LateClient(Arc<LazyLock<Made, Box<dyn FnOnce() -> Made + Send>>>);

impl LateClient {
    /// A client that is to be made by these settings.
    pub(crate) fn new(settings: impl FnOnce() -> ClientBuilder + Send + 'static) -> Self {
        let no_client = |error| CarrierError::Unavailable(format!("no HTTP client: {error}"));
        Self(Arc::new(LazyLock::new(Box::new(move || settings().build().map_err(no_client)))))
    }

    /// The client.
    ///
    /// # Errors
    /// The machine's TLS settings cannot be read.
    pub(crate) fn get(&self) -> Result<&Client, CarrierError> {
        LazyLock::force(&self.0).as_ref().map_err(Clone::clone)
    }
}

impl fmt::Debug for LateClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LateClient").finish_non_exhaustive()
    }
}
