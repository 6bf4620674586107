//! Whence audio may be fetched. Agencies name the URLs, so none may lead into the operator's own network unless that is allowed.

use std::{io, net::SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use ringfall_control::address::{is_private_host, is_public};
use url::Url;

/// Resolves names as the system does, and leaves out what is not public: what was checked is what is connected to.
#[derive(Debug)]
pub(super) struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                let message = "the name leads to no address on the public internet";
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, message).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether a URL names what is not public. Names that may be are checked once they are resolved.
pub(super) fn names_private(url: &Url) -> bool {
    url.host().is_none_or(|host| is_private_host(&host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_may_name_the_public_internet_alone() {
        for (url, expected) in [
            ("http://10.0.0.1/", true),
            ("http://[::1]/", true),
            ("http://localhost/", true),
            ("http://a.example/", false),
            ("http://8.8.8.8/", false),
        ] {
            assert_eq!(names_private(&url.parse().expect("a URL")), expected, "{url}");
        }
    }
}
