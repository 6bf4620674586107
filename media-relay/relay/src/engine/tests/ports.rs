//! Legs that come and go.

use std::time::Duration;

use super::{World, bridge::talk};
use crate::engine::{Count, EngineError, EngineEvent};

#[test]
fn closing_leaves_nothing_and_ports_are_taken_again_after_a_while() {
    let mut world = World::with(|config| {
        config.ports = 42_000..=42_007;
        config.ports_stay_closed = Duration::from_millis(300);
    });
    let phones: Vec<_> = (1..=4).map(|leg| world.phone(1, leg, |_| {})).collect();
    let another = crate::engine::LegId { call: 1, leg: 9 };
    assert!(matches!(world.engine.open(another, None), Err(EngineError::NoPort)));
    for phone in &phones {
        world.engine.close(phone.leg);
    }
    let mut closed: Vec<_> = (0..4)
        .map(|_| {
            world.wait_for(|event| match event {
                EngineEvent::Closed { leg, .. } => Some(leg.leg),
                _ => None,
            })
        })
        .collect();
    closed.sort_unstable();
    assert_eq!(closed, [1, 2, 3, 4]);
    // They are closed, but bound: nobody else has them.
    world.wait_until(|counters| (counters.legs, counters.ports_in_use, counters.ports_closed) == (0, 0, 4));
    assert!(std::net::UdpSocket::bind(phones[0].theirs).is_err());
    world.wait_until(|counters| counters.ports_closed == 0);
    world.engine.open(another, None).expect("a port");
}

#[test]
fn calls_are_spread_over_threads_and_each_is_whole() {
    let world = World::with(|config| config.threads = std::num::NonZeroUsize::new(3).expect("three"));
    let mut calls: Vec<_> =
        (0..6).map(|call| (world.phone(call, 1, |_| {}), world.phone(call, 2, |_| {}))).collect();
    for (one, other) in &calls {
        world.engine.bridge(one.leg, other.leg).expect("a bridge");
    }
    calls.iter_mut().for_each(|(one, other)| talk(one, other, 5));
    world.wait_until(|counters| {
        (counters.legs, counters.bridged_legs, counters.get(Count::Forwarded)) == (12, 12, 60)
    });
    calls.iter().for_each(|(one, _)| world.engine.close(one.leg));
    world.wait_until(|counters| (counters.legs, counters.bridged_legs, counters.ports_in_use) == (6, 0, 6));
}

#[test]
fn a_leg_is_opened_in_the_family_of_its_other_side() {
    let world = World::start();
    let leg = crate::engine::LegId { call: 1, leg: 1 };
    let refused = world.engine.open(leg, Some(std::net::Ipv6Addr::LOCALHOST.into()));
    assert!(matches!(refused, Err(EngineError::NoAddress)));
    let mapped = std::net::Ipv4Addr::LOCALHOST.to_ipv6_mapped();
    assert!(world.engine.open(leg, Some(mapped.into())).is_ok());
    assert_eq!(world.engine.counters().ports_in_use, 1);
}
