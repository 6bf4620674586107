//! Ringing somebody: where they are, what they are shown, what they are offered.

use std::net::IpAddr;

use ringfall_control::{Trunk, notice::ProblemKind, order::Destination, text::PhoneNumber};
use ringfall_media::sdp::{Capabilities, Direction};
use ringfall_sip::{
    Moment,
    agent::{Body, Invite},
    auth::Login,
    message::{Address, Headers, Host, Name, SipUri, Uri},
    resolve::Resolution,
    transport::{Peer, Transport},
};

use super::{
    Driver, Inbox, Live,
    legs::{Leg, offered, spoken},
};
use crate::{
    call::{CALLER, Dialled, Event},
    engine::LegId,
    resolver::Nowhere,
};

/// Who is shown as the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Shown {
    /// A number, or whatever the caller's side wrote.
    User(String),
    /// Nobody (RFC 3323 §4.1.1.3).
    Anonymous,
}

impl Driver {
    /// Rings somebody; by name, once it is known where they are.
    pub(super) fn dial(&mut self, now: Moment, call: u64, dialled: Box<Dialled>) {
        let Some(live) = self.calls.get_mut(&call) else { return };
        let id = LegId { call, leg: dialled.leg };
        let uri = request_uri(&live.trunk, &dialled.destination);
        live.legs.insert(dialled.leg, Leg { dialled: Some(dialled), ..Leg::default() });
        let uri = match uri {
            Ok(uri) => uri,
            Err(reason) => return self.cannot_dial(now, id, reason),
        };
        let enabled = self.parts.transports.enabled();
        // An address needs no name server, and no turn of its own.
        let known = Resolution::start(&uri, &enabled, self.parts.chance.clone());
        match known.map(|known| (known.poll_question().is_none(), known.peers())) {
            Ok((true, peers)) => self.on_resolved(now, id, Ok(&peers)),
            Err(error) => self.on_resolved(now, id, Err(error.into())),
            Ok((false, _)) => {
                let seed = self.parts.chance.bytes();
                let (resolver, inbox) = (self.parts.resolver.clone(), self.parts.to_inbox.clone());
                self.parts.runtime.spawn(async move {
                    let chance = ringfall_sip::Chance::from_seed(seed);
                    let peers = resolver.resolve(&uri, &enabled, chance).await;
                    // If nobody takes it, the relay has stopped.
                    let _ = inbox.send(Inbox::Resolved { leg: id, peers });
                });
            }
        }
    }

    fn cannot_dial(&mut self, now: Moment, id: LegId, reason: &str) {
        tracing::warn!(leg = %id, reason, "a leg cannot be dialled");
        self.told.push_back((id.call, Event::Problem(ProblemKind::Other, reason.to_owned())));
        self.fail(now, id);
    }

    pub(super) fn on_resolved(&mut self, now: Moment, id: LegId, peers: Result<&[Peer], Nowhere>) {
        let Some(leg) = self.leg(id).filter(|leg| leg.session.is_none()) else { return };
        let Some(dialled) = leg.dialled.take() else { return };
        match peers.map(|peers| (peers, peers.first())) {
            Ok((peers, Some(first))) => {
                if let Err(reason) = self.invite(now, id, &dialled, peers.to_vec(), first.address.ip()) {
                    self.cannot_dial(now, id, &reason);
                }
            }
            Ok((_, None)) => self.cannot_dial(now, id, "the destination leads nowhere"),
            Err(error) => {
                let reason = format!("the destination: {error}");
                self.cannot_dial(now, id, &reason);
            }
        }
        self.settle_calls(now);
    }

    fn invite(
        &mut self,
        now: Moment,
        id: LegId,
        dialled: &Dialled,
        mut peers: Vec<Peer>,
        towards: IpAddr,
    ) -> Result<(), String> {
        let live = self.calls.get(&id.call).ok_or("the call is over")?;
        let (trunk, told_at, carried) = (live.trunk.clone(), live.told_at, live.carried.clone());
        let shown = shown(live, dialled.caller_id.as_ref());
        let capabilities = capabilities(live, dialled);
        let uri = request_uri(&trunk, &dialled.destination)?;
        self.open(id, towards, capabilities).map_err(|error| error.to_string())?;
        let negotiation = self.leg(id).and_then(|leg| leg.negotiation.as_mut());
        let offer = negotiation.ok_or("the call is over")?.offer(Direction::SendRecv);
        let offer = offer.map_err(|error| error.to_string())?;
        for peer in &mut peers {
            self.hear(id, peer.address.ip());
            if let (Transport::Tls, Host::Name(name)) = (peer.transport, &uri.host) {
                peer.name = Some(self.parts.transports.name(name));
            }
        }
        let over_trunk = matches!(dialled.destination, Destination::PhoneNumber(_));
        let digest = trunk.rules.outbound_digest.as_ref().filter(|_| over_trunk);
        let login = |digest: &ringfall_control::trunk::Digest| Login {
            username: digest.username.as_str().to_owned(),
            password: digest.password.as_str().to_owned(),
        };
        // What the caller's carrier has signed is the caller's number.
        let is_callers = over_trunk && dialled.caller_id.is_none() && matches!(shown, Shown::User(_));
        let mut headers = carried.headers(is_callers);
        headers.append(&self.identity(&shown, over_trunk));
        let invite = Invite {
            to: Address::new(SipUri { params: ringfall_sip::message::Params::default(), ..uri.clone() }),
            uri: uri.into(),
            from: self.from(&shown),
            headers,
            offer: Some(Body::sdp(offer)),
            peers,
            logins: digest.map(|digest| (None, login(digest))).into_iter().collect(),
        };
        let session = self.parts.agent.invite(now, invite).map_err(|error| error.to_string())?;
        self.sessions.insert(session, id);
        if let Some(leg) = self.leg(id) {
            leg.session = Some(session);
        }
        self.parts.metrics.leg_dialled(told_at.elapsed().as_secs_f64());
        Ok(())
    }

    /// What comes from there is heard as long as the leg's session lasts.
    pub(super) fn hear(&mut self, id: LegId, ip: IpAddr) {
        self.parts.gate.call(ip);
        self.heard.entry(id).or_default().push(ip);
    }

    fn from(&self, shown: &Shown) -> Address {
        match shown {
            Shown::User(user) => Address::new(SipUri::new(Some(user), self.settings.host.clone(), None)),
            Shown::Anonymous => {
                let host = Host::Name("anonymous.invalid".to_owned());
                let address = Address::new(SipUri::new(Some("anonymous"), host, None));
                Address { display: Some("Anonymous".to_owned()), ..address }
            }
        }
    }

    /// A carrier wants to be assured of the number; whoever else is rung is shown nothing beyond From.
    fn identity(&self, shown: &Shown, over_trunk: bool) -> Headers {
        let headers = Headers::default();
        match shown {
            Shown::User(user) if over_trunk => {
                let uri = SipUri::new(Some(user), self.settings.host.clone(), None);
                headers.with(Name::PAssertedIdentity, format!("<{uri}>"))
            }
            Shown::User(_) => headers,
            Shown::Anonymous => headers.with(Name::Privacy, "id"),
        }
    }
}

fn shown(live: &Live, caller_id: Option<&PhoneNumber>) -> Shown {
    if let Some(number) = caller_id {
        return Shown::User(number.as_str().to_owned());
    }
    match &live.arrival {
        Some(arrival) if !arrival.privacy && !arrival.from.is_empty() => Shown::User(arrival.from.clone()),
        _ => Shown::Anonymous,
    }
}

/// G.711, and what the caller speaks beside it if nothing has to be said on either leg. The caller's law first: nothing is to be translated then.
fn capabilities(live: &Live, dialled: &Dialled) -> Capabilities {
    let caller = live.legs.get(&CALLER);
    let agreed = caller.and_then(Leg::codec).map(|offered| offered.codec);
    let offer = caller.and_then(|caller| caller.offer.as_deref()).map(offered).unwrap_or_default();
    let first_law = offer.iter().map(|offered| offered.codec).find(|codec| codec.law().is_some());
    let capabilities = spoken(live.trunk.rules.srtp, agreed.or(first_law));
    // What is agreed on with a caller who was answered is G.711, and an offer is kept only until then.
    if dialled.may_pass_through { capabilities.passing_through(&offer) } else { capabilities }
}

/// Where a destination is, as far as the trunk's rules let it be dialled.
fn request_uri(trunk: &Trunk, destination: &Destination) -> Result<SipUri, &'static str> {
    let read = |text: &str| match text.parse() {
        Ok(Uri::Sip(uri)) => Ok(uri),
        Ok(Uri::Other { .. }) | Err(_) => Err("the destination is no SIP URI"),
    };
    match destination {
        Destination::SipUri(uri) => read(uri.as_str()),
        Destination::PhoneNumber(number) if !trunk.rules.may_dial(number) => {
            Err("the number begins with none of the trunk's allowed_prefixes")
        }
        Destination::PhoneNumber(number) => {
            let outbound = trunk.rules.outbound.as_ref().ok_or("the trunk has no outbound")?;
            let outbound = read(outbound.as_str())?;
            let with_user = SipUri::new(Some(number.as_str()), outbound.host.clone(), outbound.port);
            Ok(SipUri { user: with_user.user, ..outbound })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trunks::tests::trunk;

    #[test]
    fn numbers_go_over_the_trunk_and_only_where_it_may_dial() {
        let mut trunk = trunk("one", "192.0.2.0/24", "+18005550111");
        let number = |text: &str| Destination::PhoneNumber(text.parse().expect("a number"));
        assert_eq!(request_uri(&trunk, &number("+12145550100")), Err("the trunk has no outbound"));
        trunk.rules.outbound = Some("sip:carrier.example.com:5070;transport=tcp".parse().expect("a URI"));
        let uri = request_uri(&trunk, &number("+12145550100")).expect("a URI");
        assert_eq!(uri.to_string(), "sip:+12145550100@carrier.example.com:5070;transport=tcp");
        assert!(request_uri(&trunk, &number("+882160001234")).is_err());
        let desk = Destination::SipUri("sip:desk@192.0.2.7:5062".parse().expect("a URI"));
        assert_eq!(request_uri(&trunk, &desk).expect("a URI").to_string(), "sip:desk@192.0.2.7:5062");
    }
}
