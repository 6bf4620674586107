//! What every function of the platform is given: the ports, time, randomness, settings and caches.

use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use moka::future::Cache;
use ringfall_domain::{
    ids::{AccountId, BuyerId, CampaignId, ConnectionId},
    phone::PhoneNumber,
    plan::Plan,
    queue::{Experience, Outlook, QueueId},
};
use ringfall_store::{
    port::{Feed, Messages, StoreError, Survey, Table},
    protocols::{blocked::read_list, queue::queues_of_buyers},
    records::{self, blocked::BlockList, pointer::NumberPointer},
};
use url::Url;

use crate::{
    audio::AudioGuard,
    clock::{Clock, Randomness},
    connection::{Connected, Connection, Connector},
    metrics::Metrics,
    seal::Keys,
};

/// The platform's parts, shared by all its functions.
pub struct Platform {
    /// All state.
    pub table: Arc<dyn Table>,
    /// Delayed messages.
    pub messages: Arc<dyn Messages>,
    /// The change feed.
    pub feed: Arc<dyn Feed>,
    /// All items, for repairs.
    pub survey: Arc<dyn Survey>,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bits.
    pub randomness: Arc<dyn Randomness>,
    /// Makes providers and carriers of connections.
    pub connector: Arc<dyn Connector>,
    /// What connections' secrets are sealed with.
    pub keys: Arc<dyn Keys>,
    /// What is set from outside.
    pub settings: Settings,
    /// What is counted.
    pub metrics: Metrics,
    /// Which sounds of agencies can be had.
    pub audio: AudioGuard,
    plans: Cache<(AccountId, CampaignId), Arc<Plan>>,
    fallbacks: Cache<(AccountId, CampaignId), PhoneNumber>,
    campaigns: Cache<(ConnectionId, PhoneNumber), CampaignId>,
    numbers: Cache<(ConnectionId, PhoneNumber), NumberPointer>,
    connections: Cache<ConnectionId, Arc<Connected>>,
    block_list: Cache<AccountId, Arc<BlockList>>,
    queues: Cache<(AccountId, BuyerId), Arc<Vec<QueueId>>>,
    /// What a campaign's calls were like lately.
    pub(crate) experience: Cache<(AccountId, CampaignId), Experience>,
    /// How fast a campaign's callers are served.
    pub(crate) outlooks: Cache<(AccountId, CampaignId), Outlook>,
}

/// What is set from outside.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The base URL under which providers reach us, as they sign it.
    pub public_url: Url,
    /// How long a plan, a number or a connection is kept before it is read again. Caps are never cached.
    pub cache_time: Duration,
    /// Whether addresses on private networks may be configured: only where `serve` itself listens on loopback.
    pub private_addresses_allowed: bool,
}

/// A base URL that providers sign: only what can stand before `/webhooks/…`.
///
/// # Errors
/// What would be right.
pub fn public_url(text: &str) -> Result<Url, &'static str> {
    let is_base = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    Url::parse(text).ok().filter(is_base).ok_or(
        "expected an http or https URL without user, query and fragment, such as https://calls.example.com",
    )
}

/// The ports that a platform stands on.
#[derive(Clone)]
pub struct Ports {
    /// All state.
    pub table: Arc<dyn Table>,
    /// Delayed messages.
    pub messages: Arc<dyn Messages>,
    /// The change feed.
    pub feed: Arc<dyn Feed>,
    /// All items, for repairs.
    pub survey: Arc<dyn Survey>,
}

impl Platform {
    /// Joins the parts.
    pub fn new(
        ports: Ports,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
        connector: Arc<dyn Connector>,
        keys: Arc<dyn Keys>,
        settings: Settings,
    ) -> Self {
        let ttl = settings.cache_time;
        let metrics = Metrics::default();
        let failures = metrics.audio_failures.clone();
        let audio = AudioGuard::new(Arc::clone(&connector), Arc::clone(&clock), failures);
        Self {
            table: ports.table,
            messages: ports.messages,
            feed: ports.feed,
            survey: ports.survey,
            clock,
            randomness,
            connector,
            keys,
            plans: Cache::builder().max_capacity(10_000).time_to_live(ttl).build(),
            // What leads to a fallback number is kept much longer than a plan: it is needed just when the store cannot be asked.
            campaigns: Cache::builder().max_capacity(100_000).time_to_live(ttl * 1_000).build(),
            fallbacks: Cache::builder().max_capacity(100_000).time_to_live(ttl * 1_000).build(),
            numbers: Cache::builder().max_capacity(100_000).time_to_live(ttl).build(),
            connections: Cache::builder().max_capacity(10_000).time_to_live(ttl).build(),
            block_list: Cache::builder().max_capacity(10_000).time_to_live(ttl).build(),
            queues: Cache::builder().max_capacity(100_000).time_to_live(ttl).build(),
            // Sums over two hours change little within a minute.
            experience: Cache::builder().max_capacity(10_000).time_to_live(ttl * 6).build(),
            outlooks: Cache::builder().max_capacity(10_000).time_to_live(ttl * 2).build(),
            settings,
            metrics,
            audio,
        }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A campaign's compiled plan; none if there is no such campaign.
    pub async fn plan(
        &self,
        account: AccountId,
        campaign: CampaignId,
    ) -> Result<Option<Arc<Plan>>, StoreError> {
        if let Some(plan) = self.plans.get(&(account, campaign)).await {
            return Ok(Some(plan));
        }
        let Some(item) = self.table.get(&records::plan::key(account, campaign)).await? else {
            return Ok(None);
        };
        let plan = Arc::new(records::plan::decode(&item)?.compile()?);
        self.plans.insert((account, campaign), Arc::clone(&plan)).await;
        match &plan.fallback_number {
            Some(number) => self.fallbacks.insert((account, campaign), number.clone()).await,
            None => self.fallbacks.invalidate(&(account, campaign)).await,
        }
        Ok(Some(plan))
    }

    /// A tracking number of a connection; none if it is nobody's.
    pub async fn number(
        &self,
        connection: ConnectionId,
        phone_number: &PhoneNumber,
    ) -> Result<Option<NumberPointer>, StoreError> {
        let key = (connection, phone_number.clone());
        if let Some(pointer) = self.numbers.get(&key).await {
            return Ok(Some(pointer));
        }
        let item = self.table.get(&records::pointer::number_key(connection, phone_number)).await?;
        let Some(pointer) = item.as_deref().map(records::pointer::decode_number).transpose()? else {
            return Ok(None);
        };
        self.campaigns.insert(key.clone(), pointer.campaign).await;
        self.numbers.insert(key, pointer.clone()).await;
        Ok(Some(pointer))
    }

    /// The campaign that a number's last call went to, as far as it is remembered: no store is asked.
    pub async fn remembered_campaign(
        &self,
        connection: ConnectionId,
        phone_number: &PhoneNumber,
    ) -> Option<CampaignId> {
        self.campaigns.get(&(connection, phone_number.clone())).await
    }

    /// The number that takes a campaign's calls when the platform cannot decide, as far as it is remembered: no store is asked.
    pub async fn remembered_fallback(&self, account: AccountId, campaign: CampaignId) -> Option<PhoneNumber> {
        self.fallbacks.get(&(account, campaign)).await
    }

    /// A connection, ready for use; none if there is no such connection.
    pub async fn connection(&self, id: ConnectionId) -> Result<Option<Arc<Connected>>, StoreError> {
        if let Some(connected) = self.connections.get(&id).await {
            return Ok(Some(connected));
        }
        let Some(item) = self.table.get(&records::pointer::connection_key(id)).await? else {
            return Ok(None);
        };
        let pointer = records::pointer::decode_connection(&item)?;
        let connection = self.read_connection(id, &pointer.document).await?;
        let public_url = &self.settings.public_url;
        let connected = Connected::new(&*self.connector, public_url, id, pointer.account, &connection)?;
        let connected = Arc::new(connected);
        self.connections.insert(id, Arc::clone(&connected)).await;
        Ok(Some(connected))
    }

    /// A connection's document as it is kept, opened.
    pub(crate) async fn read_connection(
        &self,
        id: ConnectionId,
        document: &str,
    ) -> Result<Connection, StoreError> {
        let connection: Connection = serde_json::from_str(document)
            .map_err(|error| StoreError::Damaged(format!("connection {id}: {error}")))?;
        connection.opened(id, &*self.keys).await
    }

    /// Forgets which numbers are whose, so that one that was moved is moved at once in this process.
    pub fn forget_numbers(&self) {
        self.numbers.invalidate_all();
    }

    /// Whom an account does not take: its prefixes, and whether there are numbers to be looked for.
    pub async fn block_list(&self, account: AccountId) -> Result<Arc<BlockList>, StoreError> {
        if let Some(list) = self.block_list.get(&account).await {
            return Ok(list);
        }
        let list = Arc::new(read_list(&*self.table, account).await?);
        self.block_list.insert(account, Arc::clone(&list)).await;
        Ok(list)
    }

    /// Forgets what an account blocks, so that a change holds at once in this process.
    pub async fn forget_block_list(&self, account: AccountId) {
        self.block_list.invalidate(&account).await;
    }

    /// The queues whose callers some buyers' targets take.
    pub async fn queues_of(
        &self,
        account: AccountId,
        buyers: impl IntoIterator<Item = BuyerId>,
    ) -> Result<BTreeSet<QueueId>, StoreError> {
        let mut queues = BTreeSet::new();
        let mut unknown = Vec::new();
        for buyer in buyers {
            match self.queues.get(&(account, buyer)).await {
                Some(known) => queues.extend(known.iter().cloned()),
                None => unknown.push(buyer),
            }
        }
        for buyer in unknown {
            let found = queues_of_buyers(&*self.table, account, &[buyer]).await?;
            let found: Vec<QueueId> = found.into_iter().map(|(_, queue)| queue).collect();
            queues.extend(found.iter().cloned());
            self.queues.insert((account, buyer), Arc::new(found)).await;
        }
        Ok(queues)
    }

    /// Forgets which queues buyers serve, so that a change holds at once in this process.
    pub fn forget_queues(&self) {
        self.queues.invalidate_all();
    }

    /// Forgets how fast queues were served, so that estimates follow what has been seen since.
    pub fn forget_outlooks(&self) {
        self.experience.invalidate_all();
        self.outlooks.invalidate_all();
    }

    /// Forgets what is cached of a connection and a campaign, so that a change holds at once in this process.
    pub async fn forget(&self, campaigns: &[(AccountId, CampaignId)], connections: &[ConnectionId]) {
        for campaign in campaigns {
            self.plans.invalidate(campaign).await;
        }
        for connection in connections {
            self.connections.invalidate(connection).await;
        }
    }
}

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Platform").field("settings", &self.settings).finish_non_exhaustive()
    }
}
