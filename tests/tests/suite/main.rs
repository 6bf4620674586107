//! Whole behaviours, through one boundary each.

mod contract;
mod example;
mod kill;
mod patience;
mod race;
mod tidy;
mod twilio;
