//! Whole behaviours, through one boundary each.

mod contract;
mod example;
mod kill;
mod model;
mod patience;
mod race;
mod simulator;
mod tidy;
mod twilio;
