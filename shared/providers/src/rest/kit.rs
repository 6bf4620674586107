//! What the tests of the providers' clients have in common.

use std::time::Duration;

use ringfall_domain::{
    call::instructions::{Dial, DialPurpose, Instruction},
    ids::ConnectionId,
    target::Destination,
};
use url::Url;

use super::Patience;
use crate::{callback::Callbacks, carrier::LegQuery};

/// Never gives up a try within a test, and hardly pauses between two.
pub(crate) fn patient() -> Patience {
    Patience {
        connect_timeout: Duration::from_secs(30),
        try_timeout: Duration::from_secs(30),
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(5),
        ..Patience::default()
    }
}

pub(crate) fn impatient() -> Patience {
    Patience { try_timeout: Duration::from_secs(1), most_tries: 2, ..patient() }
}

/// Asks for a leg of a call that has another one too.
pub(crate) fn query(call: &str, leg: Option<&str>, other_leg: &str) -> LegQuery {
    LegQuery {
        provider_call_id: call.to_owned(),
        provider_leg_id: leg.map(str::to_owned),
        destination: destination(),
        reserved_at: "2026-03-02T15:00:10Z".parse().expect("a time"),
        other_provider_leg_ids: vec![other_leg.to_owned()],
    }
}

fn destination() -> Destination {
    Destination::PhoneNumber("+12145550100".parse().expect("a number"))
}

pub(crate) fn connection() -> ConnectionId {
    ConnectionId::from_parts(1, 1)
}

pub(crate) fn callbacks() -> Callbacks {
    let public_url = Url::parse("https://calls.example.com").expect("a URL");
    Callbacks::new(&public_url, connection())
}

pub(crate) fn a_dial() -> Instruction {
    Instruction::Connect(Dial {
        destination: destination(),
        ring_timeout_seconds: 20,
        caller_id: None,
        record: false,
        recording_notice: None,
        most_seconds: 3600,
        purpose: DialPurpose::Fallback,
    })
}
