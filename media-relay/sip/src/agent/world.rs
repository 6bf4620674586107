//! Two agents and a network between them that loses, doubles and reorders, in virtual time; one seed decides all.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;

use super::{Agent, Body, Cause, Config, Event, Invite, SessionId};
use crate::{
    Chance, Moment,
    message::{Address, Headers, Host, Message, SipUri, StatusCode},
    transport::{Peer, SentBy, Transport},
};

/// What the network does to messages, in percent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weather {
    pub(super) lost: u64,
    pub(super) doubled: u64,
    /// The longest delay: messages overtake each other within it.
    pub(super) most_delay_milliseconds: u64,
}

/// Which of the two.
pub(super) const CALLER: usize = 0;
pub(super) const CALLEE: usize = 1;

/// A message that was sent, for what a test wants to know of it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) from: usize,
    pub(super) at: Moment,
    pub(super) message: Message,
}

pub(super) struct World {
    pub(super) now: Moment,
    pub(super) agents: [Agent; 2],
    pub(super) told: [Vec<(Moment, Event)>; 2],
    pub(super) seen: Vec<Seen>,
    pub(super) weather: Weather,
    pub(super) transport: Transport,
    /// Messages that a test takes out of the network: how many of those that it names are still to be lost.
    pub(super) lose: Vec<Loss>,
    chance: Chance,
    flying: BTreeMap<(Moment, u64), (usize, Bytes)>,
    count: u64,
}

/// Which messages are to be lost, and how many of them still.
type Loss = (fn(&Seen) -> bool, usize);

fn address(who: usize) -> String {
    format!("192.0.2.{}:5060", who + 1)
}

pub(super) fn config(who: usize) -> Config {
    let host = Host::Address(format!("192.0.2.{}", who + 1).parse().expect("an address"));
    let contact = SipUri::new(Some(["caller", "callee"][who]), host.clone(), Some(5060));
    Config::new(SentBy { host, port: Some(5060) }, contact)
}

impl World {
    pub(super) fn new(seed: u64, weather: Weather, adjust: impl Fn(&mut Config)) -> Self {
        let mut chance = Chance::from_seed([0; 32]);
        for _ in 0..seed % 1_000 {
            chance.bytes();
        }
        let agent = |who: usize| {
            let mut config = config(who);
            adjust(&mut config);
            let mut own = [u8::try_from(who).expect("two agents"); 32];
            own[..8].copy_from_slice(&seed.to_be_bytes());
            Agent::new(config, Chance::from_seed(own))
        };
        Self {
            now: Moment::default(),
            agents: [agent(CALLER), agent(CALLEE)],
            told: [Vec::new(), Vec::new()],
            seen: Vec::new(),
            weather,
            transport: Transport::Udp,
            lose: Vec::new(),
            chance,
            flying: BTreeMap::new(),
            count: 0,
        }
    }

    pub(super) fn calm() -> Self {
        let weather = Weather { most_delay_milliseconds: 0, ..Weather::default() };
        Self::new(0, weather, |_| {})
    }

    pub(super) fn draw(&mut self, bound: u64) -> u64 {
        self.chance.below(bound)
    }

    pub(super) fn peer(&self, who: usize) -> Peer {
        Peer::new(self.transport, address(who).parse().expect("an address"))
    }

    pub(super) fn call(&mut self, offer: Option<&'static str>) -> SessionId {
        self.call_with(offer, |_| {})
    }

    pub(super) fn call_with(
        &mut self,
        offer: Option<&'static str>,
        adjust: impl FnOnce(&mut Invite),
    ) -> SessionId {
        let host = |who: usize| Host::Address(format!("192.0.2.{}", who + 1).parse().expect("an address"));
        let uri = SipUri::new(Some("+12145550100"), host(CALLEE), None);
        let mut invite = Invite {
            uri: uri.clone().into(),
            from: Address::new(SipUri::new(Some("+12145550123"), host(CALLER), None)),
            to: Address::new(uri),
            headers: Headers::default(),
            offer: offer.map(|offer| Body::sdp(offer.as_bytes())),
            peers: vec![self.peer(CALLEE)],
            logins: Vec::new(),
        };
        adjust(&mut invite);
        let session = self.agents[CALLER].invite(self.now, invite).expect("room for a call");
        self.drain();
        session
    }

    /// Takes what both agents have to send and to tell.
    pub(super) fn drain(&mut self) {
        for who in [CALLER, CALLEE] {
            while let Some(transmit) = self.agents[who].poll_transmit() {
                let message = Message::parse(&transmit.bytes).expect("what we send is sound");
                let seen = Seen { from: who, at: self.now, message };
                let wanted = self.lose.iter_mut().find(|(wanted, left)| *left > 0 && wanted(&seen));
                let is_taken = wanted.map(|(_, left)| *left -= 1).is_some();
                self.seen.push(seen);
                let to =
                    [CALLER, CALLEE].into_iter().find(|to| self.peer(*to).address == transmit.to.address);
                if let Some(to) = to.filter(|_| !is_taken) {
                    self.fly(to, &transmit.bytes);
                }
            }
            while let Some(event) = self.agents[who].poll_event() {
                self.told[who].push((self.now, event));
            }
        }
    }

    fn fly(&mut self, to: usize, bytes: &Bytes) {
        let Weather { lost, doubled, most_delay_milliseconds } = self.weather;
        let copies = if self.draw(100) < lost {
            0
        } else if self.draw(100) < doubled {
            2
        } else {
            1
        };
        for _ in 0..copies {
            let delay = Duration::from_millis(1 + self.draw(most_delay_milliseconds.max(1)));
            self.count += 1;
            self.flying.insert((self.now + delay, self.count), (to, bytes.clone()));
        }
    }

    /// When something happens next.
    pub(super) fn next(&self) -> Option<Moment> {
        let arrival = self.flying.keys().next().map(|(at, _)| *at);
        let timers = self.agents.iter().map(Agent::poll_timeout);
        timers.chain([arrival]).flatten().min()
    }

    /// Lets the next thing happen; false if nothing will.
    pub(super) fn step(&mut self) -> bool {
        let Some(next) = self.next() else { return false };
        self.now = self.now.max(next);
        while let Some(entry) = self.flying.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let (to, bytes) = entry.remove();
            let from = self.peer(1 - to);
            let message = Message::parse(&bytes).expect("it was sound when it was sent");
            let _ = self.agents[to].handle_message(self.now, from, message);
            self.drain();
        }
        for agent in &mut self.agents {
            agent.handle_timeout(self.now);
        }
        self.drain();
        true
    }

    /// Lets everything happen up to that long from now.
    pub(super) fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        while self.next().is_some_and(|next| next <= end) {
            self.step();
        }
        self.now = end;
    }

    /// Lets everything happen until nothing more will, and checks that nothing is left.
    pub(super) fn run_out(&mut self) {
        for _ in 0..200_000 {
            if !self.step() {
                return self.check_empty();
            }
        }
        unreachable!("it never ends");
    }

    fn check_empty(&self) {
        for (who, agent) in self.agents.iter().enumerate() {
            assert_eq!(
                (agent.sessions(), agent.transactions(), agent.timers_set()),
                (0, 0, 0),
                "agent {who}: {agent:#?}"
            );
            assert!(
                agent.dialogs.is_empty() && agent.sent.is_empty() && agent.invited.is_empty(),
                "agent {who}: {agent:#?}"
            );
        }
    }

    pub(super) fn events(&self, who: usize) -> Vec<&Event> {
        self.told[who].iter().map(|(_, event)| event).collect()
    }

    /// Why the sessions of one side ended, in the order in which they did.
    pub(super) fn causes(&self, who: usize) -> Vec<&Cause> {
        let ends = self.told[who].iter().filter_map(|(_, event)| match event {
            Event::Ended { cause, .. } => Some(cause),
            _ => None,
        });
        ends.collect()
    }

    /// The session that came in last.
    pub(super) fn incoming(&self) -> SessionId {
        let session = |event| match event {
            &Event::Incoming { session, .. } => Some(session),
            _ => None,
        };
        self.events(CALLEE).into_iter().rev().find_map(session).expect("a call came in")
    }

    /// A call that is answered and acknowledged.
    pub(super) fn connected(&mut self) -> (SessionId, SessionId) {
        let out = self.call(Some("offer"));
        self.run_for(Duration::from_millis(50));
        let into = self.incoming();
        let now = self.now;
        self.agents[CALLEE]
            .accept(now, into, &Headers::default(), Some(Body::sdp("answer")))
            .expect("answered");
        self.drain();
        self.run_for(Duration::from_millis(50));
        assert!(matches!(self.events(CALLER)[..], [.., Event::Answered { .. }]), "{:?}", self.told[CALLER]);
        assert!(
            matches!(self.events(CALLEE)[..], [.., Event::Acknowledged { .. }]),
            "{:?}",
            self.told[CALLEE]
        );
        (out, into)
    }

    /// How often messages were sent by one side that begin with that text: a method or a status.
    pub(super) fn sent(&self, who: usize, start: &str) -> usize {
        let is_meant = |seen: &&Seen| seen.from == who && seen.starts_with(start);
        self.seen.iter().filter(is_meant).count()
    }
}

impl Seen {
    /// By its start line: `INVITE`, `SIP/2.0 200`, or `200 INVITE` for a response with its CSeq's method.
    pub(super) fn starts_with(&self, start: &str) -> bool {
        match &self.message {
            Message::Request(request) => request.method.as_str() == start,
            Message::Response(response) => {
                let method = &response.essentials.cseq.method;
                format!("{} {method}", response.status) == start || response.status.to_string() == start
            }
        }
    }
}

/// One story of many calls in bad weather: what each side does, and when, follows from the seed.
fn story(seed: u64, weather: Weather) -> World {
    let mut world = World::new(seed, weather, |config| config.session_interval_seconds = Some(90));
    let mut calls = Vec::new();
    for _ in 0..3 {
        let offer = (world.draw(4) > 0).then_some("offer");
        calls.push(world.call(offer));
        let pause = Duration::from_millis(world.draw(3_000));
        act_for(&mut world, pause);
    }
    act_for(&mut world, Duration::from_secs(60));
    // Then everybody is done.
    for who in [CALLER, CALLEE] {
        let open: Vec<_> = world.agents[who].sessions.keys().copied().collect();
        for session in open {
            let now = world.now;
            let _ = world.agents[who].end(now, session);
        }
        world.drain();
    }
    world.run_out();
    world
}

/// Both sides do this and that for some time.
fn act_for(world: &mut World, time: Duration) {
    let end = world.now + time;
    let mut heard = [world.told[CALLER].len(), world.told[CALLEE].len()];
    while world.next().is_some_and(|next| next <= end) {
        world.step();
        for who in [CALLER, CALLEE] {
            while let Some((_, event)) = world.told[who].get(heard[who]).cloned() {
                heard[who] += 1;
                react(world, who, &event);
            }
        }
    }
    world.now = world.now.max(end);
}

fn react(world: &mut World, who: usize, event: &Event) {
    let (now, choice) = (world.now, world.draw(100));
    let none = Headers::default();
    let agent = &mut world.agents[who];
    // A command that comes too late is refused, and that is all.
    match event {
        Event::Incoming { session, .. } => match choice {
            0..10 => {
                let _ = agent.refuse(now, *session, StatusCode::BUSY_HERE, &none);
            }
            10..60 => {
                let _ = agent.progress(now, *session, StatusCode::RINGING, &none, None);
                let early = (choice < 40).then(|| Body::sdp("early"));
                let _ = agent.progress(now, *session, StatusCode::SESSION_PROGRESS, &none, early);
                if choice < 55 {
                    let _ = agent.accept(now, *session, &none, Some(Body::sdp("answer")));
                }
            }
            60..70 => {}
            _ => {
                let _ = agent.accept(now, *session, &none, Some(Body::sdp("answer")));
            }
        },
        Event::Progress { session, wants_answer, .. } => {
            if *wants_answer {
                let _ = agent.answer_progress(now, *session, &Body::sdp("answer"));
            }
            if choice < 15 {
                let _ = agent.end(now, *session);
            }
        }
        Event::Answered { session, wants_answer, .. } => {
            if *wants_answer && choice < 90 {
                let _ = agent.acknowledge(now, *session, &Body::sdp("answer"));
            }
            match choice {
                0..20 => {
                    let _ = agent.end(now, *session);
                }
                20..60 => {
                    let _ = agent.change(now, *session, Body::sdp("change"), choice < 40);
                }
                _ => {}
            }
        }
        Event::Acknowledged { session, .. } => match choice {
            0..20 => {
                let _ = agent.end(now, *session);
            }
            20..60 => {
                let _ = agent.change(now, *session, Body::sdp("change"), choice < 40);
            }
            60..70 => {
                let _ = agent.info(now, *session, &Body::sdp("5"));
            }
            _ => {}
        },
        Event::ChangeAsked { session, .. } => match choice {
            0..20 => {
                let _ = agent.refuse_change(now, *session, StatusCode::NOT_ACCEPTABLE_HERE);
            }
            20..25 => {
                let _ = agent.end(now, *session);
            }
            _ => {
                let _ = agent.accept_change(now, *session, &Body::sdp("answer"));
            }
        },
        Event::Changed { session, .. } | Event::ChangeRefused { session, .. } if choice < 50 => {
            let _ = agent.end(now, *session);
        }
        Event::Changed { .. }
        | Event::ChangeRefused { .. }
        | Event::ProgressAcknowledged { .. }
        | Event::Info { .. }
        | Event::Ended { .. } => {}
    }
    world.drain();
}

/// What must hold of a story when it is over.
fn check(world: &World, seed: u64) {
    for who in [CALLER, CALLEE] {
        let mut ended: BTreeMap<SessionId, usize> = BTreeMap::new();
        let mut begun = std::collections::BTreeSet::new();
        for event in world.events(who) {
            let session = match event {
                Event::Ended { session, .. } => {
                    *ended.entry(*session).or_default() += 1;
                    continue;
                }
                Event::Incoming { session, .. }
                | Event::Progress { session, .. }
                | Event::Answered { session, .. }
                | Event::Acknowledged { session, .. }
                | Event::ProgressAcknowledged { session, .. }
                | Event::ChangeAsked { session, .. }
                | Event::Changed { session, .. }
                | Event::ChangeRefused { session, .. }
                | Event::Info { session, .. } => *session,
            };
            assert!(!ended.contains_key(&session), "seed {seed}, agent {who}: {event:?} behind its end");
            begun.insert(session);
        }
        assert!(ended.values().all(|count| *count == 1), "seed {seed}, agent {who}: ended twice: {ended:?}");
        assert!(
            begun.iter().all(|session| ended.contains_key(session)),
            "seed {seed}, agent {who}: not ended"
        );
    }
    check_agreement(world, seed);
    check_no_bye_overtakes(world, seed);
}

/// Whoever has a call answered has it with somebody who answered it, and nobody keeps it alone.
fn check_agreement(world: &World, seed: u64) {
    let answered =
        world.events(CALLER).iter().filter(|event| matches!(event, Event::Answered { .. })).count();
    let successes = world.seen.iter().filter(|seen| seen.from == CALLEE && seen.starts_with("200 INVITE"));
    let dialogs: std::collections::BTreeSet<_> =
        successes.map(|seen| seen.message.essentials().call_id.clone()).collect();
    assert!(answered <= dialogs.len(), "seed {seed}: {answered} answers of {}", dialogs.len());
    let last_end = |who: usize| {
        let ends = world.told[who].iter().filter(|(_, event)| matches!(event, Event::Ended { .. }));
        ends.map(|(at, _)| *at).max()
    };
    let ends = [last_end(CALLER), last_end(CALLEE)].into_iter().flatten();
    let last = ends.max().expect("calls were made");
    // 64 × T1 for the transactions of the last end, and once more for an answer that waits for its ACK.
    assert!(
        world.now - last <= Duration::from_secs(65),
        "seed {seed}: {:?} behind the last end",
        world.now - last
    );
}

/// The callee never sends BYE before it has seen an ACK, unless it has waited for 64 × T1.
fn check_no_bye_overtakes(world: &World, seed: u64) {
    for bye in world.seen.iter().filter(|seen| seen.from == CALLEE && seen.starts_with("BYE")) {
        let call = &bye.message.essentials().call_id;
        let of_call = |seen: &&Seen| seen.message.essentials().call_id == *call;
        let first_success = world.seen.iter().filter(of_call).find(|seen| seen.starts_with("200 INVITE"));
        let first_ack = world.seen.iter().filter(of_call).find(|seen| seen.starts_with("ACK"));
        let success =
            first_success.unwrap_or_else(|| unreachable!("seed {seed}: BYE of a call without an answer"));
        let is_late = bye.at - success.at >= crate::PATIENCE;
        assert!(is_late || first_ack.is_some_and(|ack| ack.at <= bye.at), "seed {seed}: BYE before ACK");
    }
}

#[test]
fn every_call_comes_to_an_agreed_end_and_leaves_nothing_whatever_the_network_does() {
    for seed in 0..120 {
        let bad = 10 + seed % 21;
        let weather = Weather { lost: bad, doubled: bad, most_delay_milliseconds: 10 + 40 * (seed % 20) };
        check(&story(seed, weather), seed);
    }
}

#[test]
fn calls_in_good_weather_end_the_same_way() {
    for seed in 0..40 {
        let weather = Weather { most_delay_milliseconds: 20, ..Weather::default() };
        check(&story(seed, weather), seed);
    }
}

#[test]
fn a_dead_network_leaves_nothing_either() {
    for seed in 0..10 {
        let mut world =
            World::new(seed, Weather { most_delay_milliseconds: 20, ..Weather::default() }, |_| {});
        world.connected();
        world.weather.lost = 100;
        world.call(Some("offer"));
        world.run_out();
        assert_eq!(world.causes(CALLER).len(), 2, "{:?}", world.causes(CALLER));
        assert_eq!(world.causes(CALLEE).len(), 1);
    }
}

#[test]
fn a_story_is_told_again_by_its_seed() {
    let weather = Weather { lost: 20, doubled: 20, most_delay_milliseconds: 300 };
    let told = |world: &World| format!("{:?}", world.told);
    assert_eq!(told(&story(7, weather)), told(&story(7, weather)));
}
