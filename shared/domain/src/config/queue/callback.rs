//! Being called back instead of waiting on the line.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{bounded, problem::Problem, schedule::TimeOfDay, text::Key};

/// Callers may hang up and keep their place: they are rung when it is nearly their turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CallbackPolicy {
    /// The key that asks for it while waiting.
    #[schema(value_type = Key)]
    pub key: Key,
    /// It is offered from this waiting time on.
    #[serde(deserialize_with = "bounded::number::<0, 3_600, _, _>")]
    #[schema(minimum = 0, maximum = 3600, default = 60)]
    pub offer_after_seconds: u32,
    /// They are rung once their turn is so near by the estimate.
    #[serde(deserialize_with = "bounded::number::<0, 600, _, _>")]
    #[schema(minimum = 0, maximum = 600, default = 30)]
    pub ring_before_seconds: u32,
    /// How long it rings.
    #[serde(deserialize_with = "bounded::number::<10, 60, _, _>")]
    #[schema(minimum = 10, maximum = 60, default = 25)]
    pub ring_timeout_seconds: u32,
    /// How often they are rung at most.
    #[serde(deserialize_with = "bounded::number::<1, 5, _, _>")]
    #[schema(minimum = 1, maximum = 5, default = 3)]
    pub attempts: u8,
    /// How long after one that did not reach them they are rung again.
    #[serde(deserialize_with = "bounded::number::<60, 86_400, _, _>")]
    #[schema(minimum = 60, maximum = 86400, default = 300)]
    pub retry_after_seconds: u32,
    /// A callback that has not come about after so long is given up.
    #[serde(deserialize_with = "bounded::number::<600, 259_200, _, _>")]
    #[schema(minimum = 600, maximum = 259_200, default = 86400)]
    pub expires_after_seconds: u32,
    /// When they may be rung, by their own clock.
    pub hours: CallingHours,
}

/// The hours of the day in which people may be rung, by the clock of wherever they are: where that may be several zones, in all of them. The
/// default is that of the Telephone Consumer Protection Act (47 CFR 64.1200(c)(1)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CallingHours {
    /// Not before.
    #[schema(value_type = TimeOfDay, default = "08:00")]
    pub from: TimeOfDay,
    /// Not from then on.
    #[schema(value_type = TimeOfDay, default = "21:00")]
    pub to: TimeOfDay,
}

impl Default for CallbackPolicy {
    fn default() -> Self {
        Self {
            key: "1".parse().expect("1 is a key"),
            offer_after_seconds: 60,
            ring_before_seconds: 30,
            ring_timeout_seconds: 25,
            attempts: 3,
            retry_after_seconds: 300,
            expires_after_seconds: 86_400,
            hours: CallingHours::default(),
        }
    }
}

impl Default for CallingHours {
    fn default() -> Self {
        let time = |text: &str| text.parse().expect("08:00 and 21:00 are times of the day");
        Self { from: time("08:00"), to: time("21:00") }
    }
}

impl CallbackPolicy {
    /// What is wrong with it beyond what reading refuses.
    pub fn check(&self) -> Vec<Problem> {
        let CallingHours { from, to } = self.hours;
        let message = format!("expected a time after `from`, {from}: nobody is rung over night");
        (to <= from).then(|| Problem::new("hours.to", message)).into_iter().collect()
    }
}
