//! Profit and loss, by what it is grouped by.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    ids::AccountId,
    money::{Amount, Money},
    pnl::{Dimension, Tally},
};
use ringfall_store::{port::Direction, records::tally};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Shared,
    auth::{Caller, Scope},
    openapi::{Endpoint, Verb, text},
    problem::{ProblemKind, Refusal},
    query::Query,
    span::Asked,
};
use crate::platform::Platform;

const HOUR_SECONDS: i64 = 3_600;
/// How far back a report reaches that is asked for without `from`.
const DEFAULT_HOURS: i64 = 24;
const MOST_DAYS: i64 = 366;
/// The most rows of single hours that one report sums up.
const MOST_ROWS: usize = 500_000;

/// A report.
#[derive(Debug, Serialize, ToSchema)]
struct PnlReport {
    /// What the rows are grouped by.
    #[schema(example = "campaign")]
    group_by: &'static str,
    /// The beginning of the first hour.
    from: Timestamp,
    /// The end of the last hour.
    to: Timestamp,
    /// In the order of their keys.
    rows: Vec<PnlRow>,
    /// The sum of the rows. Grouped by buyer, a call that was offered to several of them counts with each.
    total: PnlSums,
}

/// One campaign, publisher, buyer, number or hour.
#[derive(Debug, Serialize, ToSchema)]
struct PnlRow {
    /// The id, or the beginning of the hour.
    #[schema(example = "cmp_01JD3Q4T7Y8Z9A0B1C2D3E4F5G")]
    key: String,
    #[serde(flatten)]
    sums: PnlSums,
}

/// Sums over the calls that came in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PnlSums {
    /// Calls that came in; grouped by buyer: that it was offered.
    calls: i64,
    /// Calls that somebody took.
    connected: i64,
    /// Calls that are billed.
    converted: i64,
    /// Callers who hung up before anybody took them.
    abandoned: i64,
    /// Calls that came into a queue; grouped by buyer: that it took out of one.
    queued: i64,
    /// Callers who could not be held, or not any longer.
    overflowed: i64,
    /// Callers who asked to be called back.
    callbacks: i64,
    /// Charged to buyers.
    #[schema(value_type = Amount)]
    revenue: Money,
    /// Paid to publishers.
    #[schema(value_type = Amount)]
    payout: Money,
    /// Paid to carriers.
    #[schema(value_type = Amount)]
    telephony_cost: Money,
    /// What is left.
    profit: Money,
    #[serde(flatten)]
    rates: PnlRates,
}

/// What is derived from the sums.
#[derive(Debug, Serialize, ToSchema)]
struct PnlRates {
    /// The headline figure: of the calls for which a target was sought, the part that somebody took; null where none was sought. A caller who
    /// is to be called back counts in the call in which they are.
    #[schema(minimum = 0, maximum = 1, example = 0.9412)]
    connected_rate: Option<f64>,
    /// Of the callers whose waiting is over, the part that hung up; null where nobody has waited.
    #[schema(minimum = 0, maximum = 1, example = 0.0312)]
    abandonment_rate: Option<f64>,
    /// Of these, the part that was taken within the queue's `answered_within_seconds`.
    #[schema(minimum = 0, maximum = 1, example = 0.8125)]
    answered_within_rate: Option<f64>,
    /// How long these have waited on average; null where nobody has.
    average_wait_seconds: Option<i64>,
    /// How long the one has waited who waited longest; null where nobody has.
    longest_wait_seconds: Option<i64>,
    /// By how much the wait that callers were told on entry was wrong on average, of those whom somebody took; null where nobody was told one.
    average_estimate_error_seconds: Option<i64>,
}

/// The parameter `group_by`.
struct GroupBy(Dimension);

impl std::str::FromStr for GroupBy {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let dimension = Dimension::ALL.into_iter().find(|dimension| dimension.as_str() == text);
        dimension.map(Self).ok_or("expected one of campaign, publisher, buyer, number, hour")
    }
}

pub(super) fn routes(platform: &Shared) -> OpenApiRouter<Shared> {
    let words = Dimension::ALL.map(Dimension::as_str);
    let endpoint = Endpoint::new(Verb::Get, "/reports/pnl", Scope::Reports, "reports", "get_pnl", "Profit and loss.")
        .described(
            "Calls count in the hour (UTC) in which they came in. `from` is moved back and `to` forward to a full hour; without \
             them the report covers the last 24 hours. It follows calls within moments.",
        )
        .query("group_by", text().enum_values(Some(words)).default(Some("campaign".into())), "What the rows are.")
        .span()
        .replies::<PnlReport>(StatusCode::OK, "The report.")
        .served_by(platform, pnl);
    OpenApiRouter::default().routes(endpoint)
}

async fn pnl(
    State(platform): State<Shared>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<PnlReport>, Refusal> {
    let GroupBy(dimension) = query.take("group_by")?.unwrap_or(GroupBy(Dimension::Campaign));
    let (from, to) = hours(Asked::read(&mut query)?, platform.now(), MOST_DAYS, ProblemKind::Malformed)?;
    query.finish()?;
    let sums = sums(&platform, caller.account, dimension, from, to).await?;
    let mut total = Tally::default();
    sums.values().for_each(|tally| total += *tally);
    let rows = sums.into_iter().map(|(key, tally)| PnlRow { key, sums: tally.into() }).collect();
    Ok(Json(PnlReport { group_by: dimension.as_str(), from, to, rows, total: total.into() }))
}

/// Full hours around what was asked for, of so many days at most. `kind` is how it is refused.
pub(super) fn hours(
    asked: Asked,
    now: Timestamp,
    most_days: i64,
    kind: ProblemKind,
) -> Result<(Timestamp, Timestamp), Refusal> {
    let floor = |at: Timestamp| at.as_second().div_euclid(HOUR_SECONDS) * HOUR_SECONDS;
    let ceiling = |at: Timestamp| {
        let floor = floor(at);
        let is_full = at.as_second() == floor && at.subsec_nanosecond() == 0;
        if is_full { floor } else { floor + HOUR_SECONDS }
    };
    let to = ceiling(asked.to.unwrap_or(now));
    let from = asked.from.map_or(to - DEFAULT_HOURS * HOUR_SECONDS, floor);
    if from >= to {
        let message = "expected a time in the past, or with `to` a time before that";
        return Err(Refusal::of_field(kind, "from", message));
    }
    if to - from > SignedDuration::from_hours(24 * most_days).as_secs() {
        let message = format!("expected a time at most {most_days} days before `to`");
        return Err(Refusal::of_field(kind, "from", message));
    }
    let at = |name, second| {
        let out_of_time = |_| Refusal::of_field(kind, name, "expected a time within the calendar");
        Timestamp::from_second(second).map_err(out_of_time)
    };
    Ok((at("from", from)?, at("to", to)?))
}

async fn sums(
    platform: &Platform,
    account: AccountId,
    dimension: Dimension,
    from: Timestamp,
    to: Timestamp,
) -> Result<BTreeMap<String, Tally>, Refusal> {
    let partition = tally::partition(account, dimension);
    let mut range = tally::between(from, to);
    let (mut sums, mut rows) = (BTreeMap::<String, Tally>::new(), 0);
    loop {
        let page = platform.table.query(&partition, &range, Direction::Ascending, 1_000).await?;
        for (key, item) in &page.items {
            let row = tally::row_of(dimension, key)?;
            *sums.entry(row.key).or_default() += tally::decode(item)?.0;
        }
        rows += page.items.len();
        if rows > MOST_ROWS {
            let message = "there is too much between `from` and `to` for one report: ask for less at once";
            return Err(Refusal::of_field(ProblemKind::Malformed, "from", message));
        }
        match page.items.last().filter(|_| page.more) {
            // The least text behind the last one.
            Some((key, _)) => range.from = Some(format!("{}\0", key.sort)),
            None => return Ok(sums),
        }
    }
}

impl From<Tally> for PnlSums {
    fn from(tally: Tally) -> Self {
        Self {
            calls: tally.calls,
            connected: tally.connected,
            converted: tally.converted,
            abandoned: tally.abandoned,
            queued: tally.waiting.queued,
            overflowed: tally.waiting.overflowed,
            callbacks: tally.waiting.callbacks,
            revenue: tally.revenue,
            payout: tally.payout,
            telephony_cost: tally.telephony_cost,
            profit: tally.profit(),
            rates: tally.into(),
        }
    }
}

impl From<Tally> for PnlRates {
    fn from(tally: Tally) -> Self {
        let waiting = tally.waiting;
        let of_waits = |seconds: i64| (waiting.waited > 0).then_some(seconds);
        Self {
            connected_rate: rate(tally.connected, tally.wanted),
            abandonment_rate: rate(waiting.abandoned, waiting.waited),
            answered_within_rate: rate(waiting.answered_in_time, waiting.aimed),
            average_wait_seconds: of_waits(waiting.waited_seconds / waiting.waited.max(1)),
            longest_wait_seconds: of_waits(waiting.longest_wait_seconds),
            average_estimate_error_seconds: (waiting.told > 0)
                .then(|| waiting.told_wrong_seconds / waiting.told),
        }
    }
}

/// A part of a whole, to four decimal places; none of nothing.
fn rate(part: i64, whole: i64) -> Option<f64> {
    let whole = whole.max(0).checked_mul(2)?;
    let in_ten_thousand = part.max(0).checked_mul(20_000)?.checked_add(whole / 2)?.checked_div(whole)?;
    u32::try_from(in_ten_thousand).ok().map(|rate| f64::from(rate) / 10_000.0)
}

#[cfg(test)]
mod tests {
    use ringfall_domain::pnl::Waiting;

    use super::*;

    #[test]
    fn a_rate_has_four_decimal_places_and_is_none_of_nothing() {
        for (part, whole, expected) in [
            (1, 3, Some(0.3333)),
            (2, 3, Some(0.6667)),
            (1, 20_000, Some(0.0001)),
            (1, 20_001, Some(0.0)),
            (7, 7, Some(1.0)),
            (0, 7, Some(0.0)),
            (0, 0, None),
            (i64::MAX, 1, None),
        ] {
            assert_eq!(rate(part, whole), expected, "{part} of {whole}");
        }
    }

    #[test]
    fn waits_are_averaged_over_those_that_are_over() {
        let waiting = Waiting {
            queued: 5,
            waited: 4,
            waited_seconds: 130,
            longest_wait_seconds: 70,
            aimed: 3,
            answered_in_time: 1,
            told: 2,
            told_wrong_seconds: 31,
            abandoned: 1,
            overflowed: 0,
            callbacks: 0,
        };
        let rates = PnlRates::from(Tally { wanted: 8, connected: 6, waiting, ..Tally::default() });
        let shown = serde_json::to_value(&rates).expect("json");
        let expected = serde_json::json!({
            "connected_rate": 0.75, "abandonment_rate": 0.25, "answered_within_rate": 0.3333,
            "average_wait_seconds": 32, "longest_wait_seconds": 70, "average_estimate_error_seconds": 15,
        });
        assert_eq!(shown, expected);
    }
}
