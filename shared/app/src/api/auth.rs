//! Who asks, and what they may do.

use std::{collections::BTreeSet, fmt, str::FromStr};

use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts};
use ringfall_domain::ids::{AccountId, KeyId};
use ringfall_store::{protocols::accounts::find_key, records::api_key::SecretDigest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::{ProblemKind, Refusal};
use crate::platform::Platform;

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// See what is configured, the calls, and where a call would go.
    Read,
    /// Change what is configured.
    Write,
    /// See the profit and loss and the ledger, and have the former rebuilt.
    Reports,
    /// Make and end keys.
    Keys,
    /// Open further accounts.
    Accounts,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Read, Self::Write, Self::Reports, Self::Keys, Self::Accounts];
    /// All that concern one account only.
    pub(super) const OF_AN_ACCOUNT: [Self; 4] = [Self::Read, Self::Write, Self::Reports, Self::Keys];

    /// The word in the API and in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Reports => "reports",
            Self::Keys => "keys",
            Self::Accounts => "accounts",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

/// A text that names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected one of read, write, reports, keys, accounts")]
pub struct UnknownScope;

/// Whoever asks: a key of an account.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) account: AccountId,
    pub(super) key: KeyId,
    pub(super) scopes: BTreeSet<Scope>,
}

impl Caller {
    /// Whose key the request carries.
    pub(super) async fn of(platform: &Platform, headers: &HeaderMap) -> Result<Self, Refusal> {
        let digest = SecretDigest::of(bearer(headers)?);
        let pointer = find_key(&*platform.table, &digest).await?.ok_or_else(|| {
            Refusal::new(ProblemKind::Unauthenticated, "the API key is not known, or was archived")
        })?;
        // A scope of a later release is none that this one knows to grant.
        let scopes = pointer.scopes.iter().filter_map(|scope| scope.parse().ok()).collect();
        Ok(Self { account: pointer.account, key: pointer.key, scopes })
    }

    /// Refuses a caller whose key lacks a scope.
    pub(super) fn require(&self, scope: Scope) -> Result<(), Refusal> {
        if self.scopes.contains(&scope) {
            return Ok(());
        }
        Err(Refusal::new(ProblemKind::Forbidden, format!("this needs an API key with the scope `{scope}`")))
    }
}

/// The key in `Authorization: Bearer …` (RFC 6750 §2.1), as the bytes that were sent.
fn bearer(headers: &HeaderMap) -> Result<&[u8], Refusal> {
    let missing = || {
        Refusal::new(
            ProblemKind::Unauthenticated,
            "send the header `Authorization: Bearer` with your API key",
        )
    };
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or_else(missing)?.as_bytes();
    if values.next().is_some() {
        return Err(missing());
    }
    let (scheme, key) = value.split_at_checked(b"Bearer ".len()).ok_or_else(missing)?;
    let key = key.trim_ascii();
    if scheme.eq_ignore_ascii_case(b"Bearer ") && !key.is_empty() { Ok(key) } else { Err(missing()) }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    /// The caller that the endpoint's guard let in.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let no_key = || Refusal::new(ProblemKind::Unauthenticated, "this needs an API key");
        parts.extensions.get().cloned().ok_or_else(no_key)
    }
}
