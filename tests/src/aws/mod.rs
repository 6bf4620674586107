//! DynamoDB, SQS and S3 to test against: a local one that is started for the test, or what the environment names.

mod faulty;
mod ministack;

use std::{env, process::Command, sync::Arc, thread};

use anyhow::{Context, Result};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;

pub use self::faulty::{Fault, FaultyNetwork};
use self::ministack::MiniStack;

/// Which, if set, names the DynamoDB to test against; SQS is named beside it in the same way, or is AWS'.
const NAMED: &str = "AWS_ENDPOINT_URL_DYNAMODB";
const REGION: &str = "us-east-1";
/// The local one believes everybody.
const ACCESS_KEY: &str = "test";

/// An AWS. Clones share it; a local one ends with the last of them.
#[derive(Debug, Clone)]
pub enum Aws {
    /// What the environment names, with its credentials.
    Named,
    /// A local one of our own.
    Local(Arc<MiniStack>),
    /// The same, behind a network that fails.
    Behind(Arc<FaultyNetwork>),
}

impl Aws {
    /// The AWS that the environment names, or else a local one, started now.
    ///
    /// # Errors
    /// The local one does not start.
    pub async fn start() -> Result<Self> {
        if env::var_os(NAMED).is_some() {
            return Ok(Self::Named);
        }
        Ok(Self::Local(Arc::new(MiniStack::start().await?)))
    }

    /// A local AWS of our own, whatever the environment names.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_local() -> Result<Self> {
        Ok(Self::Local(Arc::new(MiniStack::start().await?)))
    }

    /// A local AWS of our own behind a network of which so many requests of a thousand go wrong, by a seed, once it is told to fail.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_behind_faults(seed: u64, per_mille: u64) -> Result<(Self, Arc<FaultyNetwork>)> {
        let local = Arc::new(MiniStack::start().await?);
        let network = Arc::new(FaultyNetwork::before(local, seed, per_mille).await?);
        Ok((Self::Behind(Arc::clone(&network)), network))
    }

    /// Where a local one listens.
    pub fn local_url(&self) -> Option<&str> {
        match self {
            Self::Named => None,
            Self::Local(local) => Some(local.url()),
            Self::Behind(network) => Some(network.url()),
        }
    }

    /// Where it is, for this process.
    pub async fn config(&self) -> SdkConfig {
        let defaults = aws_config::defaults(BehaviorVersion::latest());
        match self.local_url() {
            None => defaults.load().await,
            Some(url) => {
                let credentials = Credentials::new(ACCESS_KEY, ACCESS_KEY, None, None, "tests");
                let local = defaults.endpoint_url(url).region(Region::new(REGION));
                local.credentials_provider(credentials).load().await
            }
        }
    }

    /// Where it is, for a process that is to be started.
    pub fn tell(&self, command: &mut Command) {
        if let Some(url) = self.local_url() {
            command
                .env("AWS_ENDPOINT_URL", url)
                .env("AWS_REGION", REGION)
                .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
                .env("AWS_SECRET_ACCESS_KEY", ACCESS_KEY);
        }
    }

    /// Makes a bucket in a local one.
    ///
    /// # Errors
    /// It is not local, or refuses.
    pub async fn make_bucket(&self, name: &str) -> Result<()> {
        let url = self.local_url().context("buckets are made in a local AWS alone")?;
        reqwest::Client::new().put(format!("{url}/{name}")).send().await?.error_for_status()?;
        Ok(())
    }

    /// Names for a table and a queue that nobody else uses, and that are gone when these names are.
    pub fn names(&self) -> Names {
        Names { aws: self.clone(), name: format!("ringfall-test-{:016x}", rand::random::<u64>()) }
    }
}

/// The name of a table and of a queue. Both are deleted when it is dropped.
#[derive(Debug)]
pub struct Names {
    aws: Aws,
    name: String,
}

impl Names {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Where the table and the queue are.
    pub const fn aws(&self) -> &Aws {
        &self.aws
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        // What a local one keeps is gone with it.
        if self.aws.local_url().is_some() {
            return;
        }
        let (aws, name) = (self.aws.clone(), self.name.clone());
        let deleting = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(delete(&aws, &name))
        });
        // A table that is left over costs nothing: the name tells whose it was.
        drop(deleting.join());
    }
}

async fn delete(aws: &Aws, name: &str) -> Result<()> {
    let config = aws.config().await;
    let queues = aws_sdk_sqs::Client::new(&config);
    if let Some(url) = queues.get_queue_url().queue_name(name).send().await?.queue_url {
        queues.delete_queue().queue_url(url).send().await?;
    }
    aws_sdk_dynamodb::Client::new(&config).delete_table().table_name(name).send().await?;
    Ok(())
}
