//! Why a caller is turned away, within CALL.

use ringfall_domain::{
    caller::{Suppression, SuppressionKind},
    routing::Figure,
};

use super::attributes::{Attributes, Reader, damaged};
use crate::port::{StoreError, Value};

/// Writes it: the kind, and the figures by name.
pub fn encode(suppression: &Suppression) -> Value {
    let figures = suppression.figures.iter();
    let figures = figures.fold(Attributes::new(), |figures, (name, figure)| match figure {
        Figure::Number(number) => figures.with(name, *number),
        Figure::Money(_) | Figure::Time(_) | Figure::Text(_) => figures.with_text(name, figure),
    });
    Attributes::new().with("kind", suppression.kind.as_str()).with("figures", figures).into()
}

/// Reads it.
pub fn decode(reader: Reader<'_>) -> Result<Suppression, StoreError> {
    let word = reader.text("kind")?;
    let kind = SuppressionKind::ALL.into_iter().find(|kind| kind.as_str() == word);
    let figures = reader.map("figures")?;
    let figure = |name: &String| {
        let figure = match figures.0.get(name) {
            Some(Value::Text(text)) => Figure::Text(text.clone()),
            _ => Figure::Number(figures.number(name)?),
        };
        Ok((name.clone(), figure))
    };
    Ok(Suppression {
        kind: kind.ok_or_else(|| damaged("kind", "a ground on which callers are turned away"))?,
        figures: figures.0.keys().map(figure).collect::<Result<_, StoreError>>()?,
    })
}
