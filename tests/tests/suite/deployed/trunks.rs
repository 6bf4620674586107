//! Our own media relays at the function URL of the webhooks, with the stack's secret.

use anyhow::{Context, Result, ensure};
use reqwest::StatusCode;
use ringfall_providers::relay::{
    limits::MOST_TRUNK_LIST_BYTES,
    read,
    signature::{SIGNATURE_HEADER, Signed, sign},
    text::Secret,
    trunk::{TRUNKS_PATH, TrunkList},
};
use ringfall_tests::{deployed::Deployment, stack::Api};
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

async fn asked(deployment: &Deployment, secret: &str) -> Result<(StatusCode, Vec<u8>)> {
    let secret: Secret = secret.parse().ok().context("no secret of a relay")?;
    let signed = Signed::Request { method: "GET", path: TRUNKS_PATH, body: b"" };
    let signature = sign(&secret, signed, jiff::Timestamp::now().as_second());
    let url = format!("{}{TRUNKS_PATH}", deployment.webhooks()?);
    let answer = reqwest::Client::new().get(url).header(SIGNATURE_HEADER, signature).send().await?;
    Ok((answer.status(), answer.bytes().await?.to_vec()))
}
