//! The rows of the report are compared with the calls and the journal, and corrected.
//!
//! Consumers of the feed go on adding meanwhile. So a row is read first, then the calls and the journal, then what is
//! still to be added; and it is replaced only if nothing of the last concerns its hour and nobody has written it since. Whatever
//! was in the calls or the journal had then been added to the row by the time it was read.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    ids::AccountId,
    pnl::{Row, Tally},
};
use ringfall_store::{
    port::StoreError,
    protocols::{
        rollup::{correct, rows},
        settle::settle,
        timeline::Span,
    },
    records::tally::Held,
};

use super::{books::Books, pending::Pending};
use crate::platform::Platform;

/// Hours read at once.
const AT_ONCE: usize = 4;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What came of rebuilding hours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rebuilt {
    /// Rows that were wrong, and are corrected.
    pub differences: Vec<Difference>,
    /// Hours that have rows which differ, but to which changes are still to be added, or were added just now.
    pub hours_left: BTreeSet<Timestamp>,
}

/// A row that was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub row: Row,
    /// What it said.
    pub was: Tally,
    /// What calls and journal say.
    pub is: Tally,
}

/// A row that differs, as it was found.
#[derive(Debug)]
struct Finding {
    difference: Difference,
    held: Option<Held>,
}

/// Rebuilds an account's full hours from `from` (inclusive) to `to` (exclusive). Writes what is missing in the journal on the way; of that,
/// the feed tells later.
///
/// # Errors
/// The store failed: some rows may be corrected.
pub async fn rebuild(
    platform: &Platform,
    account: AccountId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Rebuilt, StoreError> {
    let next = |hour: &Timestamp| hour.checked_add(HOUR).ok();
    let mut hours = std::iter::successors(Some(from), next).take_while(|hour| *hour < to);
    let mut findings: Vec<Finding> = Vec::new();
    loop {
        let looks: Vec<_> = hours.by_ref().take(AT_ONCE).map(|hour| look(platform, account, hour)).collect();
        if looks.is_empty() {
            break;
        }
        findings.extend(try_join_all(looks).await?.into_iter().flatten());
    }
    let mut rebuilt = Rebuilt::default();
    if findings.is_empty() {
        return Ok(rebuilt);
    }
    let pending = Pending::read(platform).await?;
    for Finding { difference, held } in findings {
        let Difference { row, is, .. } = &difference;
        let settled = pending.as_ref().filter(|pending| !pending.concerns(account, row.hour));
        let is_corrected = match settled {
            Some(pending) => {
                correct(&*platform.table, (account, row), held.as_ref(), is, &pending.consumed).await?
            }
            None => false,
        };
        if is_corrected {
            rebuilt.differences.push(difference);
        } else {
            rebuilt.hours_left.insert(row.hour);
        }
    }
    Ok(rebuilt)
}

/// The rows of an hour that differ.
async fn look(platform: &Platform, account: AccountId, hour: Timestamp) -> Result<Vec<Finding>, StoreError> {
    let table = &*platform.table;
    let end = hour.saturating_add(HOUR).unwrap_or(Timestamp::MAX);
    let mut rows = rows(table, account, hour, end).await?;
    let books = Books::read(table, account, Span { from: hour, to: end }).await?;
    settle(table, account, &books.missing).await?;
    let mut findings = Vec::new();
    for (row, is) in books.sums {
        let (was, held) = rows.remove(&row).map_or((Tally::default(), None), |(was, held)| (was, Some(held)));
        findings.push(Finding { difference: Difference { row, was, is }, held });
    }
    // What is left was summed up of nothing.
    findings.extend(rows.into_iter().map(|(row, (was, held))| {
        let difference = Difference { row, was, is: Tally::default() };
        Finding { difference, held: Some(held) }
    }));
    for Finding { difference: Difference { was, is, .. }, .. } in &mut findings {
        // The longest wait only grows, so what it once was is not told by what the calls have come to.
        let longest = &mut is.waiting.longest_wait_seconds;
        *longest = (*longest).max(was.waiting.longest_wait_seconds);
    }
    findings.retain(|finding| finding.difference.was != finding.difference.is);
    Ok(findings)
}
