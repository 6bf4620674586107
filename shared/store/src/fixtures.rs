//! A buyer with one target, a call and its attempts, for the tests of this crate.

use std::sync::Arc;

use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, Leg, Origin, TelephonyRates, Terms, event::CallerFacts},
    capacity::Window,
    config::{Buyer, Caps, Limits, PayoutRule, QueueOrder},
    flow::NodeId,
    ids::{AccountId, BuyerId, CallId, CampaignId, ConnectionId, NumberId, PublisherId, TargetId},
    money::Money,
    phone::CallerNumber,
    queue::{Place, QueueId, Queued, Waiter, WaiterKind},
    tags::Tags,
    target::Destination,
};

use crate::{
    engines::memory::MemoryStore,
    port::{Table, Value, Write},
    records::{self, capacity::CapacityRecord},
};

pub(crate) fn account() -> AccountId {
    AccountId::from_parts(1, 1)
}

pub(crate) fn buyer() -> BuyerId {
    BuyerId::from_parts(1, 1)
}

pub(crate) fn target() -> TargetId {
    TargetId::from_parts(1, 1)
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_280_400 + seconds).expect("a time")
}

pub(crate) fn call(n: u128) -> Call {
    let origin = Origin {
        connection: ConnectionId::from_parts(1, 1),
        provider_call_id: format!("CA{n}"),
        campaign: CampaignId::from_parts(1, 1),
        publisher: PublisherId::from_parts(1, 1),
        number: NumberId::from_parts(1, 1),
        dialled: "+18005550111".parse().expect("a number"),
        caller: CallerNumber::from_presented("+12145550123"),
        caller_facts: CallerFacts { state: Some("TX".to_owned()), ..CallerFacts::default() },
        rates: TelephonyRates::default(),
        arrived_at: at(0),
    };
    Call::new(CallId::from_parts(1, n), account(), origin, Tags::default())
}

pub(crate) fn leg(attempt: u8) -> Leg {
    Leg {
        attempt,
        target: target(),
        buyer: buyer(),
        destination: Destination::PhoneNumber("+12145550100".parse().expect("a number")),
        node: NodeId::try_from("buyers".to_owned()).expect("a name"),
        ring_timeout_seconds: 20,
        screening_key: Some('1'),
        terms: Terms {
            price: Money::from_cents(4_500),
            billable_after_seconds: 90,
            payout: serde_json::from_str::<PayoutRule>(r#"{"kind": "fixed", "amount": "20.00"}"#)
                .expect("a rule"),
            duplicate: None,
            second_chance_before_seconds: None,
        },
        reserved_at: at(1),
        is_fetched: false,
        counted_in: Window::all_at(at(1), &jiff::tz::TimeZone::UTC),
        group: None,
        claims_caller: false,
        provider_leg_id: None,
        answered: None,
        screened: None,
        bridged: None,
        recording_url: None,
        ended: None,
    }
}

/// That a caller worth so much has come into their campaign's queue then.
pub(crate) fn queued(cents: i64, seconds: i64) -> Queued {
    let value = Money::from_cents(cents);
    Queued {
        queue: QueueId::Campaign(call(1).origin.campaign),
        place: Place::of(&QueueOrder::default(), value, at(seconds)),
        value,
        entered_at: at(seconds),
        node: leg(1).node,
        announced_seconds: Some(90),
        answered_within_seconds: Some(20),
    }
}

/// The caller of a call that is queued so.
pub(crate) fn waiter(call: &Call, queued: &Queued) -> Waiter {
    Waiter {
        queue: queued.queue.clone(),
        place: queued.place,
        call: call.id,
        campaign: call.origin.campaign,
        kind: WaiterKind::Live,
        value: queued.value,
        entered_at: queued.entered_at,
        targets: vec![target()],
        later: Vec::new(),
        plan_version: 1,
    }
}

/// A store that holds a buyer and its target with these caps.
pub(crate) async fn store(buyer_caps: Caps, target_caps: Caps, budget: Option<Money>) -> Arc<MemoryStore> {
    let mut owner: Buyer = serde_json::from_str(r#"{"name": "B", "time_zone": "UTC"}"#).expect("a buyer");
    (owner.caps, owner.budget) = (buyer_caps, budget);
    store_of(&owner, &target_caps.into()).await
}

/// A store that holds a buyer and its target with these limits.
pub(crate) async fn store_of(owner: &Buyer, limits: &Limits) -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    let mut item = records::capacity::encode_new(owner);
    if let Some(Value::Map(targets)) = item.get_mut(records::capacity::names::TARGETS) {
        targets.insert(target().to_string(), records::capacity::encode_new_scope(limits));
    }
    put(&*store, Write::Put { key: records::capacity::key(account(), buyer()), item, condition: None }).await;
    store
}

pub(crate) async fn put(table: &dyn Table, write: Write) {
    table.write(vec![write]).await.expect("a write");
}

/// What the store holds of the buyer's capacity.
pub(crate) async fn capacity(table: &dyn Table) -> CapacityRecord {
    let item = table.get(&records::capacity::key(account(), buyer())).await.expect("a read");
    records::capacity::decode(&item.expect("a buyer")).expect("a record")
}
