//! A relay, its platform, and what the trunk is like.

use std::{net::SocketAddr, time::Duration};

use axum::http::StatusCode;
use ringfall_control::Notice;
use ringfall_relay::{Config, Handle, start};

use crate::platform::{PATIENCE, Platform, RELAY_SECRET, SECRET};

/// The number that callers dial.
pub(crate) const NUMBER: &str = "+18005550111";

pub(crate) struct Stack {
    pub(crate) relay: Handle,
    pub(crate) platform: Platform,
    _folder: tempfile::TempDir,
}

impl Stack {
    /// A relay that dials numbers at `buyer`, and a platform that answers each path with orders. `more` is added to the trunk's JSON.
    pub(crate) async fn start(
        buyer: SocketAddr,
        more: &str,
        answer: impl Fn(&str, &Notice) -> (StatusCode, String) + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(buyer, more, |_| {}, answer).await
    }

    /// The same with other settings of the relay.
    pub(crate) async fn start_with(
        buyer: SocketAddr,
        more: &str,
        settings: impl FnOnce(&mut Config),
        answer: impl Fn(&str, &Notice) -> (StatusCode, String) + Send + Sync + 'static,
    ) -> Self {
        let more = more.to_owned();
        let trunk = move |base: &str| {
            format!(
                r#"{{"connection":"con_1","secret":"{SECRET}","voice_url":"{base}/voice","status_url":"{base}/status","numbers":["{NUMBER}"],
                "outbound":"sip:{buyer}","most_calls":100,"most_calls_per_second":100,"most_seconds":3600,"allowed_prefixes":["+1"]{more}}}"#
            )
        };
        let platform = Platform::start(trunk, answer).await;
        let folder = tempfile::tempdir().expect("a folder");
        let any = "127.0.0.1:0".parse().expect("an address");
        let base = format!("http://{}", platform.address).parse().expect("a URL");
        let secret = RELAY_SECRET.parse().expect("a secret");
        let mut config = Config::new(any, any, base, secret, folder.path().to_owned());
        config.media_ports = 20_000..=60_000;
        config.answer_within = Duration::from_secs(2);
        settings(&mut config);
        let relay = start(config).expect("a relay");
        let stack = Self { relay, platform, _folder: folder };
        stack.knows_its_trunk().await;
        stack
    }

    /// Commands are believed once the trunks are there.
    async fn knows_its_trunk(&self) {
        let waiting = async {
            while self.command("GET", "/v1/calls", "").await.0 != StatusCode::OK {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("the trunks are fetched");
    }

    /// The URL of a path at the platform.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.platform.address)
    }
}

/// Orders that ring the buyer, as the platform's answer.
pub(crate) fn connect(base: &str) -> String {
    format!(
        r#"{{"instructions":[{{"connect":{{"targets":[{{"destination":{{"phone_number":"+12145550100"}},
        "progress":{{"url":"{base}/leg","answered":true}}}}],"ring_timeout_seconds":20,"most_seconds":600,"then":"{base}/done"}}}}]}}"#
    )
}

/// A platform that rings the buyer for every call. Its own address is in the URLs of the notices' trunk alone: relative ones would be refused.
pub(crate) async fn connecting(buyer: SocketAddr) -> Stack {
    connecting_with(buyer, r#","allow":["127.0.0.0/8"]"#).await
}

/// The same with more about the trunk.
pub(crate) async fn connecting_with(buyer: SocketAddr, more: &str) -> Stack {
    let base = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let known = base.clone();
    let stack = Stack::start(buyer, more, move |path, _| {
        let base = known.get().cloned().unwrap_or_default();
        let orders = if path == "/voice" { connect(&base) } else { r#"{"instructions":[]}"#.to_owned() };
        (StatusCode::OK, orders)
    })
    .await;
    base.get_or_init(|| stack.url(""));
    stack
}
