//! What an EC2 instance knows of itself: its metadata service, version 2
//! (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>).

use std::{net::IpAddr, time::Duration};

use reqwest::{Client, RequestBuilder};

/// Where it is asked, within each instance.
pub(crate) const METADATA: &str = "http://169.254.169.254";

/// It answers at once, or not at all.
const PATIENCE: Duration = Duration::from_secs(3);
/// For how long the token is good.
const TOKEN_SECONDS: &str = "60";

/// The instance's public address.
///
/// # Errors
/// This is no instance, or it has no public address. Says what to set instead.
pub(crate) async fn public_ip(metadata: &str) -> Result<IpAddr, String> {
    let told = |reason: reqwest::Error| {
        format!("the instance does not tell its public address ({reason}): set the address itself")
    };
    let client = Client::builder().no_proxy().timeout(PATIENCE).build().map_err(told)?;
    let token = client.put(format!("{metadata}/latest/api/token"));
    let token =
        text(token.header("X-aws-ec2-metadata-token-ttl-seconds", TOKEN_SECONDS)).await.map_err(told)?;
    let address = client.get(format!("{metadata}/latest/meta-data/public-ipv4"));
    let address = text(address.header("X-aws-ec2-metadata-token", token)).await.map_err(told)?;
    address.trim().parse().map_err(|_| format!("the instance tells {address:?}, which is no address"))
}

async fn text(request: RequestBuilder) -> reqwest::Result<String> {
    request.send().await?.error_for_status()?.text().await
}

#[cfg(test)]
mod tests {
    use axum::{
        Router,
        http::{HeaderMap, StatusCode},
        routing::{get, put},
    };
    use tokio::net::TcpListener;

    use super::*;

    async fn metadata(address: (StatusCode, &'static str)) -> String {
        let answers = |headers: HeaderMap, name: &str, value: &str, answer: (StatusCode, &'static str)| {
            let is_right = headers.get(name).is_some_and(|given| given == value);
            if is_right { answer } else { (StatusCode::UNAUTHORIZED, "") }
        };
        let token = move |headers| async move {
            answers(headers, "X-aws-ec2-metadata-token-ttl-seconds", "60", (StatusCode::OK, "secret"))
        };
        let ip =
            move |headers| async move { answers(headers, "X-aws-ec2-metadata-token", "secret", address) };
        let router = Router::new()
            .route("/latest/api/token", put(token))
            .route("/latest/meta-data/public-ipv4", get(ip));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    #[tokio::test]
    async fn an_instance_tells_its_address_to_who_holds_a_token() {
        let url = metadata((StatusCode::OK, "203.0.113.7\n")).await;
        assert_eq!(public_ip(&url).await, Ok("203.0.113.7".parse().expect("an address")));
    }

    #[tokio::test]
    async fn without_an_address_it_is_said_what_to_set() {
        for answer in [(StatusCode::NOT_FOUND, ""), (StatusCode::OK, "none")] {
            let reason = public_ip(&metadata(answer).await).await.expect_err("there is none");
            assert!(
                reason.contains("set the address itself") || reason.contains("is no address"),
                "{reason}"
            );
        }
    }
}
