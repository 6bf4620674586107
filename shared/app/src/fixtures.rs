//! A platform on the memory store with one campaign, one buyer and a carrier that says what a test wants, for the tests
//! of this crate.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    call::{
        Call,
        event::{Arrival, CallerFacts, Event, EventKind, Input},
        instructions::{Continuation, Instruction, Instructions},
    },
    config::{AudioUrl, Buyer, Campaign, Target},
    flow::NodeId,
    ids::{AccountId, BuyerId, CallId, CampaignId, ConnectionId, NumberId, PublisherId, TargetId},
    phone::CallerNumber,
    pnl::{Dimension, Tally},
    queue::QueueId,
    tags::Tags,
};
use ringfall_providers::{
    AudioFault, Callbacks, Carrier, CarrierError, LegOnProvider, LegQuery, NewCall,
    twilio::{Twilio, TwilioCredentials},
};
use ringfall_store::{
    engines::memory::MemoryStore,
    port::{
        Direction, Item, Key, Messages, Page, Range, SharedItem, StoreError, Table, Value, Write, WriteError,
        Written,
    },
    protocols::find::find,
    records::{
        self,
        capacity::CapacityRecord,
        plan::PlanRecord,
        pointer::{ConnectionPointer, NumberPointer},
        queued_campaign::QueuedCampaign,
    },
};

use crate::{
    calls,
    clock::{Clock, Randomness},
    connection::{Connected, Connection, Connector, Halves, InvalidConnection},
    platform::{Platform, Ports, Settings},
    seal::{KeyRing, Keys, KeysAtHand},
};

/// A clock that stands until it is moved.
pub(crate) struct StandingClock(Mutex<Timestamp>);

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts up.
#[derive(Default)]
pub(crate) struct Counting(Mutex<u128>);

impl Randomness for Counting {
    fn bits(&self) -> u128 {
        let mut bits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *bits += 1;
        *bits
    }
}

/// A provider's REST API that says what it is told to say.
pub(crate) struct Told {
    pub(crate) leg: Mutex<Result<LegOnProvider, CarrierError>>,
    pub(crate) hung_up: Mutex<Vec<String>>,
    /// What a redirect comes to.
    pub(crate) is_there: Mutex<Result<bool, CarrierError>>,
    pub(crate) redirected: Mutex<Vec<(String, Continuation)>>,
    /// Calls that were placed: the first is `CAplaced1`, and so on.
    pub(crate) placed: Mutex<Vec<NewCall>>,
    /// What comes of asking for a sound.
    pub(crate) audio: Mutex<Result<(), AudioFault>>,
    pub(crate) fetched: Mutex<Vec<AudioUrl>>,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            leg: Mutex::new(Ok(LegOnProvider::NoSuchLeg)),
            hung_up: Mutex::default(),
            is_there: Mutex::new(Ok(true)),
            redirected: Mutex::default(),
            placed: Mutex::default(),
            audio: Mutex::new(Ok(())),
            fetched: Mutex::default(),
        }
    }
}

#[async_trait]
impl Carrier for Told {
    async fn fetch_leg(&self, _query: &LegQuery) -> Result<LegOnProvider, CarrierError> {
        self.leg.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn end_call(&self, provider_id: &str) -> Result<(), CarrierError> {
        self.hung_up.lock().unwrap_or_else(PoisonError::into_inner).push(provider_id.to_owned());
        Ok(())
    }

    async fn modify_call(
        &self,
        _provider_call_id: &str,
        _instructions: &[Instruction],
        _call: CallId,
        _callbacks: &Callbacks,
    ) -> Result<bool, CarrierError> {
        Ok(true)
    }

    async fn redirect(
        &self,
        provider_call_id: &str,
        then: &Continuation,
        _call: CallId,
        _callbacks: &Callbacks,
    ) -> Result<bool, CarrierError> {
        let mut redirected = self.redirected.lock().unwrap_or_else(PoisonError::into_inner);
        redirected.push((provider_call_id.to_owned(), then.clone()));
        self.is_there.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn place_call(
        &self,
        new: &NewCall,
        _call: CallId,
        _callbacks: &Callbacks,
    ) -> Result<String, CarrierError> {
        let mut placed = self.placed.lock().unwrap_or_else(PoisonError::into_inner);
        placed.push(new.clone());
        Ok(format!("CAplaced{}", placed.len()))
    }
}

struct ToldConnector(Arc<Told>);

#[async_trait]
impl Connector for ToldConnector {
    fn connect(&self, _id: ConnectionId, _connection: &Connection) -> Result<Halves, InvalidConnection> {
        let credentials = TwilioCredentials::new("AC1", "12345").expect("credentials");
        Ok(Halves { provider: Arc::new(Twilio::new(credentials)), carrier: Arc::clone(&self.0) as _ })
    }

    async fn fetch_audio(&self, url: &AudioUrl) -> Result<(), AudioFault> {
        self.0.fetched.lock().unwrap_or_else(PoisonError::into_inner).push(url.clone());
        self.0.audio.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn has_own_relay(&self) -> bool {
        true
    }
}

/// A table that can be switched off.
pub(crate) struct Breakable {
    store: MemoryStore,
    broken: AtomicBool,
    writes: AtomicUsize,
}

impl Breakable {
    fn whole(&self) -> Result<&MemoryStore, StoreError> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("switched off".to_owned()));
        }
        Ok(&self.store)
    }
}

#[async_trait]
impl Table for Breakable {
    async fn get(&self, key: &Key) -> Result<Option<SharedItem>, StoreError> {
        self.whole()?.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<SharedItem>>, StoreError> {
        self.whole()?.get_many(keys).await
    }

    async fn query(
        &self,
        partition: &str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.whole()?.query(partition, range, direction, limit).await
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<Written>, WriteError> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.whole()?.write(writes).await
    }
}

/// The platform and what a test turns.
pub(crate) struct World {
    pub(crate) platform: Arc<Platform>,
    table: Arc<Breakable>,
    pub(crate) store: MemoryStore,
    pub(crate) clock: Arc<StandingClock>,
    pub(crate) told: Arc<Told>,
    pub(crate) connected: Arc<Connected>,
}

pub(crate) fn account() -> AccountId {
    AccountId::from_parts(1, 1)
}

pub(crate) fn connection() -> ConnectionId {
    ConnectionId::from_parts(1, 1)
}

pub(crate) fn campaign() -> CampaignId {
    CampaignId::from_parts(1, 1)
}

pub(crate) fn target(n: u128) -> TargetId {
    TargetId::from_parts(1, n)
}

pub(crate) fn buyer(n: u128) -> BuyerId {
    BuyerId::from_parts(1, n)
}

fn read<T: serde::de::DeserializeOwned>(json: serde_json::Value) -> T {
    serde_json::from_value(json).expect("a document")
}

/// One campaign that asks one question, and `targets` targets of as many buyers, each with one line, in one tier by their
/// number.
fn plan(targets: u128) -> PlanRecord {
    let places: Vec<_> =
        (1..=targets).map(|n| serde_json::json!({"target_id": target(n), "priority": n})).collect();
    let campaign_document: Campaign = read(serde_json::json!({
        "name": "Auto injury",
        "flow": {"start": "injured", "nodes": {
            "injured": {"type": "menu", "say": "Were you injured?", "tag": "injured", "otherwise": "refuse",
                        "choices": {"1": {"value": "yes", "next": "buyers"}}},
            "buyers": {"type": "route", "otherwise": "busy"},
            "refuse": {"type": "hangup", "say": "Sorry."},
            "busy": {"type": "hangup", "say": "All lines are busy."}}},
        "routing": {"tiers": [{"method": "waterfall", "targets": places}]},
        "conversion": {"minimum_seconds": 90},
        "payout": {"kind": "fixed", "amount": "20.00"},
        "fallback_number": "+12145550199",
    }));
    let targets_and_buyers = (1..=targets).map(|n| {
        let document: Target = read(serde_json::json!({
            "buyer_id": buyer(n), "name": format!("Desk {n}"), "price": "45.00", "screening": {"press": "1"},
            "destination": {"phone_number": format!("+1214555010{n}")}, "ring_timeout_seconds": 20}));
        let owner: Buyer = read(serde_json::json!({
            "name": format!("Buyer {n}"), "time_zone": "America/Chicago", "caps": {"concurrency": 1}}));
        ((target(n), document), (buyer(n), owner))
    });
    let (targets, buyers): (BTreeMap<_, _>, BTreeMap<_, _>) = targets_and_buyers.unzip();
    PlanRecord {
        account: account(),
        id: campaign(),
        version: 1,
        campaign: campaign_document,
        targets,
        buyers,
    }
}

impl World {
    /// A world with so many targets.
    pub(crate) async fn new(targets: u128) -> Self {
        Self::planned(&plan(targets)).await
    }

    /// A world with so many targets, whose campaign has further members.
    pub(crate) async fn with(targets: u128, members: serde_json::Value) -> Self {
        let mut record = plan(targets);
        let mut document = serde_json::to_value(&record.campaign).expect("a document");
        let members = members.as_object().expect("an object").clone();
        document.as_object_mut().expect("an object").extend(members);
        record.campaign = read(document);
        Self::planned(&record).await
    }

    /// A world with so many targets, and what a test changes of it.
    pub(crate) async fn changed(targets: u128, change: impl FnOnce(&mut PlanRecord)) -> Self {
        let mut record = plan(targets);
        change(&mut record);
        Self::planned(&record).await
    }

    async fn planned(plan: &PlanRecord) -> Self {
        let store = MemoryStore::new();
        let told = Arc::<Told>::default();
        let clock = Arc::new(StandingClock(Mutex::new("2026-11-21T17:00:00Z".parse().expect("a time"))));
        let shared = Arc::new(store.clone());
        let table = Arc::new(Breakable {
            store: store.clone(),
            broken: AtomicBool::new(false),
            writes: AtomicUsize::new(0),
        });
        let platform = Arc::new(Platform::new(
            Ports {
                table: Arc::clone(&table) as _,
                messages: Arc::clone(&shared) as _,
                feed: Arc::clone(&shared) as _,
                survey: shared,
            },
            Arc::clone(&clock) as _,
            Arc::new(Counting::default()),
            Arc::new(ToldConnector(Arc::clone(&told))),
            keys(),
            Settings {
                public_url: "https://calls.example.com".parse().expect("a URL"),
                cache_time: Duration::from_secs(3_600),
                private_addresses_allowed: true,
            },
        ));
        seed(&store, plan).await;
        let connected = platform.connection(connection()).await.expect("a read").expect("a connection");
        Self { platform, table, store, clock, told, connected }
    }

    pub(crate) fn switch_store_off(&self) {
        self.table.broken.store(true, Ordering::Relaxed);
    }

    /// The requests to write so far, refused ones too.
    pub(crate) fn writes(&self) -> usize {
        self.table.writes.load(Ordering::Relaxed)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.platform.now()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        let mut now = self.clock.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = Timestamp::from_second(now.as_second() + seconds).expect("a time");
    }

    /// Takes away every message that is due by then or sent for later.
    pub(crate) async fn lose_messages(&self) -> Vec<String> {
        let ever = self.now() + SignedDuration::from_hours(48);
        let lost = self.store.receive(ever, 0, 100).await.expect("a read");
        for lost in &lost {
            self.store.acknowledge(&lost.receipt).await.expect("a write");
        }
        lost.into_iter().map(|lost| lost.body).collect()
    }

    pub(crate) fn tell(&self, leg: Result<LegOnProvider, CarrierError>) {
        *self.told.leg.lock().unwrap_or_else(PoisonError::into_inner) = leg;
    }

    pub(crate) fn call_id(name: &str) -> CallId {
        CallId::of_provider_call(connection(), name)
    }

    /// Drives an event of a call, as its webhook would.
    pub(crate) async fn event(&self, name: &str, kind: EventKind) -> Instructions {
        let event = Event { arrived_at: self.now(), kind };
        let answer =
            calls::handle(&self.platform, &self.connected, Self::call_id(name), Some(campaign()), &event);
        answer.await.expect("the store works").instructions
    }

    /// A call comes in and its caller presses 1.
    pub(crate) async fn qualified(&self, name: &str) -> Instructions {
        self.event(name, arrival(name)).await;
        let node = NodeId::try_from("injured".to_owned()).expect("a name");
        self.event(name, EventKind::Gathered { node, visit: 1, input: Input::Digits("1".to_owned()) }).await
    }

    pub(crate) async fn call(&self, name: &str) -> Call {
        find(&self.store, account(), Self::call_id(name)).await.expect("a read").expect("a call")
    }

    pub(crate) async fn capacity(&self, n: u128) -> CapacityRecord {
        let item = self.store.get(&records::capacity::key(account(), buyer(n))).await.expect("a read");
        records::capacity::decode(&item.expect("a buyer")).expect("a record")
    }
}

impl World {
    /// The sum of a dimension's rows.
    pub(crate) async fn tally(&self, dimension: Dimension) -> Tally {
        let partition = records::tally::partition(account(), dimension);
        let page = self.store.query(&partition, &Range::default(), Direction::Ascending, 100).await;
        let mut sum = Tally::default();
        for (_, item) in page.expect("a read").items {
            sum += records::tally::decode(&item).expect("a row").0;
        }
        sum
    }
}

pub(crate) fn arrival(name: &str) -> EventKind {
    EventKind::Arrived(Arrival {
        provider_call_id: name.to_owned(),
        caller: CallerNumber::from_presented("+12145550123"),
        dialled: "+18005550111".parse().expect("a number"),
        caller_facts: CallerFacts::default(),
    })
}

/// Keys as every platform has them.
pub(crate) fn keys() -> Arc<dyn Keys> {
    Arc::new(KeysAtHand::new(KeyRing::read(&"0a".repeat(32)).expect("a key")))
}

async fn seed(store: &MemoryStore, plan: &PlanRecord) {
    let document = r#"{"provider": "twilio", "credentials": {"account_sid": "AC1", "auth_token": "12345"}}"#;
    let pointer = ConnectionPointer { account: account(), document: document.to_owned() };
    put(store, records::pointer::connection_key(connection()), records::pointer::encode_connection(&pointer))
        .await;
    let number = NumberPointer {
        number: NumberId::from_parts(1, 1),
        campaign: campaign(),
        publisher: PublisherId::from_parts(1, 1),
        tags: Tags::default(),
        paused: false,
    };
    let dialled = "+18005550111".parse().expect("a number");
    put(
        store,
        records::pointer::number_key(connection(), &dialled),
        records::pointer::encode_number(&number),
    )
    .await;
    put(store, records::plan::key(account(), campaign()), records::plan::encode(plan)).await;
    if let Some(policy) = &plan.campaign.queue {
        let record = QueuedCampaign {
            campaign: campaign(),
            queue: QueueId::of(campaign(), policy),
            buyers: plan.buyers.keys().copied().collect(),
        };
        let key = records::queued_campaign::key(account(), campaign());
        put(store, key, records::queued_campaign::encode(&record)).await;
    }
    for (owner, buyer) in &plan.buyers {
        let mut item = records::capacity::encode_new(buyer);
        let own = plan.targets.iter().filter(|(_, target)| target.buyer_id == *owner);
        let scope = |target: &Target| records::capacity::encode_new_scope(&target.limits());
        let scopes = own.map(|(id, target)| (id.to_string(), scope(target))).collect();
        item.insert(records::capacity::names::TARGETS.to_owned(), Value::Map(scopes));
        put(store, records::capacity::key(account(), *owner), item).await;
    }
}

async fn put(store: &MemoryStore, key: Key, item: Item) {
    store.write(vec![Write::Put { key, item, condition: None }]).await.expect("a write");
}

/// Twilio's signature of a form under the token `12345`: the URL and the sorted fields by HMAC-SHA1.
pub(crate) fn twilio_signature(url: &str, form: &str) -> String {
    use base64::Engine as _;
    use hmac::{KeyInit as _, Mac as _};
    let mut fields: Vec<_> = form_urlencoded::parse(form.as_bytes()).collect();
    fields.sort();
    let signed = fields.iter().fold(url.to_owned(), |signed, (name, value)| signed + name + value);
    let mut mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(b"12345").expect("a key of any length");
    mac.update(signed.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}
