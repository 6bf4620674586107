//! Why each candidate was taken or passed over, as it is shown.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, Leg},
    caller::Suppression,
    ids::{BuyerId, TargetId},
    routing::{Figure, Outcome, Reason},
};
use ringfall_store::{port::Value as Attribute, records::decision::DecisionLine};
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A decision record: every candidate, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Decision {
    /// Who was asked first comes first.
    pub(super) candidates: Vec<CandidateBody>,
}

/// One target, and what became of it. No target comes twice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Candidate)]
pub(super) struct CandidateBody {
    /// The target.
    pub(super) target_id: TargetId,
    /// Its buyer, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) buyer_id: Option<BuyerId>,
    /// The tier that it stands in, counted from 1; of a target that was rung, only its attempt is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tier: Option<u8>,
    /// Its priority within the tier; 1 is asked first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) priority: Option<u32>,
    /// The attempt with which it was rung.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attempt: Option<u8>,
    /// `offered`, `connected`, `tried`, `passed_over`; in a dry run `would_connect`.
    #[schema(example = "passed_over")]
    pub(super) outcome: &'static str,
    /// Why.
    pub(super) reason: ReasonBody,
    /// When it was judged or rung.
    pub(super) at: Timestamp,
}

/// A reason: a code, and the figures that belong to it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
pub(super) struct ReasonBody {
    /// One word for each kind of reason.
    #[schema(example = "at_concurrency_cap")]
    code: String,
    /// By name: `limit`, `opens_at`, `field`, …
    #[serde(flatten)]
    figures: BTreeMap<String, Value>,
}

impl ReasonBody {
    /// A reason without figures.
    pub(super) fn plain(code: &str) -> Self {
        Self { code: code.to_owned(), figures: BTreeMap::new() }
    }
}

impl From<&Reason> for ReasonBody {
    fn from(reason: &Reason) -> Self {
        let figures = reason.figures().into_iter().map(|(name, figure)| (name.to_owned(), value(&figure)));
        Self { code: reason.code().to_owned(), figures: figures.collect() }
    }
}

impl From<&Suppression> for ReasonBody {
    fn from(suppression: &Suppression) -> Self {
        let figures = suppression.figures.iter().map(|(name, figure)| (name.clone(), value(figure)));
        Self { code: suppression.kind.as_str().to_owned(), figures: figures.collect() }
    }
}

fn value(figure: &Figure) -> Value {
    match figure {
        Figure::Number(number) => (*number).into(),
        Figure::Money(_) | Figure::Time(_) | Figure::Text(_) => figure.to_string().into(),
    }
}

impl From<DecisionLine> for CandidateBody {
    fn from(line: DecisionLine) -> Self {
        let figures = line.figures.into_iter().map(|(name, figure)| (name, shown(&figure)));
        Self {
            target_id: line.target,
            buyer_id: None,
            tier: Some(line.tier),
            priority: Some(line.priority),
            attempt: None,
            outcome: Outcome::PassedOver.as_str(),
            reason: ReasonBody { code: line.code, figures: figures.collect() },
            at: line.at,
        }
    }
}

impl From<&Leg> for CandidateBody {
    fn from(leg: &Leg) -> Self {
        let (outcome, reason) = leg.outcome();
        Self {
            target_id: leg.target,
            buyer_id: Some(leg.buyer),
            tier: None,
            priority: None,
            attempt: Some(leg.attempt),
            outcome: outcome.as_str(),
            reason: (&reason).into(),
            at: leg.reserved_at,
        }
    }
}

impl Decision {
    /// A call's: the targets that were rung, then those that were passed over by the latest judgement. One that was passed over
    /// before it was rung counts as rung.
    pub(super) fn of(call: &Call, lines: Vec<DecisionLine>) -> Self {
        let rung: BTreeSet<TargetId> = call.legs.iter().map(|leg| leg.target).collect();
        let passed_over = lines.into_iter().filter(|line| !rung.contains(&line.target));
        Self {
            candidates: call
                .legs
                .iter()
                .map(CandidateBody::from)
                .chain(passed_over.map(Into::into))
                .collect(),
        }
    }
}

fn shown(figure: &Attribute) -> Value {
    match figure {
        Attribute::Text(text) => text.as_str().into(),
        Attribute::Number(number) => number.to_i64().map_or_else(|| number.to_string().into(), Value::from),
        Attribute::Bool(truth) => (*truth).into(),
        Attribute::List(list) => list.iter().map(shown).collect(),
        Attribute::Map(map) => map.iter().map(|(name, value)| (name.clone(), shown(value))).collect(),
    }
}
