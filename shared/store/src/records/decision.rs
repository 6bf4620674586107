//! A line of a call's decision record: written once per judgement, read only to be shown.

use jiff::Timestamp;
use ringfall_domain::{
    ids::TargetId,
    routing::{Figure, Reason, Ruling},
};

use super::attributes::{Attributes, Reader, damaged};
use crate::port::{Item, StoreError, Value};

/// The attribute of CALL that keeps the latest judgement of the candidates that were not taken.
pub const ATTRIBUTE: &str = "decision";

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

/// Writes a line.
pub fn encode(ruling: &Ruling, at: Timestamp) -> Value {
    Attributes::new()
        .with_text("target", ruling.target)
        .with("tier", u32::from(ruling.candidate.tier))
        .with("priority", ruling.candidate.priority)
        .with("code", ruling.reason.code())
        .with("figures", encode_figures(&ruling.reason))
        .with_instant("at", at)
        .into()
}

/// A reason's figures.
pub fn encode_figures(reason: &Reason) -> Attributes {
    reason.figures().into_iter().fold(Attributes::new(), |figures, (name, figure)| match figure {
        Figure::Number(number) => figures.with(name, number),
        Figure::Money(_) | Figure::Time(_) | Figure::Text(_) => figures.with_text(name, figure),
    })
}

/// Reads the lines of a call's item.
pub fn decode(item: &Item) -> Result<Vec<DecisionLine>, StoreError> {
    let lines = Reader(item).list(ATTRIBUTE)?;
    lines
        .iter()
        .map(|line| {
            let reader = Reader(line.as_map().ok_or_else(|| damaged("decision", "a list of maps"))?);
            let figures = reader.map("figures")?.0;
            Ok(DecisionLine {
                target: reader.parsed("target")?,
                tier: reader.number("tier")?,
                priority: reader.number("priority")?,
                code: reader.text("code")?.to_owned(),
                figures: figures.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
                at: reader.instant("at")?,
            })
        })
        .collect()
}
