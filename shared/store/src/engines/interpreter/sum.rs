//! Addition that is exact or fails. `Decimal`'s own addition rounds when the digits do not fit.

use rust_decimal::Decimal;

/// The exact sum; none if it has more digits than a [`Decimal`] holds.
pub(super) fn exact_sum(left: Decimal, right: Decimal) -> Option<Decimal> {
    at_one_scale(left, right).or_else(|| at_one_scale(left.normalize(), right.normalize()))
}

fn at_one_scale(left: Decimal, right: Decimal) -> Option<Decimal> {
    let scale = left.scale().max(right.scale());
    let units = |number: Decimal| number.mantissa().checked_mul(10_i128.checked_pow(scale - number.scale())?);
    shortest(units(left)?.checked_add(units(right)?)?, scale)
}

/// Drops zeros at the end of the fraction until the number fits.
fn shortest(units: i128, scale: u32) -> Option<Decimal> {
    match Decimal::try_from_i128_with_scale(units, scale) {
        Ok(sum) => Some(sum),
        Err(_) if scale > 0 && units % 10 == 0 => shortest(units / 10, scale - 1),
        Err(_) => None,
    }
}
