//! The trunks over which a relay takes calls: what a platform knows of its `relay` connections.

use serde::{Deserialize, Serialize};

use crate::{
    bounded,
    limits::{MOST_CALL_SECONDS, MOST_NETWORKS, MOST_NUMBERS, MOST_PREFIXES, MOST_TRUNKS},
    network::Network,
    order::Destination,
    text::{DigestWord, HttpUrl, Id, PhoneNumber, Prefix, Secret, SipUri},
};

/// Where a relay fetches the list, under the platform's public base URL. Signed by the relay's own secret as a request whose path is this one,
/// wherever the base URL leads. Answered with an `ETag`, and with 304 to an `If-None-Match` that has it.
pub const TRUNKS_PATH: &str = "/relay/trunks";

/// A platform's trunks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrunkList {
    /// In the order of their connections' ids.
    #[serde(deserialize_with = "bounded::list::<MOST_TRUNKS, _, _>")]
    pub trunks: Vec<Trunk>,
}

/// One connection's trunk. A call is this trunk's if its source may call over it and the number that it dials is among `numbers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trunk {
    /// The connection.
    pub connection: Id,
    /// What the relay signs the notices with, and the platform the commands.
    pub secret: Secret,
    /// The one before it, as long as it is still good: what is signed is signed with both, and either is believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret: Option<Secret>,
    /// Where the first notice of a call goes.
    pub voice_url: HttpUrl,
    /// Where the end of a call is told.
    pub status_url: HttpUrl,
    /// The numbers that are reached over it. A call to any other is answered with 404 and tells the platform nothing.
    #[serde(default, deserialize_with = "bounded::list::<MOST_NUMBERS, _, _>")]
    pub numbers: Vec<PhoneNumber>,
    /// Who may call over it, and what.
    #[serde(flatten)]
    pub rules: Rules,
}

/// What an agency sets for its trunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// From where calls may come.
    #[serde(deserialize_with = "bounded::list::<MOST_NETWORKS, _, _>")]
    pub allow: Vec<Network>,
    /// What whoever calls must sign in with (RFC 3261 §22); nothing where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Where phone numbers are dialled: the number becomes the user part. None: only SIP URIs can be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbound: Option<SipUri>,
    /// What to sign in with there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbound_digest: Option<Digest>,
    /// Callers at once; one more is answered with 503.
    pub most_calls: u32,
    /// New calls in a second; one more is answered with 503.
    pub most_calls_per_second: u32,
    /// A call ends after this long at the latest.
    #[serde(deserialize_with = "bounded::number::<1, MOST_CALL_SECONDS, _>")]
    pub most_seconds: u32,
    /// What phone numbers that are dialled must begin with, against toll fraud.
    #[serde(deserialize_with = "bounded::list::<MOST_PREFIXES, _, _>")]
    pub allowed_prefixes: Vec<Prefix>,
    /// Whether what the caller's carrier has signed (Identity, RFC 8224) is carried on to `outbound` with the caller's number; dropped where not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pass_identity: bool,
    /// Dialled when the platform does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Destination>,
    /// Whether its audio is encrypted.
    #[serde(default)]
    pub srtp: Srtp,
}

impl Trunk {
    /// The secrets that are good now, the newest first.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [&self.secret].into_iter().chain(&self.previous_secret)
    }
}

impl Rules {
    /// The first network that lets nearly everybody in although nobody needs to sign in: such a trunk would be found by scanners within minutes.
    pub fn open_network(&self) -> Option<(usize, Network)> {
        let open = self.allow.iter().enumerate().find(|(_, network)| network.is_open());
        open.map(|(index, network)| (index, *network)).filter(|_| self.digest.is_none())
    }

    /// Whether a phone number may be dialled over it.
    pub fn may_dial(&self, number: &PhoneNumber) -> bool {
        self.allowed_prefixes.iter().any(|prefix| prefix.begins(number))
    }
}

/// A user and a password of digest authentication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// The user.
    pub username: DigestWord,
    /// The password.
    pub password: DigestWord,
}

/// Whether audio is encrypted by SDES (RFC 4568).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Srtp {
    /// Where the other side offers or takes it.
    #[default]
    Optional,
    /// Calls without it are refused.
    Required,
    /// Never.
    Off,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{limits::MOST_TRUNK_LIST_BYTES, read, write};

    const TRUNK: &str = r#"{"connection":"con_1","secret":"0123456789abcdef","voice_url":"http://127.0.0.1/webhooks/con_1/voice","status_url":"http://127.0.0.1/webhooks/con_1/status","numbers":["+18005550111"],"allow":["192.0.2.0/24","2001:db8::/32"],"digest":{"username":"trunk","password":"open-sesame"},"outbound":"sip:carrier.example.com;transport=tcp","most_calls":10,"most_calls_per_second":5,"most_seconds":3600,"allowed_prefixes":["+1"],"fallback":{"phone_number":"+12145550199"},"srtp":"required"}"#;

    fn trunk(body: &str) -> Trunk {
        read(body.as_bytes(), MOST_TRUNK_LIST_BYTES).expect("a trunk")
    }

    #[test]
    fn a_trunk_reads_back_as_itself_and_shows_no_secret() {
        let trunk = trunk(TRUNK);
        assert_eq!(write(&trunk), TRUNK);
        let shown = format!("{trunk:?}");
        assert!(!shown.contains("0123456789abcdef") && !shown.contains("open-sesame"), "{shown}");
    }

    #[test]
    fn an_open_network_is_named_unless_callers_must_sign_in() {
        let with_digest = TRUNK.replace(r#""192.0.2.0/24""#, r#""192.0.2.0/24","0.0.0.0/0""#);
        assert_eq!(trunk(&with_digest).rules.open_network(), None);
        let without = with_digest.replace(r#""digest":{"username":"trunk","password":"open-sesame"},"#, "");
        let (index, network) = trunk(&without).rules.open_network().expect("an open network");
        assert_eq!((index, network.to_string().as_str()), (1, "0.0.0.0/0"));
        let closed = TRUNK.replace(r#""digest":{"username":"trunk","password":"open-sesame"},"#, "");
        assert_eq!(trunk(&closed).rules.open_network(), None);
    }

    #[test]
    fn a_number_is_dialled_only_where_a_prefix_allows_it() {
        let rules = trunk(TRUNK).rules;
        for (number, expected) in [("+12145550100", true), ("+882160001234", false)] {
            assert_eq!(rules.may_dial(&number.parse().expect("a number")), expected, "{number}");
        }
    }

    #[test]
    fn one_wrong_trunk_is_named() {
        let list = format!(r#"{{"trunks":[{TRUNK},{}]}}"#, TRUNK.replace("192.0.2.0/24", "192.0.2.1/24"));
        let refused =
            read::<TrunkList>(list.as_bytes(), MOST_TRUNK_LIST_BYTES).expect_err("refused").to_string();
        assert!(refused.contains("trunks[1]") && refused.contains("a network such as"), "{refused}");
    }
}
