//! Identifiers: prefixed ULIDs, one newtype per kind of thing, so that a buyer can never be passed for a target.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use ulid::Ulid;

/// A text that is not an identifier of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected an id of the form {prefix}_ followed by 26 characters, such as {prefix}_01JD0000000000000000000000"
)]
pub struct InvalidId {
    /// The prefix that this kind of id carries.
    pub prefix: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Ulid);

        impl $name {
            /// What every id of this kind begins with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Builds an id from its time (milliseconds since 1970) and 80 random bits, both given by the caller.
            pub const fn from_parts(milliseconds: u64, random: u128) -> Self {
                Self(Ulid::from_parts(milliseconds, random))
            }

            /// The 128 bits, for hashing and deterministic choices.
            pub const fn bits(self) -> u128 {
                self.0.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let ulid = text.strip_prefix(concat!($prefix, "_")).filter(|rest| rest.len() == 26);
                ulid.and_then(|rest| Ulid::from_string(rest).ok())
                    .map(Self)
                    .ok_or(InvalidId { prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-7][0-9A-HJKMNP-TV-Z]{25}$")))
                    .examples([concat!($prefix, "_01JD3Q4T7Y8Z9A0B1C2D3E4F5G")])
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

id!(
    /// One agency: a tenant. Nothing crosses accounts.
    AccountId, "acc"
);
id!(
    /// An API key of an account (its name, never its secret).
    KeyId, "key"
);
id!(
    /// An account at a telephony provider, with its credentials.
    ConnectionId, "con"
);
id!(
    /// A traffic source that is paid for its calls.
    PublisherId, "pub"
);
id!(
    /// A blocked number, or prefix of numbers.
    BlockedCallerId, "blk"
);
id!(
    /// A customer who pays for calls.
    BuyerId, "buy"
);
id!(
    /// One phone number or SIP URI of a buyer.
    TargetId, "tgt"
);
id!(
    /// Routing, qualification and payout for one call type.
    CampaignId, "cmp"
);
id!(
    /// A tracking number, whose dialling identifies the source.
    NumberId, "num"
);
id!(
    /// One inbound call.
    CallId, "cal"
);

impl CallId {
    /// The id of the call that a provider names: the same for every copy of every webhook about it, so that no
    /// look-up stands between a webhook and its call.
    pub fn of_provider_call(connection: ConnectionId, provider_call_id: &str) -> Self {
        let digest = Sha256::new()
            .chain_update(connection.bits().to_be_bytes())
            .chain_update(provider_call_id.as_bytes())
            .finalize();
        let mut bits = [0_u8; 16];
        bits.copy_from_slice(&digest[..16]);
        Self(Ulid(u128::from_be_bytes(bits)))
    }
}

/// One try of one target within a call. A reservation is keyed by it, never by the call alone: a late hang-up of
/// attempt 1 must not free attempt 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId {
    /// The call whose caller is offered.
    pub call: CallId,
    /// Counted from 1.
    pub attempt: u8,
}

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.call, self.attempt)
    }
}

impl FromStr for LegId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId { prefix: CallId::PREFIX };
        let (call, attempt) = text.split_once('#').ok_or(invalid.clone())?;
        Ok(Self { call: call.parse()?, attempt: attempt.parse().map_err(|_| invalid)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_and_refuses_another_kind() {
        let buyer = BuyerId::from_parts(1_700_000_000_000, 42);
        assert_eq!(buyer.to_string().parse::<BuyerId>(), Ok(buyer));
        assert!(buyer.to_string().parse::<TargetId>().is_err());
        for hostile in
            ["", "buy_", "buy_short", "buy_ILOU00000000000000000000!!", "tgt_01JD3Q4T7Y8Z9A0B1C2D3E4F5G0"]
        {
            assert!(hostile.parse::<BuyerId>().is_err(), "{hostile}");
        }
    }

    #[test]
    fn a_call_has_one_id_per_connection_and_provider_call() {
        let (one, two) = (ConnectionId::from_parts(1, 1), ConnectionId::from_parts(1, 2));
        assert_eq!(CallId::of_provider_call(one, "CA1"), CallId::of_provider_call(one, "CA1"));
        assert_ne!(CallId::of_provider_call(one, "CA1"), CallId::of_provider_call(one, "CA2"));
        assert_ne!(CallId::of_provider_call(one, "CA1"), CallId::of_provider_call(two, "CA1"));
    }

    #[test]
    fn a_leg_survives_its_text() {
        let leg = LegId { call: CallId::from_parts(5, 6), attempt: 3 };
        assert_eq!(leg.to_string().parse::<LegId>(), Ok(leg));
    }
}
