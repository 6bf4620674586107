//! How right the wait is that callers are told: the product's estimate beside the wait that followed, on traffic in virtual time, with
//! what else is used for it as baselines.
//!
//! The estimate goes by what has been seen this hour and in the one before, as the platform reads it.

mod accuracy;
mod seen;
mod traffic;

pub use self::{
    accuracy::{Accuracy, Errors},
    traffic::{Traffic, measure},
};

/// The traffic on which the estimate is measured, each with the mean absolute error that it may have, in seconds: what the best of
/// formulas came to in a simulation of such traffic.
pub const AIMS: [(Traffic, f64); 4] = [
    (Traffic { slots: 3, load_percent: 90 }, 69.0),
    (Traffic { slots: 3, load_percent: 130 }, 77.0),
    (Traffic { slots: 20, load_percent: 95 }, 23.0),
    (Traffic { slots: 20, load_percent: 120 }, 26.0),
];
