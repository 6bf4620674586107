//! Legs that come and go.

use std::time::Duration;

use super::World;
use crate::engine::{EngineError, EngineEvent};

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
