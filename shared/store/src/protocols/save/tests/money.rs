//! Calls that reserve and give back while budgets and caps in money are saved, in every order that a scheduler may choose: no write
//! leaves a balance below zero or takes more than a limit allows, and nothing is lost or doubled.

use std::sync::Arc;

use async_trait::async_trait;
use proptest::prelude::*;
use ringfall_domain::{
    call::{Leg, LegEnd, LegFact, Stamp, Terms, event::EndCause},
    config::Buyer,
    money::Money,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    super::SaveError,
    interleavings::Waiting,
    kit::{buyer_id, create, read, replace, target, target_id},
};
use crate::{
    engines::memory::MemoryStore,
    fixtures::{account, at, call, capacity as capacity_of, leg},
    port::{Direction, Key, Page, Range, SharedItem, StoreError, Table, Update, Write, WriteError, Written},
    protocols::{
        arrive::arrive,
        release::release,
        reserve::{Request, Reserved, reserve},
    },
    records::capacity::{self, names},
};

/// A table that looks at the buyer's capacity after every write.
struct Audited(Waiting);

impl Audited {
    async fn audit(&self, writes: &[Write]) {
        let key = capacity::key(account(), buyer_id(1));
        let Some(write) = writes.iter().find(|write| *write.key() == key) else { return };
        let record = capacity_of(&self.0.store).await;
        assert!(record.available.is_none_or(|left| !left.is_negative()), "overdrawn: {record:?}");
        if !takes_a_slot(write) {
            return;
        }
        let scopes = record.groups.values().chain(record.targets.values()).chain([&record.buyer]);
        for scope in scopes {
            let daily = scope.committed.iter().filter(|(window, _)| window.to_string().starts_with('d'));
            let cap = scope.limits.money_caps.daily;
            for (_, committed) in daily {
                // A reservation leaves the other targets as a lowered cap has left them.
                let is_over = cap.is_some_and(|cap| *committed > cap);
                assert!(!is_over || scope.live.is_empty() || !holds_newest(scope, write), "{scope:?}");
            }
        }
    }
}

fn takes_a_slot(write: &Write) -> bool {
    newest(write).is_some()
}

/// The leg that a write gives a slot to.
fn newest(write: &Write) -> Option<&str> {
    let Write::Update { updates, .. } = write else { return None };
    updates.iter().find_map(|update| match update {
        Update::Set(path, _) => match path.0.as_slice() {
            [scope, live, leg] if scope == names::BUYER && live == names::LIVE => Some(leg.as_str()),
            _ => None,
        },
        Update::SetIfAbsent(..) | Update::Add(..) | Update::Remove(_) => None,
    })
}

fn holds_newest(scope: &capacity::ScopeRecord, write: &Write) -> bool {
    newest(write).is_some_and(|newest| scope.live.iter().any(|leg| leg.to_string() == newest))
}

#[async_trait]
impl Table for Audited {
    async fn get(&self, key: &Key) -> Result<Option<SharedItem>, StoreError> {
        self.0.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<SharedItem>>, StoreError> {
        self.0.get_many(keys).await
    }

    async fn query(
        &self,
        partition: &str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.0.query(partition, range, direction, limit).await
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<Written>, WriteError> {
        let written = self.0.write(writes.clone()).await?;
        self.audit(&writes).await;
        Ok(written)
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// A call at a price in cents, in the group or not; whether it converts.
    Call {
        cents: u16,
        in_group: bool,
        converts: bool,
    },
    Budget(Option<u16>),
    Cap(Option<u16>),
    GroupCap(Option<u16>),
    TargetCap(Option<u16>),
}

fn step() -> impl Strategy<Value = Step> {
    let amount = || prop::option::of(0_u16..400);
    prop_oneof![
        6 => (1_u16..9_000, any::<bool>(), any::<bool>())
            .prop_map(|(cents, in_group, converts)| Step::Call { cents, in_group, converts }),
        2 => amount().prop_map(Step::Budget),
        1 => amount().prop_map(Step::Cap),
        1 => amount().prop_map(Step::GroupCap),
        1 => amount().prop_map(Step::TargetCap),
    ]
}

fn owner(budget: Option<u16>, cap: Option<u16>, group: Option<u16>) -> Buyer {
    let daily = |cap: Option<u16>| cap.map_or(json!({}), |cap| json!({"daily": cap.to_string()}));
    let budget = budget.map_or(Value::Null, |budget| budget.to_string().into());
    read(json!({"name": "B", "time_zone": "UTC", "budget": budget, "money_caps": daily(cap),
                "groups": [{"name": "Night desk", "money_caps": daily(group)}]}))
}

/// The price, if the call converted.
async fn converse(table: &dyn Table, n: u128, cents: u16, in_group: bool, converts: bool) -> Money {
    let call = arrive(table, &call(n)).await.expect("a call");
    let price = Money::from_cents(cents.into());
    let group = in_group.then(|| "Night desk".parse().expect("a name"));
    let mut leg = Leg { terms: Terms { price, ..leg(1).terms }, group, screening_key: None, ..leg(1) };
    let item = table.get(&capacity::key(account(), buyer_id(1))).await.expect("a read").expect("a buyer");
    let known = capacity::decode(&item).expect("a record");
    let request = Request {
        call: &call,
        is_stored: true,
        leg: &leg,
        expires_at: at(60),
        known: &known,
        rulings: &[],
        caller: None,
        takes_out: None,
    };
    match reserve(table, &request).await.expect("the store works") {
        Reserved::Held => {}
        Reserved::Full(_) => return Money::ZERO,
        other => panic!("{other:?}"),
    }
    let stamp = Stamp { arrived_at: at(200), occurred_at: None };
    let duration_seconds = Some(if converts { 95 } else { 3 });
    leg.learn(LegFact::Ended(LegEnd { stamp, cause: EndCause::Completed, duration_seconds }));
    for _copy in 0..2 {
        release(table, &call, &leg, at(200)).await.expect("the store works");
    }
    if converts { price } else { Money::ZERO }
}

/// Configures as somebody does who looks at what stands, and may be refused.
async fn configure(table: &dyn Table, step: Step) -> Result<(), SaveError> {
    let found = crate::protocols::resources::find::<Buyer>(table, account(), buyer_id(1)).await?;
    let mut document = found.ok_or(SaveError::Missing)?.document;
    let other = |budget, cap, group| owner(budget, cap, group);
    match step {
        Step::Budget(budget) => document.budget = other(budget, None, None).budget,
        Step::Cap(cap) => document.money_caps = other(None, cap, None).money_caps,
        Step::GroupCap(cap) => document.groups = other(None, None, cap).groups,
        Step::TargetCap(cap) => {
            let mut changed = target(buyer_id(1), "Desk");
            changed.money_caps = other(None, cap, None).money_caps;
            return replace(table, target_id(1), changed).await.map(drop);
        }
        Step::Call { .. } => return Ok(()),
    }
    replace(table, buyer_id(1), document).await.map(drop)
}

async fn run(seed: u64, budget: Option<u16>, steps: Vec<Step>) {
    let store = MemoryStore::new();
    create(&store, buyer_id(1), owner(budget, None, None)).await.expect("a buyer");
    create(&store, target_id(1), target(buyer_id(1), "Desk")).await.expect("a target");
    let table = Arc::new(Audited(Waiting::new(store.clone(), seed)));
    let mut running = JoinSet::new();
    for (n, step) in (1..).zip(steps) {
        let table = Arc::clone(&table);
        running.spawn(async move {
            match step {
                Step::Call { cents, in_group, converts } => {
                    converse(&*table, n, cents, in_group, converts).await
                }
                step => match configure(&*table, step).await {
                    Ok(())
                    | Err(SaveError::Invalid(_) | SaveError::Stale { .. } | SaveError::Conflict(_)) => {
                        Money::ZERO
                    }
                    Err(error) => panic!("{error:?}"),
                },
            }
        });
    }
    let mut billed = Money::ZERO;
    while let Some(outcome) = running.join_next().await {
        billed = billed + outcome.expect("no panic");
    }
    let record = capacity_of(&store).await;
    assert!(record.leases.is_empty() && record.undecided.is_empty());
    for scope in [&record.buyer, &record.targets[&target_id(1)]] {
        assert!(scope.committed.values().all(|sum| *sum == billed), "{billed}: {scope:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_balance_is_ever_below_zero_and_nothing_is_lost_or_doubled(
        seed in any::<u64>(),
        budget in prop::option::of(0_u16..400),
        steps in prop::collection::vec(step(), 1..16),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        runtime.block_on(run(seed, budget, steps));
    }
}
