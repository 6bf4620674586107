//! Which partition of the table is full first: what calls of one account, one campaign and one buyer use of each partition key, by DynamoDB's
//! rules. How fast a partition is in truth, and what transactions that meet on an item cost, no engine in memory tells.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context, Result};
use serde_json::json;

use super::{
    Meter, Step, Touched, Usage,
    calls::{Screening, by_rules, offer},
    metered::{Call, Metered},
    queued::queued_call,
};
use crate::stack::Dial;

/// Write and read units that a partition takes a second, whatever stands in it (Developer Guide, "Best practices for designing and using
/// partition keys effectively").
pub const PARTITION_TAKES: [f64; 2] = [1_000.0, 3_000.0];
/// The calls that are counted.
const CALLS: usize = 40;
/// The parts of partition keys that differ from one to the next.
const IDS: [(&str, &str); 7] = [
    ("acc_", "{account}"),
    ("buy_", "{buyer}"),
    ("cal_", "{call}"),
    ("cmp_", "{campaign}"),
    ("con_", "{connection}"),
    ("+", "{phone number}"),
    ("20", "{month}"),
];

/// What a call uses, on average, of that partition of its kind which is used most.
#[derive(Debug, Clone, PartialEq)]
pub struct Heat {
    /// The kind, as the store's list of records writes it.
    pub partition: String,
    /// Whether each call has such a partition of its own: then more calls are spread over more of them.
    pub is_each_calls_own: bool,
    /// Write units.
    pub written: f64,
    /// Those of them that one single item takes, which DynamoDB cannot divide.
    pub written_to_one_item: f64,
    /// Read units.
    pub read: f64,
}

impl Heat {
    /// At how many calls a second the partition is full.
    pub fn full_at(&self) -> f64 {
        let [written, read] = PARTITION_TAKES;
        (written / self.written).min(read / self.read)
    }
}

/// The kinds of partitions that calls use which are offered at once, taken and billed with the carrier's minutes: first those that calls share,
/// the one before all others that is full first. `live`: how many calls go on at the same time.
///
/// # Errors
/// A call did not go as it should.
pub async fn direct_calls(live: usize) -> Result<Vec<Heat>> {
    Ok(ranking(&used_by_direct_calls(live).await?, CALLS))
}

/// What such calls use, the consumer of the change feed included.
///
/// # Errors
/// A call did not go as it should.
pub async fn used_by_direct_calls(live: usize) -> Result<Vec<Touched>> {
    let (ports, meter) = by_rules();
    let mut offer = offer(u32::try_from(live + 1)?, Screening::None);
    offer.rates = json!({"inbound_per_minute": "0.0085", "outbound_per_minute": "0.0140"});
    let metered = Metered::start(ports, meter, offer).await?;
    let mut going_on = VecDeque::new();
    for index in 0..live {
        going_on.push_back(begin(&metered, index).await?.0);
    }
    // Until none of the first goes on: those that came while others were fewer hold their slots otherwise.
    for index in live..2 * live {
        one_more(&metered, index, &mut going_on).await?;
    }
    metered.sum_up().await?;
    let mut steps = Vec::new();
    for index in 2 * live..2 * live + CALLS {
        steps.extend(one_more(&metered, index, &mut going_on).await?);
    }
    let mut touched: Vec<Touched> = steps.into_iter().flat_map(|step| step.usage.touched).collect();
    touched.extend(metered.sum_up().await?.touched);
    Ok(touched)
}

/// A call begins, and that which has gone on for longest ends.
async fn one_more<'a>(
    metered: &'a Metered<Meter>,
    index: usize,
    going_on: &mut VecDeque<Talking<'a>>,
) -> Result<Vec<Step<Usage>>> {
    let (talks, mut steps) = begin(metered, index).await?;
    going_on.push_back(talks);
    let (mut call, dial) = going_on.pop_front().context("one goes on")?;
    call.talks(&dial).await?;
    call.ends(&dial).await?;
    steps.extend(call.take_steps());
    Ok(steps)
}

type Talking<'a> = (Call<'a, Meter>, Dial);

async fn begin(metered: &Metered<Meter>, index: usize) -> Result<(Talking<'_>, Vec<Step<Usage>>)> {
    let mut call = metered.call(index);
    let dial = call.arrives().await?.dial().context("nobody is dialled")?;
    let steps = call.take_steps();
    Ok(((call, dial), steps))
}

/// What a call uses of its queue that is held for a minute.
///
/// # Errors
/// The call did not go as it should, or was not held.
pub async fn held_call() -> Result<Heat> {
    let call = queued_call().await?;
    let steps = call.webhooks.iter().chain([&call.release.0]);
    let touched: Vec<Touched> = steps.flat_map(|step| step.usage.touched.clone()).collect();
    let queue = ranking(&touched, 1).into_iter().find(|heat| heat.partition.contains("#Q#"));
    queue.map(|heat| Heat { is_each_calls_own: false, ..heat }).context("the call was in no queue")
}

/// Each kind of partition, by the one of it that is used most.
fn ranking(touched: &[Touched], calls: usize) -> Vec<Heat> {
    let mut partitions: BTreeMap<&str, Vec<&Touched>> = BTreeMap::new();
    for one in touched {
        partitions.entry(&one.key.partition).or_default().push(one);
    }
    let mut kinds: BTreeMap<String, Vec<Heat>> = BTreeMap::new();
    for (partition, touched) in partitions {
        let kind = kind_of(partition);
        kinds.entry(kind.clone()).or_default().push(heat(kind, &touched, calls));
    }
    let mut hottest: Vec<Heat> = kinds.into_values().filter_map(|heats| hottest_of(heats, calls)).collect();
    hottest.sort_by(|one, other| {
        let order = |heat: &Heat| (heat.is_each_calls_own, heat.full_at());
        let ((own, at), (others_own, others_at)) = (order(one), order(other));
        own.cmp(&others_own).then(at.total_cmp(&others_at))
    });
    hottest
}

fn heat(partition: String, touched: &[&Touched], calls: usize) -> Heat {
    let mut items: BTreeMap<&str, usize> = BTreeMap::new();
    for one in touched {
        *items.entry(&one.key.sort).or_default() += one.written;
    }
    let a_call = |units: usize| units as f64 / calls as f64;
    Heat {
        partition,
        is_each_calls_own: false,
        written: a_call(items.values().sum()),
        written_to_one_item: a_call(items.into_values().max().unwrap_or_default()),
        read: a_call(touched.iter().map(|one| one.read).sum()),
    }
}

fn hottest_of(heats: Vec<Heat>, calls: usize) -> Option<Heat> {
    let is_each_calls_own = heats.len() >= calls;
    let hottest = heats.into_iter().min_by(|one, other| one.full_at().total_cmp(&other.full_at()));
    hottest.map(|heat| Heat { is_each_calls_own, ..heat })
}

fn kind_of(partition: &str) -> String {
    let parts = partition.split('#').map(|part| {
        let id = IDS.iter().find(|(prefix, _)| part.starts_with(prefix));
        id.map_or(part, |(_, name)| name)
    });
    parts.collect::<Vec<_>>().join("#")
}

#[cfg(test)]
mod tests {
    use ringfall_store::port::Key;

    use super::*;

    fn touched(partition: &str, sort: &str, read: usize, written: usize) -> Touched {
        Touched { key: Key::new(partition, sort), read, written }
    }

    #[test]
    fn what_all_calls_share_is_ranked_by_what_is_full_first() {
        let account = "acc_01JD3Q4T7Y8Z9A0B1C2D3E4F5G";
        let of = |rest: &str| format!("{account}#{rest}");
        let list = [
            touched(&of("C#cal_1"), "CALL", 0, 8),
            touched(&of("C#cal_2"), "CALL", 0, 8),
            touched(&of("B#buy_1"), "CAPACITY", 2, 4),
            touched(&of("B#buy_1"), "CAPACITY", 2, 4),
            touched(&of("B#buy_1"), "LEASE#1", 0, 2),
            touched(&of("T#calls#2026-11"), "1", 0, 1),
            touched(&of("T#calls#2026-11"), "2", 0, 1),
            touched("N#con_1", "+12145550100", 7, 0),
        ];
        let ranking = ranking(&list, 2);
        let kinds: Vec<_> = ranking.iter().map(|heat| (heat.partition.as_str(), heat.full_at())).collect();
        assert_eq!(
            kinds[..3],
            [
                ("{account}#B#{buyer}", 200.0),
                ("N#{connection}", 3_000.0 / 3.5),
                ("{account}#T#calls#{month}", 1_000.0),
            ]
        );
        let buyer = &ranking[0];
        assert_eq!((buyer.written, buyer.written_to_one_item, buyer.read), (5.0, 4.0, 2.0));
        assert!(ranking[3].is_each_calls_own, "{ranking:#?}");
    }
}
