//! The decision record within CALL: the latest judgement of the candidates, read only to be shown. It is written with every change of a
//! call, which pays for each begun kilobyte: so a line is one text, and what all lines share stands once.
//!
//! ```text
//! at             when it was judged
//! lines          each "target tier priority code", and behind them the reason's figures as JSON, if it has any
//! ```

use jiff::Timestamp;
use ringfall_domain::{
    ids::TargetId,
    routing::{Figure, Reason, Ruling},
};
use serde_json::Value as Json;

use super::attributes::{Attributes, Reader, damaged};
use crate::port::{Item, StoreError, Value};

/// The attribute of CALL that keeps the latest judgement of the candidates that were not taken.
pub const ATTRIBUTE: &str = "decision";
/// Its lines.
pub const LINES: &str = "lines";
const AT: &str = "at";

/// A line as it reads back: the reason as its code and figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionLine {
    /// The target.
    pub target: TargetId,
    /// Counted from 1.
    pub tier: u8,
    /// 1 is asked first.
    pub priority: u32,
    /// The reason's code.
    pub code: String,
    /// The reason's figures, by name.
    pub figures: Vec<(String, Value)>,
    /// When it was judged.
    pub at: Timestamp,
}

/// Writes a judgement. One that has passed over nobody has no lines, and needs no time.
pub fn encode(rulings: &[Ruling], at: Timestamp) -> Value {
    if rulings.is_empty() {
        return Value::empty_map();
    }
    let lines = rulings.iter().map(|ruling| Value::Text(line(ruling))).collect();
    Attributes::new().with_instant(AT, at).with(LINES, Value::List(lines)).into()
}

fn line(ruling: &Ruling) -> String {
    let (candidate, code) = (ruling.candidate, ruling.reason.code());
    let head = format!("{} {} {} {code}", ruling.target, candidate.tier, candidate.priority);
    match figures(&ruling.reason) {
        figures if figures.is_empty() => head,
        figures => format!("{head} {}", Json::Object(figures)),
    }
}

fn figures(reason: &Reason) -> serde_json::Map<String, Json> {
    let json = |figure: Figure| match figure {
        Figure::Number(number) => number.into(),
        Figure::Money(_) | Figure::Time(_) | Figure::Text(_) => figure.to_string().into(),
    };
    reason.figures().into_iter().map(|(name, figure)| (name.to_owned(), json(figure))).collect()
}

/// Reads the lines of a call's item.
pub fn decode(item: &Item) -> Result<Vec<DecisionLine>, StoreError> {
    let Some(decision) = Reader(item).optional_map(ATTRIBUTE)? else { return Ok(Vec::new()) };
    if decision.0.is_empty() {
        return Ok(Vec::new());
    }
    let at = decision.instant(AT)?;
    let read = |line: &Value| decode_line(line.as_text()?, at);
    let lines: Option<_> = decision.list(LINES)?.iter().map(read).collect();
    lines.ok_or_else(|| damaged(ATTRIBUTE, "lines of a target, its tier, its priority and a reason"))
}

fn decode_line(line: &str, at: Timestamp) -> Option<DecisionLine> {
    let mut words = line.splitn(5, ' ');
    let mut word = || words.next();
    Some(DecisionLine {
        target: word()?.parse().ok()?,
        tier: word()?.parse().ok()?,
        priority: word()?.parse().ok()?,
        code: word()?.to_owned(),
        figures: word().map_or(Some(Vec::new()), decode_figures)?,
        at,
    })
}

fn decode_figures(text: &str) -> Option<Vec<(String, Value)>> {
    let figures: serde_json::Map<String, Json> = serde_json::from_str(text).ok()?;
    let value = |figure: Json| match figure {
        Json::Number(number) => number.as_u64().map(Value::from),
        Json::String(text) => Some(Value::Text(text)),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    };
    figures.into_iter().map(|(name, figure)| Some((name, value(figure)?))).collect()
}

#[cfg(test)]
mod tests {
    use ringfall_domain::{
        capacity::{Full, Scope},
        routing::Candidate,
    };

    use super::*;
    use crate::fixtures::at;

    fn ruling(n: u128, reason: Reason) -> Ruling {
        let candidate = Candidate { target: 0, tier: 2, priority: 7, weight: 1 };
        Ruling { target: TargetId::from_parts(1, n), candidate, reason }
    }

    fn judged(rulings: &[Ruling]) -> Item {
        Item::from([(ATTRIBUTE.to_owned(), encode(rulings, at(5)))])
    }

    #[test]
    fn a_judgement_reads_back_with_each_reason_and_its_figures() {
        let full = Full::Concurrency { scope: Scope::Buyer, live: 3, limit: 3 };
        let item = judged(&[ruling(1, Reason::Full(full)), ruling(2, Reason::Paused)]);
        let lines = decode(&item).expect("lines");
        let [busy, paused] = &lines[..] else { panic!("two lines: {lines:?}") };
        assert_eq!(
            (busy.target, busy.tier, busy.priority, busy.at),
            (TargetId::from_parts(1, 1), 2, 7, at(5))
        );
        assert_eq!(busy.code, "at_concurrency_cap");
        let figures = [("limit", 3_u32.into()), ("live", 3_u32.into()), ("scope", "buyer".into())];
        let mut found = busy.figures.clone();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(found, figures.map(|(name, figure): (&str, Value)| (name.to_owned(), figure)));
        assert_eq!((paused.code.as_str(), paused.figures.len()), ("paused", 0));
        for nobody in [Item::new(), judged(&[])] {
            assert_eq!(decode(&nobody), Ok(Vec::new()));
        }
    }

    #[test]
    fn a_line_that_is_none_is_refused() {
        let target = TargetId::from_parts(1, 1);
        for line in [
            String::new(),
            "tgt_1 1 1 paused".to_owned(),
            format!("{target} 1 1"),
            format!("{target} 256 1 paused"),
            format!("{target} 1 -1 paused"),
            format!("{target} 1 1 paused {{"),
            format!("{target} 1 1 paused {{\"live\": [3]}}"),
        ] {
            let lines = Value::List(vec![Value::Text(line.clone())]);
            let decision = Attributes::new().with_instant(AT, at(5)).with(LINES, lines);
            let item = Item::from([(ATTRIBUTE.to_owned(), decision.into())]);
            assert!(matches!(decode(&item), Err(StoreError::Damaged(_))), "{line}");
        }
    }
}
