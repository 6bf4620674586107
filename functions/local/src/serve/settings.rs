//! What `serve` is told.

use std::{fmt, net::SocketAddr, path::PathBuf};

use url::Url;

/// What `serve` is told.
#[derive(Debug)]
pub(crate) struct Settings {
    /// For HTTP. Port 0 takes a free one.
    pub(crate) listen: SocketAddr,
    /// Where the data is.
    pub(crate) data_dir: PathBuf,
    /// How providers reach us, if not at the address itself.
    pub(crate) public_url: Option<Url>,
    /// The first account's key, if one was chosen.
    pub(crate) admin_key: Option<AdminKey>,
    /// What keeps the data.
    pub(crate) engine: Engine,
}

/// What keeps the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// One file in the data folder.
    Sqlite,
}

/// A chosen first key. Does not show itself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct AdminKey(String);

impl AdminKey {
    /// Shorter ones could be guessed.
    pub(crate) const LEAST_CHARACTERS: usize = 32;

    /// A key that was found long enough.
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The key itself.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AdminKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminKey(…)")
    }
}
