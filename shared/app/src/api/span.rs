//! From when to when: the parameters `from` and `to`.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::ids::AccountId;
use ringfall_store::protocols::{accounts::find_account, timeline::Span};
use utoipa::openapi::{RefOr, Schema};

use super::{
    openapi::{Endpoint, instant},
    problem::{ProblemKind, Refusal},
    query::Query,
};
use crate::platform::Platform;

/// Clocks of several machines differ by less.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// A time in a query.
struct Instant(Timestamp);

impl FromStr for Instant {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        text.parse().map(Self).map_err(|_| "expected a time (RFC 3339), such as 2026-11-21T10:00:00Z")
    }
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
}

impl Asked {
    /// Reads `from` and `to`.
    pub(super) fn read(query: &mut Query) -> Result<Self, Refusal> {
        let mut take = |name| query.take::<Instant>(name).map(|taken| taken.map(|instant| instant.0));
        let asked = Self { from: take("from")?, to: take("to")? };
        match (asked.from, asked.to) {
            (Some(from), Some(to)) if from >= to => {
                Err(Refusal::of_field(ProblemKind::Malformed, "to", "expected a time after `from`"))
            }
            _ => Ok(asked),
        }
    }

    /// The span in which an account can have anything at all: from its opening on until now.
    pub(super) async fn within_lifetime(
        self,
        platform: &Platform,
        account: AccountId,
    ) -> Result<Span, Refusal> {
        let opened = find_account(&*platform.table, account).await?.map(|account| account.created_at);
        let first = opened.unwrap_or(Timestamp::UNIX_EPOCH).saturating_sub(CLOCKS).unwrap_or(Timestamp::MIN);
        let last = platform.now().saturating_add(CLOCKS).unwrap_or(Timestamp::MAX);
        Ok(Span { from: self.from.unwrap_or(first).max(first), to: self.to.unwrap_or(last).min(last) })
    }

    /// The words that tell a list of this span from others.
    pub(super) fn name(self) -> String {
        let word = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        format!("from={}&to={}", word(self.from), word(self.to))
    }
}

impl Endpoint {
    /// The parameters `from` and `to`.
    pub(super) fn span(self) -> Self {
        let schema = || -> RefOr<Schema> { instant().examples(["2026-11-21T00:00:00Z"]).into() };
        self.query("from", schema(), "The first instant, RFC 3339.").query(
            "to",
            schema(),
            "The instant behind the last, RFC 3339.",
        )
    }
}
