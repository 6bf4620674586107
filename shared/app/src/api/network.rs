//! Addresses that are configured must not lead into our own network. Names are not resolved here: what they resolve to can
//! change, so that is for whoever connects to refuse.

use ringfall_domain::{problem::Problem, target::SipUri};
use ringfall_providers::address::is_private_host;
use url::{Host, Url};

const MESSAGE: &str = "expected an address on the public internet";

/// What is wrong with a URL whose host is on a private network. One that is no URL is for others to refuse.
pub(super) fn refuse_private_url(path: &str, text: &str) -> Option<Problem> {
    let url = Url::parse(text).ok()?;
    is_private_host(&url.host()?).then(|| Problem::new(path, MESSAGE))
}

/// What is wrong with a SIP URI (RFC 3261 §19.1) whose host, or whose `maddr` in the host's place, is on a private network.
pub(super) fn refuse_private_sip(path: &str, uri: &SipUri) -> Option<Problem> {
    sip_hosts(uri.as_str()).iter().any(|host| is_private_text(host)).then(|| Problem::new(path, MESSAGE))
}

fn sip_hosts(uri: &str) -> Vec<&str> {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let mut parts = rest.split([';', '?', '&']);
    let host = parts.next().map(without_port);
    let in_its_place = parts.filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        ["maddr", "route"].iter().any(|known| name.eq_ignore_ascii_case(known)).then_some(value)
    });
    host.into_iter().chain(in_its_place).collect()
}

fn without_port(text: &str) -> &str {
    match text.strip_prefix('[').and_then(|rest| rest.find(']')) {
        Some(end) => &text[..end + 2],
        None => text.split(':').next().unwrap_or(text),
    }
}

/// What no public address can be is refused too.
fn is_private_text(host: &str) -> bool {
    Host::parse(host).map_or(true, |host| match host {
        Host::Domain(name) => is_private_host(&Host::Domain(name.as_str())),
        Host::Ipv4(address) => is_private_host(&Host::Ipv4(address)),
        Host::Ipv6(address) => is_private_host(&Host::Ipv6(address)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_into_private_networks_are_refused_however_they_are_written() {
        for url in [
            "http://127.0.0.1:9999",
            "http://localhost/x",
            "http://LOCALHOST.",
            "http://a.localhost",
            "http://10.1.2.3",
            "http://192.168.0.1",
            "http://172.16.0.1",
            "http://169.254.169.254/latest",
            "http://100.64.0.1",
            "http://0.0.0.0",
            "http://0x7f.1",
            "http://2130706433",
            "http://127.1",
            "http://[::1]",
            "http://[::]",
            "http://[fe80::1]",
            "http://[fd00::1]",
            "http://[::ffff:127.0.0.1]",
            "http://[64:ff9b::7f00:1]",
            "http://[2002:7f00:1::]",
            "http://224.0.0.1",
            "http://255.255.255.255",
            "http://printer.local",
            "http://metadata.google.internal",
            "http://intranet",
            "http://198.18.0.1",
            "http://192.0.2.1",
        ] {
            assert!(refuse_private_url("url", url).is_some(), "{url}");
        }
    }

    #[test]
    fn public_urls_are_taken() {
        for url in [
            "https://api.twilio.com",
            "http://8.8.8.8:80",
            "https://172.32.0.1",
            "http://[2606:4700::1111]",
            "http://100.128.0.1",
            "http://[::ffff:8.8.8.8]",
            "https://localhost.example.com",
        ] {
            assert_eq!(refuse_private_url("url", url), None, "{url}");
        }
    }

    #[test]
    fn sip_uris_into_private_networks_are_refused() {
        let refused = |text: &str| {
            let uri = SipUri::try_from(text.to_owned()).expect("a SIP URI");
            refuse_private_sip("uri", &uri).is_some()
        };
        for uri in [
            "sip:desk@127.0.0.1:5080",
            "sip:127.0.0.1",
            "sips:[::1]:5061",
            "sip:a@10.0.0.1;transport=tcp",
            "sip:a@example.com;maddr=10.0.0.1",
            "sip:a@localhost",
            "sip:a@2130706433",
            "sip:b@c@192.168.1.1",
            "sip:a@example.com?Route=10.0.0.1",
        ] {
            assert!(refused(uri), "{uri}");
        }
        for uri in
            ["sip:desk@sip.example.com:5060", "sip:+12145550100@8.8.8.8;transport=tls", "sips:[2606:4700::1]"]
        {
            assert!(!refused(uri), "{uri}");
        }
    }
}
