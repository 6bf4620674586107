//! The running platform: store, tasks and HTTP server, started and stopped in the right order.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use ringfall_app::{
    api::{FirstAccountError, FirstKey, ensure_first_account},
    clock::{SystemClock, SystemRandomness},
    connection::RealProviders,
    platform::{self, Platform},
    relays::RelaySecrets,
    seal::KeysAtHand,
};
use ringfall_providers::relay::text::Secret;
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;

use super::{
    http,
    relay::OwnRelay,
    router::router,
    settings::Settings,
    stop::{Stopper, stopper},
    store::Store,
    tasks::{Repair, Rollup, Running, Sweep, Worker},
};

/// How long plans and connections are kept before they are read again: another process on the same table may change them. The
/// figure is that of the functions, so that the same is tested.
const CACHE_TIME: Duration = Duration::from_secs(5);
/// How long a task is given to stop.
const TASK_PATIENCE: Duration = Duration::from_secs(5);

/// The running platform.
#[derive(Debug)]
pub(crate) struct Stack {
    url: Url,
    first_key: FirstKey,
    store: Store,
    relay: OwnRelay,
    worker: Running,
    sweep: Running,
    repair: Running,
    rollup: Running,
    stopper: Stopper,
    http: JoinHandle<()>,
}

impl Stack {
    /// Starts it. When this returns, requests are being answered.
    ///
    /// # Errors
    /// The address is taken, the data folder is in use or not usable, or the store fails.
    pub(crate) async fn start(settings: Settings) -> anyhow::Result<Self> {
        let listen = settings.listen;
        let listener =
            TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        let address = listener.local_addr().context("no address to listen on")?;
        let url = Url::parse(&format!("http://{address}")).context("no URL for the address")?;
        let store = Store::open(&settings.engine).await?;
        let keys = KeysAtHand::new(settings.keys.read()?);
        let own_secret = made_secret()?;
        let relay = {
            let public_url = settings.public_url.as_ref().unwrap_or(&url);
            OwnRelay::start(&settings.relay, address, public_url, own_secret.clone()).await?
        };
        let platform = platform(&settings, &store, keys, url.clone(), relay.commands()?.as_ref())?;
        let secrets = RelaySecrets::new(settings.relay_secret.clone().into_iter().chain([own_secret]));
        let admin_key = settings.admin_key.as_ref().map(|key| key.expose());
        let first_key = ensure_first_account(&platform, admin_key).await.map_err(named)?;
        let (stopper, stop) = stopper();
        let recordings = ringfall_relay::recordings(&settings.relay.data(), settings.relay.bucket()?);
        let routes = router(platform.clone(), secrets, recordings, stop.clone());
        Ok(Self {
            url,
            first_key,
            store,
            relay,
            worker: Running::start(Worker { platform: Arc::clone(&platform) })?,
            sweep: Running::start(Sweep::new(Arc::clone(&platform)))?,
            repair: Running::start(Repair { platform: Arc::clone(&platform) })?,
            rollup: Running::start(Rollup::new(Arc::clone(&platform)))?,
            stopper,
            http: tokio::spawn(http::serve(listener, routes, stop)),
        })
    }

    /// Where it listens.
    pub(crate) const fn url(&self) -> &Url {
        &self.url
    }

    /// Where SIP phones dial in, if they can.
    pub(crate) fn sip(&self) -> Option<SocketAddr> {
        self.relay.sip()
    }

    /// Where the relay beside it is watched and commanded, if there is one.
    ///
    /// # Errors
    /// Its address makes no URL.
    pub(crate) fn relay_url(&self) -> anyhow::Result<Option<Url>> {
        self.relay.commands()
    }

    /// The first account's key, if this start has made it: it is not to be had later.
    pub(crate) fn new_key(&self) -> Option<&str> {
        match &self.first_key {
            FirstKey::Made(key) => Some(key.expose()),
            FirstKey::Given | FirstKey::Kept => None,
        }
    }

    /// Stops it: no more requests, then no more work, then the sums of what was done, and the store is closed last.
    ///
    /// # Errors
    /// The store's writer has died.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.relay.stop().await;
        self.stopper.ask();
        if let Err(error) = self.http.await {
            tracing::error!(%error, "the HTTP server had died");
        }
        self.worker.stop(TASK_PATIENCE).await;
        self.sweep.stop(TASK_PATIENCE).await;
        self.repair.stop(TASK_PATIENCE).await;
        self.rollup.stop(TASK_PATIENCE).await;
        self.store.close().await
    }
}

/// What is wrong with the key is named like every other setting.
fn named(error: FirstAccountError) -> anyhow::Error {
    let of = match error {
        FirstAccountError::Store(_) => "no first account",
        FirstAccountError::TooShort | FirstAccountError::NotAHeader | FirstAccountError::Taken => {
            "RINGFALL_ADMIN_KEY"
        }
    };
    anyhow::Error::new(error).context(of)
}

/// What the built-in relay signs in with: made anew at each start, and told to nobody else.
fn made_secret() -> anyhow::Result<Secret> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the operating system gives no randomness")?;
    Ok(hex::encode(bytes).parse()?)
}

fn platform(
    settings: &Settings,
    store: &Store,
    keys: KeysAtHand,
    url: Url,
    own_relay: Option<&Url>,
) -> anyhow::Result<Arc<Platform>> {
    let settings = platform::Settings {
        public_url: settings.public_url.clone().unwrap_or(url),
        cache_time: CACHE_TIME,
        private_addresses_allowed: settings.listen.ip().is_loopback(),
    };
    let mut providers = RealProviders::new(settings.private_addresses_allowed).context("no HTTP client")?;
    if let Some(url) = own_relay {
        providers = providers.with_own_relay(url).context("no HTTP client")?;
    }
    let mut platform = Platform::new(
        store.ports(),
        Arc::new(SystemClock),
        Arc::new(SystemRandomness),
        Arc::new(providers),
        Arc::new(keys),
        settings,
    );
    if let Some(units) = store.units() {
        platform.metrics.show_store_units(units);
    }
    Ok(Arc::new(platform))
}
