//! The steps of RFC 3263 §4.

use core::net::{IpAddr, SocketAddr};
use std::collections::VecDeque;

use super::{Answer, Naptr, Question, Srv, order::in_order};
use crate::{
    Chance,
    message::{Host, SipUri},
    transport::{Peer, Transport},
};

/// The most peers that are tried for one request.
const MOST_PEERS: usize = 16;

/// The most questions that are asked for one request: whoever runs a name server must not keep us asking.
const MOST_QUESTIONS: usize = 32;

/// Why a URI leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unresolvable {
    /// The URI names a transport that we do not speak.
    #[error("the URI asks for a transport that we do not speak")]
    Transport,
    /// A `sips:` URI, or one with `transport=tls`, where we speak no TLS; or the other way round.
    #[error("the URI asks for a transport that is not enabled")]
    NotEnabled,
}

/// A place whose addresses or servers are still to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Lead {
    Naptr { domain: String },
    Srv { name: String, transport: Transport, fallback: Option<(String, Transport)> },
    Host { name: String, transport: Transport, port: u16 },
    Found(Peer),
}

/// One URI on its way to peers.
#[derive(Debug)]
pub struct Resolution {
    /// What is to be tried, best first; a lead is replaced by those that its answer gives.
    leads: VecDeque<Lead>,
    enabled: Vec<Transport>,
    is_secure: bool,
    asked: usize,
    chance: Chance,
}

impl Resolution {
    /// Begins for a URI: that of the topmost Route, else the Request-URI. `enabled` are the transports that we speak, the preferred first.
    ///
    /// # Errors
    /// The URI asks for what we do not speak.
    pub fn start(uri: &SipUri, enabled: &[Transport], chance: Chance) -> Result<Self, Unresolvable> {
        let asked_for = uri.transport();
        if asked_for.is_none() && uri.params.has("transport") {
            return Err(Unresolvable::Transport);
        }
        if asked_for.is_some_and(|transport| !enabled.contains(&transport)) {
            return Err(Unresolvable::NotEnabled);
        }
        let host = uri.params.raw("maddr").and_then(|maddr| Host::parse(maddr).ok());
        let host = host.unwrap_or_else(|| uri.host.clone());
        let default = enabled.first().copied().ok_or(Unresolvable::NotEnabled)?;
        let (enabled, is_secure) = (enabled.to_vec(), uri.is_secure);
        let mut resolution = Self { leads: VecDeque::new(), enabled, is_secure, asked: 0, chance };
        let leads = resolution.first_leads(host, uri.port, asked_for, default);
        resolution.leads.extend(leads);
        Ok(resolution)
    }

    /// RFC 3263 §4.1 and §4.2, before anything is asked.
    fn first_leads(
        &self,
        host: Host,
        port: Option<u16>,
        asked_for: Option<Transport>,
        default: Transport,
    ) -> Vec<Lead> {
        let name = match host {
            Host::Address(address) => {
                let transport = asked_for.unwrap_or(default);
                let port = port.unwrap_or(transport.default_port());
                return vec![Lead::Found(Peer::new(transport, SocketAddr::new(address, port)))];
            }
            Host::Name(name) => name,
        };
        match (port, asked_for) {
            (Some(port), asked_for) => {
                vec![Lead::Host { name, transport: asked_for.unwrap_or(default), port }]
            }
            (None, Some(transport)) => {
                vec![Lead::Srv {
                    name: srv_name(&name, transport),
                    transport,
                    fallback: Some((name, transport)),
                }]
            }
            (None, None) => vec![Lead::Naptr { domain: name }],
        }
    }

    /// What is to be asked next; none when all is known. It stays the same until it is answered.
    pub fn poll_question(&self) -> Option<Question> {
        let lead = self.leads.iter().take(MOST_PEERS).find(|lead| !matches!(lead, Lead::Found(_)))?;
        (self.asked < MOST_QUESTIONS).then_some(())?;
        match lead {
            Lead::Naptr { domain } => Some(Question::Naptr(domain.clone())),
            Lead::Srv { name, .. } => Some(Question::Srv(name.clone())),
            Lead::Host { name, .. } => Some(Question::Addresses(name.clone())),
            Lead::Found(_) => None,
        }
    }

    /// Takes the answer to the question that is asked. An answer of another kind is as none.
    pub fn handle_answer(&mut self, answer: Answer) {
        let Some(place) = self.leads.iter().position(|lead| !matches!(lead, Lead::Found(_))) else { return };
        let Some(lead) = self.leads.remove(place) else { return };
        self.asked += 1;
        for (offset, new) in self.follow(lead, answer).into_iter().take(MOST_PEERS).enumerate() {
            self.leads.insert(place + offset, new);
        }
        self.leads.truncate(2 * MOST_PEERS);
    }

    /// The peers that are known, in the order in which they are to be tried.
    pub fn peers(&self) -> Vec<Peer> {
        let mut peers: Vec<Peer> = Vec::new();
        for lead in &self.leads {
            if let Lead::Found(peer) = lead
                && !peers.contains(peer)
            {
                peers.push(*peer);
            }
        }
        peers.truncate(MOST_PEERS);
        peers
    }

    fn follow(&mut self, lead: Lead, answer: Answer) -> Vec<Lead> {
        match (lead, answer) {
            (Lead::Naptr { domain }, Answer::Naptr(records)) => self.after_naptr(domain, records),
            (Lead::Naptr { domain }, Answer::Srv(_) | Answer::Addresses(_)) => {
                self.after_naptr(domain, Vec::new())
            }
            (Lead::Srv { transport, fallback, .. }, Answer::Srv(records)) => {
                self.after_srv(transport, fallback, records)
            }
            (Lead::Srv { transport, fallback, .. }, Answer::Naptr(_) | Answer::Addresses(_)) => {
                self.after_srv(transport, fallback, Vec::new())
            }
            (Lead::Host { transport, port, .. }, Answer::Addresses(addresses)) => {
                let found =
                    |address: IpAddr| Lead::Found(Peer::new(transport, SocketAddr::new(address, port)));
                addresses.into_iter().map(found).collect()
            }
            (Lead::Host { .. }, Answer::Naptr(_) | Answer::Srv(_)) => Vec::new(),
            (found @ Lead::Found(_), _) => vec![found],
        }
    }

    fn after_naptr(&self, domain: String, mut records: Vec<Naptr>) -> Vec<Lead> {
        records.sort_by_key(|record| (record.order, record.preference));
        let leads =
            records.iter().filter(|record| record.flags.eq_ignore_ascii_case("s")).filter_map(|record| {
                let transport = self.service(&record.service)?;
                Some(Lead::Srv { name: record.replacement.clone(), transport, fallback: None })
            });
        let mut leads: Vec<_> = leads.collect();
        if leads.is_empty() {
            // The names are guessed by the rule; the last is also what the host is asked for if none is there.
            let usable =
                self.enabled.iter().filter(|transport| !self.is_secure || **transport == Transport::Tls);
            leads = usable
                .map(|transport| Lead::Srv {
                    name: srv_name(&domain, *transport),
                    transport: *transport,
                    fallback: None,
                })
                .collect();
            if let (Some(Lead::Srv { fallback, .. }), Some(default)) =
                (leads.last_mut(), self.enabled.first())
            {
                let transport = if self.is_secure { Transport::Tls } else { *default };
                *fallback = Some((domain, transport));
            }
        }
        leads
    }

    /// The transport of a NAPTR's service, if we speak it.
    fn service(&self, service: &str) -> Option<Transport> {
        let transport = match service.to_ascii_uppercase().as_str() {
            "SIP+D2U" if !self.is_secure => Transport::Udp,
            "SIP+D2T" if !self.is_secure => Transport::Tcp,
            "SIPS+D2T" => Transport::Tls,
            _ => return None,
        };
        self.enabled.contains(&transport).then_some(transport)
    }

    fn after_srv(
        &mut self,
        transport: Transport,
        fallback: Option<(String, Transport)>,
        records: Vec<Srv>,
    ) -> Vec<Lead> {
        let there: Vec<_> =
            records.into_iter().filter(|record| record.target != "." && record.port != 0).collect();
        let nothing_found = !self.leads.iter().any(|lead| matches!(lead, Lead::Found(_) | Lead::Host { .. }));
        if there.is_empty() {
            // RFC 3263 §4.2: without any SRV record, the domain itself is the host.
            let fallback = fallback.filter(|_| nothing_found);
            return fallback
                .map(|(name, transport)| Lead::Host { name, transport, port: transport.default_port() })
                .into_iter()
                .collect();
        }
        let host = |record: Srv| Lead::Host {
            name: record.target.trim_end_matches('.').to_owned(),
            transport,
            port: record.port,
        };
        in_order(there, &mut self.chance).into_iter().map(host).collect()
    }
}

fn srv_name(domain: &str, transport: Transport) -> String {
    let service = match transport {
        Transport::Udp => "_sip._udp",
        Transport::Tcp => "_sip._tcp",
        Transport::Tls => "_sips._tcp",
    };
    format!("{service}.{domain}")
}
