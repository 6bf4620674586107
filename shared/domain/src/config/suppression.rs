//! Which callers a campaign turns away before it asks them anything, and the numbers that an account blocks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Document;
use crate::{
    bounded,
    flow::{Flow, NodeId},
    phone::{NumberPrefix, PhoneNumber},
    problem::Problem,
    text::Name,
};

/// Which callers are turned away when they come in. Numbers that the account blocks always are, whatever is said here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuppressionPolicy {
    /// Callers who withhold their number.
    #[serde(default)]
    pub anonymous: Treatment,
    /// Callers whom a filter of the provider's takes for spam (at Twilio the add-ons Nomorobo Spam Score and Marchex Clean Call).
    #[serde(default)]
    pub spam: Treatment,
    /// Callers whose number is not vouched for well enough; all are let in where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attestation: Option<AttestationPolicy>,
    /// Callers who call too often; all are let in where none are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limits: Option<RateLimits>,
    /// The node of the flow where they go instead of the start; their call is refused before it is answered, and costs nothing,
    /// where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<NodeId>,
}

/// Whether callers of a kind are let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// They are.
    #[default]
    Allow,
    /// They are turned away.
    Reject,
}

/// How well a caller's number must be vouched for (STIR/SHAKEN). One that fails its verification is never good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttestationPolicy {
    /// The least level.
    pub least: AttestationLevel,
    /// What is done where nobody vouches for the number, which says little: many carriers do not sign.
    #[serde(default)]
    pub when_missing: Treatment,
}

/// A level of attestation (ATIS-1000074).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum AttestationLevel {
    /// The carrier knows that the caller may use the number.
    A,
    /// The carrier knows the caller.
    B,
    /// The carrier only passed the call on.
    C,
}

/// How often one caller may call the campaign's account. Calls that were turned away count too; withheld numbers are not told apart, and are not
/// limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CallerRateLimits)]
pub struct RateLimits {
    /// Within any hour.
    #[serde(
        default,
        deserialize_with = "bounded::optional_number::<1, 100, _, _>",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 1, maximum = 100)]
    pub hourly: Option<u32>,
    /// Within any 24 hours.
    #[serde(
        default,
        deserialize_with = "bounded::optional_number::<1, 100, _, _>",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 1, maximum = 100)]
    pub daily: Option<u32>,
}

impl SuppressionPolicy {
    /// What is wrong with it in a campaign with that flow, beyond what reading refuses.
    pub fn check_within(&self, flow: &Flow) -> Vec<Problem> {
        let limits = self.rate_limits.filter(|limits| limits.hourly.is_none() && limits.daily.is_none());
        let limits =
            limits.map(|_| Problem::new("rate_limits", "limits nothing; give `hourly`, `daily` or both"));
        let turns_away = [self.anonymous, self.spam].contains(&Treatment::Reject)
            || self.attestation.is_some()
            || self.rate_limits.is_some();
        let idle = self.then.as_ref().filter(|_| !turns_away);
        let message = "nobody is sent here: the policy turns nobody away";
        let idle = idle.map(|_| Problem::new("then", message));
        let lost = self.then.as_ref().filter(|node| !flow.nodes.contains_key(node));
        let lost = lost.map(|node| Problem::new("then", format!("there is no node `{node}`")));
        limits.into_iter().chain(idle).chain(lost).collect()
    }

    /// What its author should know of it.
    pub fn warnings(&self) -> Vec<Problem> {
        let limits = self.rate_limits.and_then(|limits| limits.hourly.zip(limits.daily));
        let idle = limits.filter(|(hourly, daily)| hourly >= daily);
        let problem = idle.map(|(hourly, daily)| {
            let message = format!("has no effect: {daily} in a day are reached before {hourly} in an hour");
            Problem::new("rate_limits.hourly", message)
        });
        problem.into_iter().collect()
    }
}

/// A caller, or all callers whose numbers begin alike, whom no campaign of the account takes. Their calls are refused before they are
/// answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockedCaller {
    /// The one number; either this or `prefix`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<PhoneNumber>,
    /// How the numbers begin; either this or `phone_number`. At most 500 in an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<NumberPrefix>,
    /// Why, for the record of each call that is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Name>,
    /// Until when; for ever where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl BlockedCaller {
    /// The most blocked prefixes of an account.
    pub const MOST_PREFIXES: usize = 500;
}

impl Document for BlockedCaller {
    fn check(&self) -> Vec<Problem> {
        match (&self.phone_number, &self.prefix) {
            (Some(_), Some(_)) => {
                vec![Problem::new(
                    "prefix",
                    "a caller is blocked by `phone_number` or by `prefix`, not by both",
                )]
            }
            (None, None) => vec![Problem::new("phone_number", "give `phone_number` or `prefix`")],
            (Some(_), None) | (None, Some(_)) => Vec::new(),
        }
    }
}
