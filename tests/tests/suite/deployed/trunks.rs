//! Our own media relays at the function URL of the webhooks, with the stack's secret.

use anyhow::{Context, Result, ensure};
use reqwest::{StatusCode, header, redirect::Policy};
use ringfall_providers::relay::{
    limits::MOST_TRUNK_LIST_BYTES,
    read,
    recording::RECORDINGS_PATH,
    signature::{SIGNATURE_HEADER, Signed, sign},
    text::Secret,
    trunk::{TRUNKS_PATH, TrunkList},
};
use ringfall_tests::{
    deployed::{Deployment, RECORDINGS_BUCKET},
    stack::Api,
};
use serde_json::json;

/// A relay that was started before the secret was changed, and one that was started since, are told the trunks, and nobody else.
pub(super) async fn relays_are_told_theirs(deployment: &Deployment, api: &Api) -> Result<()> {
    let trunk = json!({"provider": "relay", "trunk": {"allow": ["127.0.0.1/32"]},
                       "credentials": {"api_base_url": "https://relay.example.com:8061"}});
    let connection = api.create("/v1/connections", &trunk).await?;
    let before = deployment.secret("RelaySecretArn").await?;
    let after = "what-relays-sign-in-with-from-now-on";
    deployment.change_secret("RelaySecretArn", after).await?;
    for secret in [&before, after] {
        let (status, body) = asked(deployment, secret).await?;
        ensure!(status == StatusCode::OK, "{status}: {}", String::from_utf8_lossy(&body));
        let list: TrunkList = read(&body, MOST_TRUNK_LIST_BYTES)?;
        let [trunk] = &list.trunks[..] else { anyhow::bail!("{list:?}") };
        ensure!(connection["id"] == trunk.connection.as_str(), "{connection} is not {trunk:?}");
        let webhooks = deployment.output("WebhookUrl")?;
        ensure!(trunk.voice_url.as_str().starts_with(webhooks), "{trunk:?}");
    }
    let (status, body) = asked(deployment, "somebody-elses-secret").await?;
    ensure!(status == StatusCode::UNAUTHORIZED, "{status}: {}", String::from_utf8_lossy(&body));
    Ok(())
}

/// Who asks the platform for a recording is led into the bucket, and nobody anywhere else.
pub(super) async fn recordings_are_in_the_bucket(deployment: &Deployment) -> Result<()> {
    const NAME: &str = "0123456789abcdef0123456789abcdef.wav";
    let (aws, http) = (deployment.aws(), reqwest::Client::builder().redirect(Policy::none()).build()?);
    aws.make_bucket(RECORDINGS_BUCKET).await?;
    let object = format!("{}/{RECORDINGS_BUCKET}/{NAME}", aws.local_url().context("it is local")?);
    http.put(&object).body("RIFF").send().await?.error_for_status()?;
    let links = format!("{}{RECORDINGS_PATH}", deployment.webhooks()?);
    let answer = http.get(format!("{links}/{NAME}")).send().await?;
    let there = answer.headers().get(header::LOCATION).and_then(|there| there.to_str().ok());
    let there = there.with_context(|| format!("it leads nowhere: {}", answer.status()))?;
    ensure!(there.starts_with(&format!("{object}?")) && there.contains("X-Amz-Signature="), "{there}");
    ensure!(http.get(there).send().await?.text().await? == "RIFF", "{there} has something else");
    let other = http.get(format!("{links}/trunks.json")).send().await?.status();
    ensure!(other == StatusCode::NOT_FOUND, "{other}");
    Ok(())
}

async fn asked(deployment: &Deployment, secret: &str) -> Result<(StatusCode, Vec<u8>)> {
    let secret: Secret = secret.parse().ok().context("no secret of a relay")?;
    let signed = Signed::Request { method: "GET", path: TRUNKS_PATH, body: b"" };
    let signature = sign(&secret, signed, jiff::Timestamp::now().as_second());
    let url = format!("{}{TRUNKS_PATH}", deployment.webhooks()?);
    let answer = reqwest::Client::new().get(url).header(SIGNATURE_HEADER, signature).send().await?;
    Ok((answer.status(), answer.bytes().await?.to_vec()))
}
