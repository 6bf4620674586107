//! Secrets are sealed before they are kept: who reads the store, its backups or an export without the key learns nothing of them.
//!
//! - [`KeyRing`]: the keys. The first seals, all open, so that a key can be changed without a gap.
//! - [`Kept`]: a secret in a document, as it was given or sealed.
//! - [`Keys`]: where the keys come from: a file beside the embedded store, Secrets Manager on AWS.
//!
//! AES-256-GCM (NIST SP 800-38D) with a nonce that is drawn for each secret. What a secret belongs to is bound to it as associated data:
//! moved to another connection or to another field it does not open.

mod kept;
mod ring;

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;

pub use self::{
    kept::{Kept, Plain, StillSealed},
    ring::{InvalidKeys, KeyId, KeyRing, NotOpened, Sealed},
};

/// Where the keys come from.
#[async_trait]
pub trait Keys: Send + Sync + 'static {
    /// The keys, read anew if some of `needed` are not among those at hand: they may have been added since. Which are there after all is for
    /// the caller to see.
    ///
    /// # Errors
    /// They cannot be had now; in words for the operator's log.
    async fn ring(&self, needed: &BTreeSet<KeyId>) -> Result<Arc<KeyRing>, KeysUnavailable>;
}

/// Keys that cannot be had now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the keys that secrets are sealed with cannot be had: {0}")]
pub struct KeysUnavailable(pub String);

/// Keys that were read when the process started.
#[derive(Debug, Clone)]
pub struct KeysAtHand(Arc<KeyRing>);

impl KeysAtHand {
    /// These keys.
    pub fn new(ring: KeyRing) -> Self {
        Self(Arc::new(ring))
    }
}

#[async_trait]
impl Keys for KeysAtHand {
    async fn ring(&self, _: &BTreeSet<KeyId>) -> Result<Arc<KeyRing>, KeysUnavailable> {
        Ok(Arc::clone(&self.0))
    }
}
