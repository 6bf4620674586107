//! Calls that come: whose they are, and whether they may.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc, time::Instant};

use ringfall_control::{Trunk, notice::Arrival, trunk::Digest};
use ringfall_media::sdp::{Direction, LocalAddress, Negotiation};
use ringfall_sip::{
    Moment,
    agent::SessionId,
    auth::{Login, Verdict},
    message::{Headers, Name, Request, StatusCode},
    transport::Peer,
};

use super::{
    Driver, Live,
    arrival::{arrival, dialled},
    hops::{Carried, MOST_ALIKE},
    legs::{Leg, secrets, spoken},
};
use crate::{
    call::{CALLER, Call, Plan},
    engine::LegId,
    trunks::Whose,
};

/// After how long a caller's side may try again, in seconds.
pub(super) const RETRY_AFTER_SECONDS: &str = "5";

/// Why a call is not taken.
#[derive(Debug)]
struct TurnedAway {
    status: StatusCode,
    headers: Headers,
    reason: &'static str,
}

impl TurnedAway {
    fn with(status: StatusCode, reason: &'static str) -> Self {
        Self { status, headers: Headers::default(), reason }
    }

    fn for_now(reason: &'static str) -> Self {
        let headers = Headers::default().with(Name::RetryAfter, RETRY_AFTER_SECONDS);
        Self { status: StatusCode::SERVICE_UNAVAILABLE, headers, reason }
    }
}

impl Driver {
    pub(super) fn on_incoming(&mut self, now: Moment, session: SessionId, request: &Request, from: Peer) {
        match self.admit(now, request, from) {
            Ok((trunk, carried)) => self.begin(now, session, request, from, trunk, carried),
            Err(TurnedAway { status, headers, reason }) => {
                tracing::debug!(from = %from.address, reason, "a call is not taken");
                self.parts.metrics.refused(reason);
                // A caller who has gone meanwhile needs no refusal.
                let _ = self.parts.agent.refuse(now, session, status, &headers);
            }
        }
    }

    fn admit(
        &mut self,
        now: Moment,
        request: &Request,
        from: Peer,
    ) -> Result<(Arc<Trunk>, Carried), TurnedAway> {
        let source = from.address.ip().to_canonical();
        if self.drain_until.is_some() {
            return Err(TurnedAway::for_now("draining"));
        }
        let dialled =
            dialled(request).ok_or_else(|| TurnedAway::with(StatusCode::NOT_FOUND, "no_such_number"))?;
        let whose = self.parts.trunks.borrow().whose(source, &dialled);
        let trunk = match whose {
            Whose::Trunks(trunk) => trunk,
            Whose::NoSuchNumber | Whose::Nobodys => {
                return Err(TurnedAway::with(StatusCode::NOT_FOUND, "no_such_number"));
            }
        };
        if let Some(digest) = &trunk.rules.digest {
            self.authenticate(now, request, digest)?;
        }
        let carried = Carried::of(request, trunk.rules.pass_identity);
        let carried = carried.ok_or_else(|| TurnedAway::with(StatusCode::TOO_MANY_HOPS, "too_many_hops"))?;
        if self.goes_round(request, &trunk, source) {
            return Err(TurnedAway::with(StatusCode::LOOP_DETECTED, "loop"));
        }
        if self.is_full(&trunk) {
            return Err(TurnedAway::for_now("full"));
        }
        if !self.rates.take(&trunk.connection, trunk.rules.most_calls_per_second, now) {
            return Err(TurnedAway::for_now("too_often"));
        }
        if !request.body.is_empty() && !is_acceptable(&request.body, &trunk) {
            return Err(TurnedAway::with(StatusCode::NOT_ACCEPTABLE_HERE, "no_common_audio"));
        }
        Ok((trunk, carried))
    }

    /// Whether so many calls of the same number to the same other ring somebody that this one must be one of them, come back.
    fn goes_round(&self, request: &Request, trunk: &Trunk, source: IpAddr) -> bool {
        let Arrival { from, to, privacy, .. } = arrival(request, trunk.connection.clone(), source);
        let is_number = from.bytes().filter(u8::is_ascii_digit).count() >= 7;
        if privacy || !is_number || self.alike.count(&from, &to) < MOST_ALIKE {
            return false;
        }
        let is_alike = |live: &&Live| {
            let plan = live.call.plan();
            plan.from == from && plan.to == to && live.call.is_ringing_a_number()
        };
        self.calls.values().filter(is_alike).take(MOST_ALIKE).count() == MOST_ALIKE
    }

    fn authenticate(&mut self, now: Moment, request: &Request, digest: &Digest) -> Result<(), TurnedAway> {
        let Digest { username, password } = digest;
        let login = |user: &str| {
            let login =
                Login { username: username.as_str().to_owned(), password: password.as_str().to_owned() };
            Some(login).filter(|login| login.username == user)
        };
        let is_stale = match self.challenger.verify(now, request, login) {
            Verdict::Accepted => return Ok(()),
            Verdict::Wrong => return Err(TurnedAway::with(StatusCode::FORBIDDEN, "wrong_password")),
            Verdict::Missing => false,
            Verdict::Stale => true,
        };
        let (status, headers) = self.challenger.challenge(now, &mut self.parts.chance, is_stale);
        Err(TurnedAway { status, headers, reason: "challenged" })
    }

    fn begin(
        &mut self,
        now: Moment,
        session: SessionId,
        request: &Request,
        from: Peer,
        trunk: Arc<Trunk>,
        carried: Carried,
    ) {
        let source = from.address.ip().to_canonical();
        let arrival = arrival(request, trunk.connection.clone(), source);
        let Some(id) = self.settings.instance.id(&self.parts.chance.word()) else { return };
        let plan = Plan {
            id,
            from: arrival.from.clone(),
            to: arrival.to.clone(),
            most_seconds: trunk.rules.most_seconds,
            fallback: trunk.rules.fallback.clone(),
            first_url: trunk.voice_url.clone(),
            end_url: trunk.status_url.clone(),
            takes_early_audio: !request.body.is_empty(),
        };
        tracing::info!(call = %plan.id, connection = %trunk.connection, source = %source, "a call");
        let caller = Leg {
            session: Some(session),
            offer: Some(request.body.clone()).filter(|body| !body.is_empty()),
            far: Some(source),
            ..Leg::default()
        };
        let call = Call::arrived(now, plan);
        let number = self.add(call, trunk, Some(arrival), BTreeMap::from([(CALLER, caller)]));
        if let Some(live) = self.calls.get_mut(&number) {
            live.carried = carried;
        }
        self.sessions.insert(session, LegId { call: number, leg: CALLER });
        self.perform(now, number);
    }

    /// Takes a call up.
    pub(super) fn add(
        &mut self,
        call: Call,
        trunk: Arc<Trunk>,
        arrival: Option<Arrival>,
        legs: BTreeMap<u32, Leg>,
    ) -> u64 {
        self.count += 1;
        self.parts.metrics.call_began();
        self.ids.insert(call.plan().id.clone(), self.count);
        self.alike.add(&call.plan().from, &call.plan().to);
        *self.of_connection.entry(trunk.connection.clone()).or_default() += 1;
        let live = Live {
            call,
            trunk,
            arrival,
            carried: Carried::default(),
            legs,
            music_at: 0,
            to_join: None,
            to_record: None,
            recordings: std::collections::HashMap::new(),
            told_at: Instant::now(),
            wake: None,
        };
        self.calls.insert(self.count, live);
        self.count
    }
}

/// Whether an offer has audio that we can speak, or pass through.
fn is_acceptable(offer: &[u8], trunk: &Trunk) -> bool {
    let Ok(secrets) = secrets() else { return false };
    let local = LocalAddress { ip: [127, 0, 0, 1].into(), rtp_port: 9, rtcp_port: 9 };
    let mut trial = Negotiation::new(local, spoken(trunk.rules.srtp, None), secrets);
    trial.take_offer(offer, Direction::SendRecv).is_ok()
}
