//! What the platform asks of a relay, over HTTP. Every request carries [`crate::signature::CONNECTION_HEADER`] and is about the calls of that
//! connection alone; another's are 404.
//!
//! | request | body | answers |
//! |---|---|---|
//! | `POST /v1/calls` | [`PlaceCall`] | 201 [`Placed`]; 400, 403 (not allowed over this trunk) or 503 (full, draining): nobody is rung |
//! | `GET /v1/calls` | | 200 [`crate::calls::CallList`]: those that are live |
//! | `GET /v1/calls/{id}` | | 200 [`crate::calls::CallState`], for an hour after the end too; 404 |
//! | `POST /v1/calls/{id}` | [`ModifyCall`] | 204; 404; 409 if it is over |
//! | `DELETE /v1/calls/{id}` | | 204, also if it is over; 404. The id of a leg ends the leg alone |
//!
//! 421: the call is another relay's, of which this one can say nothing: relays that share an address know only their own calls.
//!
//! 401: the signature is missing or does not prove the connection. Every refusal is a [`Refusal`].

use serde::{Deserialize, Serialize};

use crate::{
    bounded,
    limits::{MOST_CALL_SECONDS, MOST_ORDERS, MOST_RING_SECONDS},
    order::{Destination, Order},
    text::{HttpUrl, Id, PhoneNumber},
};

/// The calls of a relay.
pub const CALLS_PATH: &str = "/v1/calls";

/// The path of one call or leg.
pub fn call_path(id: &Id) -> String {
    format!("{CALLS_PATH}/{id}")
}

/// A call to place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceCall {
    /// Who is rung, over the connection's trunk.
    pub to: Destination,
    /// The number that is shown to them.
    pub from: PhoneNumber,
    /// How long it may ring.
    #[serde(deserialize_with = "bounded::number::<1, MOST_RING_SECONDS, _>")]
    pub ring_timeout_seconds: u32,
    /// The call ends after this long at the latest; after the trunk's `most_seconds` where none is given.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "bounded::optional_number::<1, MOST_CALL_SECONDS, _>"
    )]
    pub most_seconds: Option<u32>,
    /// Asked for orders once somebody, or something, has answered.
    pub answered: HttpUrl,
    /// Told once when the call is over, answered or not.
    pub progress: HttpUrl,
}

/// A call that is being placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// The relay's id of it.
    pub call_id: Id,
}

/// What a live call does instead of what it is doing, which is broken off. A leg that is rung or joined for it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModifyCall {
    /// These: `{"instructions": […]}`.
    #[serde(deserialize_with = "bounded::list::<MOST_ORDERS, _, _>")]
    Instructions(Vec<Order>),
    /// What this URL says: `{"continue": "https://…"}`.
    Continue(HttpUrl),
}

/// The body of every refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Why, for people.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{limits::MOST_BODY_BYTES, read, write};

    #[test]
    fn a_change_is_orders_or_a_url_and_never_both() {
        for (body, expected) in [
            (r#"{"instructions":["hangup"]}"#, ModifyCall::Instructions(vec![Order::Hangup])),
            (
                r#"{"continue":"https://a.example/x"}"#,
                ModifyCall::Continue("https://a.example/x".parse().expect("a URL")),
            ),
        ] {
            assert_eq!(read::<ModifyCall>(body.as_bytes(), MOST_BODY_BYTES).as_ref(), Ok(&expected));
            assert_eq!(write(&expected), body);
        }
        for body in [
            "{}",
            r#"{"instructions":[],"continue":"https://a.example"}"#,
            r#"{"continue":"x"}"#,
            r#"{"instructions":["fly"]}"#,
        ] {
            assert!(read::<ModifyCall>(body.as_bytes(), MOST_BODY_BYTES).is_err(), "{body}");
        }
    }

    #[test]
    fn a_call_to_place_keeps_its_bounds() {
        let place = |ring: u32| {
            format!(
                r#"{{"to":{{"phone_number":"+12145550100"}},"from":"+18005550111","ring_timeout_seconds":{ring},"answered":"http://a/1","progress":"http://a/2"}}"#
            )
        };
        let read_back: PlaceCall = read(place(25).as_bytes(), MOST_BODY_BYTES).expect("a call");
        assert_eq!(write(&read_back), place(25));
        let refused = read::<PlaceCall>(place(0).as_bytes(), MOST_BODY_BYTES).expect_err("refused");
        assert!(refused.to_string().starts_with("ring_timeout_seconds: "), "{refused}");
    }

    #[test]
    fn a_path_names_its_call() {
        assert_eq!(call_path(&"c_1".parse().expect("an id")), "/v1/calls/c_1");
    }
}
