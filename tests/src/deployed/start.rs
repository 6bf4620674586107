//! Starting functions as Lambda does: the process is spawned, and asks the runtime API for its first event.

use std::{
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use ringfall_store::engines::dynamodb::{DynamoStore, Missing, Settings, Unmetered};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::programs::{FUNCTIONS, HELLO, as_deployed};
use crate::aws::Aws;

/// How long a function may take until it counts as one that does not start.
const PATIENCE: Duration = Duration::from_secs(30);
const NAME: &str = "ringfall-start";
/// The name of every secret.
pub(super) const SECRET: &str = NAME;

/// A function that was started some times.
#[derive(Debug)]
pub struct Started {
    /// Its name; `hello` is the bare one.
    pub name: &'static str,
    /// Its size.
    pub bytes: u64,
    /// From its start to its first request for an event: half of all starts were faster.
    pub median: Duration,
}

/// Builds the bare hello and each function as `sam build` does, and starts each so many times, in turns. The table, the queue and the secret that `api` asks for first are on a local
/// AWS.
///
/// # Errors
/// One cannot be built, or does not start.
pub async fn measure(times: usize) -> Result<Vec<Started>> {
    let names: Vec<&'static str> = [HELLO].into_iter().chain(FUNCTIONS).collect();
    let programs = names.iter().map(|name| as_deployed(name)).collect::<Result<Vec<_>>>()?;
    let aws = Aws::start_local().await?;
    let stream = prepare(&aws).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut durations = vec![Vec::new(); names.len()];
    for _ in 0..times {
        for (program, durations) in programs.iter().zip(&mut durations) {
            durations.push(one(program, &listener, &aws, &stream).await?);
        }
    }
    let measured = names.iter().zip(&programs).zip(durations).map(|((name, program), mut durations)| {
        durations.sort_unstable();
        let median = durations.get(durations.len() / 2).copied().unwrap_or_default();
        Ok(Started { name, bytes: program.metadata()?.len(), median })
    });
    measured.collect()
}

/// Makes what `api` asks for before its first event; gives the stream.
async fn prepare(aws: &Aws) -> Result<String> {
    let config = aws.config().await;
    let settings = Settings { table: NAME.to_owned(), queue: NAME.to_owned(), missing: Missing::Create };
    DynamoStore::open_with(&config, settings, Arc::new(Unmetered)).await?;
    make_secret(aws, SECRET, "a-key-for-measuring-that-is-long-enough").await?;
    stream_of(&config, NAME).await
}

pub(super) async fn make_secret(aws: &Aws, name: &str, text: &str) -> Result<()> {
    let secrets = aws_sdk_secretsmanager::Client::new(&aws.config().await);
    secrets.create_secret().name(name).secret_string(text).send().await?;
    Ok(())
}

/// The ARN of a table's stream.
pub(super) async fn stream_of(config: &SdkConfig, table: &str) -> Result<String> {
    let tables = aws_sdk_dynamodb::Client::new(config);
    let table = tables.describe_table().table_name(table).send().await?.table;
    table.and_then(|table| table.latest_stream_arn).context("the table has a stream")
}

async fn one(program: &Path, listener: &TcpListener, aws: &Aws, stream: &str) -> Result<Duration> {
    let mut command = function(program, listener.local_addr()?, aws, (NAME, stream));
    let began = Instant::now();
    let mut process = command.spawn().with_context(|| program.display().to_string())?;
    let asked = tokio::time::timeout(PATIENCE, first_request(listener)).await;
    let took = began.elapsed();
    process.kill()?;
    process.wait()?;
    asked.with_context(|| format!("{} does not ask for an event", program.display()))??;
    Ok(took)
}

/// A function's program with the environment that it is deployed with. `store`: its table, and that one's stream.
pub(super) fn function(
    program: &Path,
    runtime: SocketAddr,
    aws: &Aws,
    (table, stream): (&str, &str),
) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", runtime.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", NAME)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("RINGFALL_TABLE", table)
        .env("RINGFALL_STREAM", stream)
        .env("RINGFALL_QUEUE", "https://sqs.us-east-1.amazonaws.com/000000000000/ringfall-start")
        .env("RINGFALL_PUBLIC_URL", "https://calls.example.com")
        .env("RINGFALL_ADMIN_KEY_SECRET", SECRET)
        .env("RINGFALL_KEY_SECRET", SECRET)
        .env("RINGFALL_RELAY_SECRET_ID", SECRET)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    aws.tell(&mut command);
    command
}

/// Returns when the runtime API was asked for the next event.
async fn first_request(listener: &TcpListener) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        if asks_for_an_event(stream).await? {
            return Ok(());
        }
    }
}

async fn asks_for_an_event(stream: TcpStream) -> Result<bool> {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await?;
    Ok(line.starts_with("GET /2018-06-01/runtime/invocation/next "))
}
