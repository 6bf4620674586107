//! What `serve` is told.

use std::{fmt, net::SocketAddr, path::PathBuf};

use ringfall_providers::relay::text::Secret;
use ringfall_store::engines::dynamodb;
use url::Url;

use super::{keys::KeyFile, relay::RelaySettings};

/// What `serve` is told.
#[derive(Debug)]
pub(crate) struct Settings {
    /// For HTTP. Port 0 takes a free one.
    pub(crate) listen: SocketAddr,
    /// How providers reach us, if not at the address itself.
    pub(crate) public_url: Option<Url>,
    /// The first account's key, if one was chosen.
    pub(crate) admin_key: Option<AdminKey>,
    /// What keeps the data.
    pub(crate) engine: Engine,
    /// What providers' secrets are sealed with.
    pub(crate) keys: KeyFile,
    /// The relay that runs beside the platform.
    pub(crate) relay: RelaySettings,
    /// What relays elsewhere sign in with, if there are any.
    pub(crate) relay_secret: Option<Secret>,
}

/// What keeps the data, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Engine {
    /// One file in a folder.
    Sqlite {
        /// The folder.
        data_dir: PathBuf,
    },
    /// A table and a queue on AWS.
    DynamoDb(dynamodb::Settings),
}

impl fmt::Display for Engine {
    /// Where the data is, for a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { data_dir } => write!(f, "{}", data_dir.display()),
            Self::DynamoDb(settings) => {
                write!(f, "DynamoDB table {}, SQS queue {}", settings.table, settings.queue)
            }
        }
    }
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
