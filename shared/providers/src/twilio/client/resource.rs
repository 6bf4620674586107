//! The JSON of Twilio's call resource, as much of it as is needed.

use jiff::Timestamp;
use ringfall_domain::call::event::{LegReport, LegStatus};
use serde::Deserialize;

use crate::{
    carrier::CarrierError,
    rest::Answer,
    twilio::status::{leg_status, seconds_from_answer, time},
};

/// One call. Times are RFC 2822; what has not happened yet is null.
#[derive(Debug, Deserialize)]
pub(super) struct CallResource {
    pub(super) sid: String,
    status: String,
    #[serde(default)]
    pub(super) to: Option<String>,
    #[serde(default)]
    date_created: Option<String>,
    #[serde(default)]
    start_time: Option<String>,
    #[serde(default)]
    end_time: Option<String>,
    #[serde(default)]
    duration: Option<Seconds>,
}

/// A call that was just placed.
#[derive(Debug, Deserialize)]
pub(super) struct Placed {
    pub(super) sid: String,
}

/// Twilio writes seconds as a text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u32),
    Text(String),
}

/// One page of a list of calls, the newest first.
#[derive(Debug, Deserialize)]
pub(super) struct CallPage {
    pub(super) calls: Vec<CallResource>,
    #[serde(default)]
    next_page_uri: Option<String>,
}

impl CallPage {
    pub(super) fn has_more(&self) -> bool {
        self.next_page_uri.as_deref().is_some_and(|uri| !uri.is_empty())
    }
}

impl CallResource {
    /// When Twilio placed the call.
    pub(super) fn created_at(&self) -> Option<Timestamp> {
        let mut times = [&self.date_created, &self.start_time].into_iter();
        times.find_map(|text| time(text.as_deref()?))
    }

    /// The leg that this call is.
    ///
    /// # Errors
    /// A status that is not known tells nothing.
    pub(super) fn into_leg(self) -> Result<LegReport, CarrierError> {
        let status = leg_status(&self.status)
            .ok_or_else(|| CarrierError::Unavailable("the leg has a status that is not known".to_owned()))?;
        Ok(LegReport {
            status: Some(status),
            occurred_at: self.occurred_at(status),
            duration_seconds: seconds_from_answer(Some(status), self.seconds()),
            provider_leg_id: Some(self.sid),
            ..LegReport::default()
        })
    }

    /// `duration` is `end_time` less `start_time`, so that a call which was answered started with its answer.
    fn occurred_at(&self, status: LegStatus) -> Option<Timestamp> {
        match status {
            LegStatus::Ringing => self.created_at(),
            LegStatus::Answered => time(self.start_time.as_deref()?),
            LegStatus::Ended(_) => time(self.end_time.as_deref()?),
        }
    }

    fn seconds(&self) -> Option<u32> {
        match self.duration.as_ref()? {
            Seconds::Number(seconds) => Some(*seconds),
            Seconds::Text(text) => text.parse().ok(),
        }
    }
}

/// The body of a refusal.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ApiError {
    /// Twilio's number for it (<https://www.twilio.com/docs/api/errors>).
    #[serde(default)]
    pub(super) code: Option<u32>,
}

impl ApiError {
    /// "Call is not in-progress. Cannot redirect."
    const CALL_NOT_IN_PROGRESS: u32 = 21220;

    pub(super) fn of(answer: &Answer) -> Self {
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    pub(super) fn says_the_call_is_over(&self) -> bool {
        self.code == Some(Self::CALL_NOT_IN_PROGRESS)
    }
}
