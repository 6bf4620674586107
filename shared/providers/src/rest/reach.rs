//! How far requests may go, and by which way.

use std::{io, net::SocketAddr, sync::Arc};

use reqwest::{
    ClientBuilder, Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

use ringfall_control::address::{is_private_host, is_public};

/// Which addresses a provider's API may have. Agencies name them, so in production none may lead into our own network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Any. Only what is on the public internet is asked through a system proxy.
    Anywhere,
    /// Those on the public internet. A name is resolved once for each connection, what it resolves to is checked, and what was checked is
    /// what is connected to. No system proxy is used: it would resolve the name by itself.
    PublicOnly,
}

impl Reach {
    /// The client's settings for requests that go straight to their address.
    pub(crate) fn direct(self, client: ClientBuilder) -> ClientBuilder {
        let client = client.no_proxy();
        match self {
            Self::Anywhere => client,
            Self::PublicOnly => client.dns_resolver(Arc::new(PublicNames)),
        }
    }

    /// Whether a system proxy may be used for a URL.
    pub(crate) fn may_use_proxy(self, url: &Url) -> bool {
        self == Self::Anywhere && url.host().is_some_and(|host| !is_private_host(&host))
    }

    /// Whether a request to a URL is refused at once. Names that are not refused here are checked once they are resolved.
    pub(crate) fn refuses(self, url: &Url) -> bool {
        self == Self::PublicOnly && url.host().is_none_or(|host| is_private_host(&host))
    }
}

/// Resolves names as the system does, and leaves out what is not public.
struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public = public_only(found)?;
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// The public ones of the addresses that a name resolves to.
///
/// # Errors
/// There is none.
fn public_only(found: impl Iterator<Item = SocketAddr>) -> io::Result<Vec<SocketAddr>> {
    let public: Vec<_> = found.filter(|address| is_public(address.ip())).collect();
    if public.is_empty() {
        let message = "the name leads to no address on the public internet";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    Ok(public)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().expect("a URL")
    }

    #[test]
    fn only_public_addresses_are_asked_through_a_proxy() {
        for (text, expected) in [
            ("https://api.twilio.com", true),
            ("http://8.8.8.8", true),
            ("http://127.0.0.1:9999", false),
            ("http://[::1]:9999", false),
            ("http://10.1.2.3", false),
            ("http://localhost:9999", false),
            ("http://provider.internal", false),
            ("http://provider", false),
        ] {
            assert_eq!(Reach::Anywhere.may_use_proxy(&url(text)), expected, "{text}");
            assert!(!Reach::PublicOnly.may_use_proxy(&url(text)), "{text}");
            assert_eq!(Reach::PublicOnly.refuses(&url(text)), !expected, "{text}");
            assert!(!Reach::Anywhere.refuses(&url(text)), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_into_our_own_network_is_not_connected_to() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let client = Reach::PublicOnly.direct(reqwest::Client::builder()).build().expect("a client");
        let refused =
            client.get(format!("http://localhost:{port}")).send().await.expect_err("a private address");
        assert!(refused.is_connect(), "{refused:?}");
        assert!(format!("{refused:?}").contains("no address on the public internet"), "{refused:?}");
    }

    #[test]
    fn of_what_a_name_resolves_to_only_the_public_is_left() {
        let address = |text: &str| format!("{text}:0").parse::<SocketAddr>().expect("an address");
        let found = ["10.0.0.1", "8.8.8.8", "[::1]", "[::ffff:127.0.0.1]", "[2606:4700::1111]"].map(address);
        let public = public_only(found.into_iter()).expect("some");
        assert_eq!(public, ["8.8.8.8", "[2606:4700::1111]"].map(address));
        for private in [&found[..1], &found[2..4], &[]] {
            let refused = public_only(private.iter().copied()).expect_err("none");
            assert!(refused.to_string().contains("public internet"));
        }
    }
}
