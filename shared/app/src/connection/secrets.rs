//! The secrets of a connection's document: sealed before it is kept, opened before it is used.

use std::collections::BTreeSet;

use ringfall_domain::ids::ConnectionId;
use ringfall_store::port::StoreError;

use super::{Connection, TrunkDocument};
use crate::{
    clock::Randomness,
    seal::{Kept, KeyId, KeyRing, Keys, Plain},
};

/// What is done with each secret.
trait Each {
    type Error;

    fn secret<T: Plain>(&mut self, field: &str, secret: &mut Kept<T>) -> Result<(), Self::Error>;
}

impl Connection {
    /// Every secret, with its field: a secret of a new provider belongs here too.
    fn each_secret<E: Each>(&mut self, each: &mut E) -> Result<(), E::Error> {
        match self {
            Self::Twilio { credentials, .. } => {
                each.secret("credentials.auth_token", &mut credentials.auth_token)?;
                match &mut credentials.signature_key {
                    Some(key) => each.secret("credentials.signature_key", key),
                    None => Ok(()),
                }
            }
            Self::Relay { credentials, trunk, .. } => {
                if let Some(secret) = &mut credentials.secret {
                    each.secret("credentials.secret", secret)?;
                }
                if let Some(previous) = &mut credentials.previous_secret {
                    each.secret("credentials.previous_secret", &mut previous.secret)?;
                }
                let TrunkDocument { digest, outbound_digest, .. } = trunk;
                if let Some(digest) = digest {
                    each.secret("trunk.digest.password", &mut digest.password)?;
                }
                match outbound_digest {
                    Some(digest) => each.secret("trunk.outbound_digest.password", &mut digest.password),
                    None => Ok(()),
                }
            }
        }
    }

    /// The keys without which it cannot be used.
    pub fn needed_keys(&self) -> BTreeSet<KeyId> {
        let mut needed = Needed(BTreeSet::new());
        let Ok(()) = self.clone().each_secret(&mut needed);
        needed.0
    }

    /// The document as it is to be kept: nothing of it is secret any more. What was kept in the clear is sealed with the rest.
    pub(crate) async fn sealed(
        mut self,
        id: ConnectionId,
        keys: &dyn Keys,
        randomness: &dyn Randomness,
    ) -> Result<Self, StoreError> {
        let ring = keys.ring(&BTreeSet::new()).await;
        let ring = ring.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let Ok(()) = self.each_secret(&mut Seal { id, ring: &ring, randomness });
        Ok(self)
    }

    /// The document as it is to be used. Where nothing is sealed no key is asked for.
    pub(crate) async fn opened(mut self, id: ConnectionId, keys: &dyn Keys) -> Result<Self, StoreError> {
        let needed = self.needed_keys();
        if needed.is_empty() {
            return Ok(self);
        }
        let ring = keys.ring(&needed).await;
        let ring = ring.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        self.each_secret(&mut Open { id, ring: &ring })?;
        Ok(self)
    }
}

/// What a secret belongs to.
fn place(id: ConnectionId, field: &str) -> String {
    format!("{id} {field}")
}

struct Needed(BTreeSet<KeyId>);

impl Each for Needed {
    type Error = std::convert::Infallible;

    fn secret<T: Plain>(&mut self, _: &str, secret: &mut Kept<T>) -> Result<(), Self::Error> {
        if let Kept::Sealed(sealed) = secret {
            self.0.insert(sealed.key().clone());
        }
        Ok(())
    }
}

struct Seal<'a> {
    id: ConnectionId,
    ring: &'a KeyRing,
    randomness: &'a dyn Randomness,
}

impl Each for Seal<'_> {
    type Error = std::convert::Infallible;

    fn secret<T: Plain>(&mut self, field: &str, secret: &mut Kept<T>) -> Result<(), Self::Error> {
        if let Kept::Clear(clear) = secret {
            let drawn = self.randomness.bits();
            *secret = Kept::Sealed(self.ring.seal(clear.as_text(), &place(self.id, field), drawn));
        }
        Ok(())
    }
}

struct Open<'a> {
    id: ConnectionId,
    ring: &'a KeyRing,
}

impl Each for Open<'_> {
    type Error = StoreError;

    fn secret<T: Plain>(&mut self, field: &str, secret: &mut Kept<T>) -> Result<(), StoreError> {
        let damaged = |why: &dyn std::fmt::Display| {
            StoreError::Damaged(format!("connection {}: {field}: {why}", self.id))
        };
        if let Kept::Sealed(sealed) = secret {
            let clear = self.ring.open(sealed, &place(self.id, field)).map_err(|error| damaged(&error))?;
            *secret = Kept::Clear(clear.parse().map_err(|error| damaged(&error))?);
        }
        Ok(())
    }
}
