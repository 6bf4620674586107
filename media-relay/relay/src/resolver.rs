//! Names into peers (RFC 3263), by the system's name servers.

use std::{net::IpAddr, time::Duration};

use hickory_resolver::{
    TokioResolver,
    proto::rr::{RData, RecordType},
};
use ringfall_sip::{
    Chance,
    message::SipUri,
    resolve::{Answer, Naptr, Question, Resolution, Srv, Unresolvable},
    transport::{Peer, Transport},
};
use tokio::time::timeout;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long all of them may take.
const ALL_PATIENCE: Duration = Duration::from_secs(6);

/// Asks the system's name servers, and remembers what they say for as long as they say.
#[derive(Debug, Clone)]
pub(crate) struct Resolver {
    names: Option<TokioResolver>,
}

/// Why a URI leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Nowhere {
    /// It asks for what we do not speak.
    #[error(transparent)]
    Unresolvable(#[from] Unresolvable),
    /// Its name has no address.
    #[error("the name leads to no address")]
    NoAddress,
}

impl Resolver {
    /// With the name servers that the system names; without any, only addresses are known, and what is in the hosts file.
    pub(crate) fn new() -> Self {
        let built = TokioResolver::builder_tokio().and_then(|builder| builder.build());
        let names = built.inspect_err(|error| tracing::warn!(%error, "no name servers")).ok();
        Self { names }
    }

    /// Where a URI leads, the first to be tried first.
    pub(crate) async fn resolve(
        &self,
        uri: &SipUri,
        enabled: &[Transport],
        chance: Chance,
    ) -> Result<Vec<Peer>, Nowhere> {
        let mut resolution = Resolution::start(uri, enabled, chance)?;
        let asking = async {
            while let Some(question) = resolution.poll_question() {
                let answer = timeout(PATIENCE, self.ask(&question)).await.unwrap_or(nothing(&question));
                resolution.handle_answer(answer);
            }
        };
        // What is known when the time is over may be enough.
        let _ = timeout(ALL_PATIENCE, asking).await;
        let peers = resolution.peers();
        if peers.is_empty() { Err(Nowhere::NoAddress) } else { Ok(peers) }
    }

    async fn ask(&self, question: &Question) -> Answer {
        match question {
            Question::Naptr(name) => {
                Answer::Naptr(self.records(name, RecordType::NAPTR).await.iter().filter_map(naptr).collect())
            }
            Question::Srv(name) => {
                Answer::Srv(self.records(name, RecordType::SRV).await.iter().filter_map(srv).collect())
            }
            Question::Addresses(name) => Answer::Addresses(self.addresses(name).await),
        }
    }

    async fn records(&self, name: &str, kind: RecordType) -> Vec<RData> {
        let Some(names) = &self.names else { return Vec::new() };
        match names.lookup(absolute(name), kind).await {
            Ok(found) => found.answers().iter().map(|record| record.data.clone()).collect(),
            Err(_) => Vec::new(),
        }
    }

    async fn addresses(&self, name: &str) -> Vec<IpAddr> {
        if let Some(names) = &self.names
            && name.contains('.')
            && let Ok(found) = names.lookup_ip(absolute(name)).await
        {
            return found.iter().collect();
        }
        // Names of this machine, and of a container's network.
        match tokio::net::lookup_host((name, 0)).await {
            Ok(found) => found.map(|address| address.ip()).collect(),
            Err(_) => Vec::new(),
        }
    }
}

/// With a dot at its end, a name is not looked for in domains of ours.
fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

fn naptr(data: &RData) -> Option<Naptr> {
    let RData::NAPTR(naptr) = data else { return None };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(Naptr {
        order: naptr.order,
        preference: naptr.preference,
        flags: text(&naptr.flags),
        service: text(&naptr.services),
        replacement: naptr.replacement.to_ascii().trim_end_matches('.').to_owned(),
    })
}

fn srv(data: &RData) -> Option<Srv> {
    let RData::SRV(srv) = data else { return None };
    let target = srv.target.to_ascii();
    Some(Srv { priority: srv.priority, weight: srv.weight, port: srv.port, target })
}

fn nothing(question: &Question) -> Answer {
    match question {
        Question::Naptr(_) => Answer::Naptr(Vec::new()),
        Question::Srv(_) => Answer::Srv(Vec::new()),
        Question::Addresses(_) => Answer::Addresses(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> SipUri {
        match text.parse() {
            Ok(ringfall_sip::message::Uri::Sip(uri)) => uri,
            other => unreachable!("{other:?}"),
        }
    }

    async fn resolve(text: &str) -> Result<Vec<String>, Nowhere> {
        let all = [Transport::Udp, Transport::Tcp, Transport::Tls];
        let peers = Resolver { names: None }.resolve(&uri(text), &all, Chance::from_seed([1; 32])).await?;
        Ok(peers.iter().map(|peer| format!("{} {}", peer.transport.name(), peer.address)).collect())
    }

    #[tokio::test]
    async fn addresses_and_names_of_this_machine_need_no_name_server() {
        assert_eq!(resolve("sip:a@192.0.2.1;transport=tcp").await, Ok(vec!["TCP 192.0.2.1:5060".to_owned()]));
        assert_eq!(resolve("sips:a@192.0.2.1").await, Ok(vec!["TLS 192.0.2.1:5061".to_owned()]));
        let local = resolve("sip:a@localhost:5070").await.expect("this machine");
        assert!(local.contains(&"UDP 127.0.0.1:5070".to_owned()), "{local:?}");
        assert_eq!(resolve("sip:a@nowhere.invalid").await, Err(Nowhere::NoAddress));
    }
}
