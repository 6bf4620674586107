//! What the platform says of the calls, fetched through its API.

use std::collections::BTreeMap;

use ringfall_domain::money::Money;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    api::Api,
    cast::{Caller, Publisher},
};

/// More than are played.
const CALLS_LISTED: usize = 100;

/// What the platform says.
#[derive(Debug)]
pub(super) struct Evidence {
    /// The newest first.
    pub(super) calls: Vec<Call>,
    /// All entries.
    pub(super) ledger: Vec<Entry>,
    /// By campaign.
    pub(super) by_campaign: Report,
    /// By publisher.
    pub(super) by_publisher: Report,
    /// Where another Texan's call would go now.
    pub(super) dry_run: Decision,
}

/// A call.
#[derive(Debug, Deserialize)]
pub(super) struct Call {
    pub(super) provider_call_id: String,
    pub(super) caller: String,
    /// What the caller answered.
    pub(super) tags: BTreeMap<String, String>,
    pub(super) state: String,
    pub(super) disposition: String,
    pub(super) legs: Vec<Leg>,
    pub(super) decision: Decision,
    pub(super) revenue: Money,
    pub(super) payout: Money,
    pub(super) profit: Money,
}

/// One try of one target.
#[derive(Debug, Deserialize)]
pub(super) struct Leg {
    pub(super) target_id: String,
    pub(super) outcome: String,
    pub(super) connected_seconds: Option<u32>,
}

/// Why each target was taken or passed over.
#[derive(Debug, Deserialize)]
pub(super) struct Decision {
    pub(super) candidates: Vec<Candidate>,
}

/// A target, and what became of it.
#[derive(Debug, Deserialize)]
pub(super) struct Candidate {
    pub(super) target_id: String,
    pub(super) outcome: String,
    pub(super) reason: Reason,
}

/// A code and its figures.
#[derive(Debug, Deserialize)]
pub(super) struct Reason {
    pub(super) code: String,
    #[serde(flatten)]
    pub(super) figures: Map<String, Value>,
}

/// One entry of the ledger.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    pub(super) kind: String,
    pub(super) amount: Money,
    pub(super) postings: Vec<Posting>,
}

/// One half of an entry.
#[derive(Debug, Deserialize)]
pub(super) struct Posting {
    pub(super) amount: Money,
}

/// Profit and loss.
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    pub(super) rows: Vec<Row>,
    pub(super) total: Sums,
}

/// One line of it.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) key: String,
    #[serde(flatten)]
    pub(super) sums: Sums,
}

/// Sums.
#[derive(Debug, Deserialize)]
pub(super) struct Sums {
    pub(super) calls: i64,
    pub(super) connected: i64,
    pub(super) converted: i64,
    pub(super) abandoned: i64,
    pub(super) revenue: Money,
    pub(super) payout: Money,
    pub(super) telephony_cost: Money,
    pub(super) profit: Money,
}

#[derive(Deserialize)]
struct CallPage {
    data: Vec<Call>,
}

#[derive(Deserialize)]
struct LedgerPage {
    entries: Vec<Entry>,
    next_cursor: Option<String>,
}

impl Evidence {
    /// Asks for all of it. `texan`: who might call next.
    ///
    /// # Errors
    /// The platform refuses, or answers in another shape.
    pub(super) async fn gather(api: &Api, texan: &Caller) -> anyhow::Result<Self> {
        let calls: CallPage = api.get(&format!("/v1/calls?limit={CALLS_LISTED}")).await?;
        Ok(Self {
            calls: calls.data,
            ledger: ledger(api).await?,
            by_campaign: api.get("/v1/reports/pnl?group_by=campaign").await?,
            by_publisher: api.get("/v1/reports/pnl?group_by=publisher").await?,
            dry_run: dry_run(api, texan).await?,
        })
    }

    /// The platform's record of a call that the carrier placed.
    pub(super) fn call(&self, sid: &str) -> Option<&Call> {
        self.calls.iter().find(|call| call.provider_call_id == sid)
    }
}

impl Call {
    /// The leg that was taken.
    pub(super) fn connected(&self) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.outcome == "connected")
    }

    /// Whether targets were ever judged for it.
    pub(super) fn was_routed(&self) -> bool {
        !self.decision.candidates.is_empty()
    }
}

/// All entries of the ledger.
pub(super) async fn ledger(api: &Api) -> anyhow::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut page: LedgerPage = api.get("/v1/ledger").await?;
    loop {
        entries.append(&mut page.entries);
        let Some(cursor) = page.next_cursor else { return Ok(entries) };
        page = api.get(&format!("/v1/ledger?cursor={cursor}")).await?;
    }
}

#[derive(Deserialize)]
struct DryRun {
    decision: Decision,
}

async fn dry_run(api: &Api, texan: &Caller) -> anyhow::Result<Decision> {
    let call = json!({
        "number": Publisher::RadioOne.phone_number(),
        "caller": texan.number,
        "caller_facts": {"state": texan.place.state},
        "tags": {"injured": "yes", "zip": texan.place.zip},
    });
    let run: DryRun = api.post("/v1/simulations/route", &call).await?;
    Ok(run.decision)
}
