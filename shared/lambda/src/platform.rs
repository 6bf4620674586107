//! The platform as a function has it.

use std::{sync::Arc, time::Duration};

use aws_config::{BehaviorVersion, SdkConfig};
use ringfall_app::{
    api::{FirstAccountError, ensure_first_account},
    clock::{SystemClock, SystemRandomness},
    connection::RealProviders,
    platform::{Platform, Ports, Settings},
    relays::recording,
    seal::Keys,
};
use ringfall_store::engines::dynamodb::{DynamoStore, OpenError, Unmetered};
use url::Url;

use crate::{
    environment::{Configuration, Misconfigured, Network},
    recordings::{self, LinkError},
    secret::{self, SecretError, SecretKeys},
};

/// How long plans and connections are kept before they are read again: another function may change them.
const CACHE_TIME: Duration = Duration::from_secs(5);

/// A function that has started.
#[derive(Debug)]
pub struct Function {
    configuration: Configuration,
    aws: SdkConfig,
    keys: Arc<SecretKeys>,
    providers: RealProviders,
    /// The table, its stream and the queue.
    pub store: DynamoStore,
}

/// Why a function does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A variable is missing.
    #[error(transparent)]
    Misconfigured(#[from] Misconfigured),
    /// There is no store.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// A secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// There is no first account.
    #[error("no first account: {0}")]
    FirstAccount(#[from] FirstAccountError),
}

impl Function {
    /// Prepares everything that needs no request. Nothing is asked of AWS.
    pub(crate) async fn start(configuration: Configuration) -> Result<Self, StartError> {
        let aws = aws_config::load_defaults(BehaviorVersion::latest()).await;
        let store = DynamoStore::at(&aws, configuration.places.clone(), Arc::new(Unmetered))?;
        let providers = RealProviders::unprepared(configuration.network == Network::Any);
        let keys = Arc::new(SecretKeys::new(aws.clone(), configuration.key_secret.clone()));
        Ok(Self { configuration, aws, keys, providers, store })
    }

    /// The base URL that providers sign, if the deployment tells it.
    pub fn public_url(&self) -> Option<&Url> {
        self.configuration.public_url.as_ref()
    }

    /// The platform, at a base URL that providers sign.
    pub fn platform_at(&self, public_url: Url) -> Arc<Platform> {
        let ports = Ports {
            table: Arc::new(self.store.clone()),
            messages: Arc::new(self.store.clone()),
            feed: Arc::new(self.store.clone()),
            survey: Arc::new(self.store.clone()),
        };
        let settings = Settings {
            public_url,
            cache_time: CACHE_TIME,
            private_addresses_allowed: self.configuration.network == Network::Any,
        };
        Arc::new(Platform::new(
            ports,
            Arc::new(SystemClock),
            Arc::new(SystemRandomness),
            Arc::new(self.providers.clone()),
            Arc::clone(&self.keys) as Arc<dyn Keys>,
            settings,
        ))
    }

    /// The platform of a function that providers do not call: the deployment must tell where they do.
    ///
    /// # Errors
    /// It does not.
    pub fn platform(&self) -> Result<Arc<Platform>, StartError> {
        let missing = || Misconfigured {
            variable: "RINGFALL_PUBLIC_URL",
            expected: "it is not set; expected the URL under which providers reach the webhooks".to_owned(),
        };
        Ok(self.platform_at(self.configuration.public_url.clone().ok_or_else(missing)?))
    }

    /// Sees to it that the first account has the key that the deployment's secret holds.
    ///
    /// # Errors
    /// No secret is named, it cannot be read, or its text is no key.
    pub async fn ensure_first_account(&self, platform: &Platform) -> Result<(), StartError> {
        let missing = || Misconfigured {
            variable: "RINGFALL_ADMIN_KEY_SECRET",
            expected: "it is not set; expected the ARN or the name of the secret that holds the first key"
                .to_owned(),
        };
        let arn = self.configuration.admin_key_secret.as_deref().ok_or_else(missing)?;
        let key = secret::read(&self.aws, arn).await?;
        ensure_first_account(platform, Some(&key)).await?;
        Ok(())
    }

    /// A link to a recording in the deployment's bucket, good for a while. Nothing if the deployment names no bucket.
    ///
    /// # Errors
    /// There are no credentials.
    pub async fn recording_link(&self, name: &str) -> Result<Option<Url>, LinkError> {
        let Some((bucket, prefix)) = &self.configuration.recordings else { return Ok(None) };
        let key = recording::key(prefix.as_ref(), name);
        let good_for = Duration::from_secs(recording::LINK_SECONDS);
        recordings::link(&self.aws, bucket.as_str(), &key, good_for).await.map(Some)
    }

    /// What media relays sign in with: the text of the deployment's secret, and what it was before it was last changed. Nothing if the
    /// deployment names no such secret.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn relay_secrets(&self) -> Result<Vec<String>, SecretError> {
        match &self.configuration.relay_secret {
            Some(arn) => secret::read_with_previous(&self.aws, arn).await,
            None => Ok(Vec::new()),
        }
    }
}
