//! Whole behaviours, through one boundary each.

mod contract;
mod deployed;
mod entry_points;
mod estimates;
mod example;
mod geography;
mod kill;
mod model;
mod moving;
mod network;
mod patience;
mod phone;
mod queue;
mod race;
mod recordings;
mod resized;
mod restart;
mod rotation;
mod schemathesis;
mod secrets;
mod simulator;
mod strangers;
mod terraform;
mod tidy;
mod twilio;
mod units;
mod waiting;

/// A good part of a simulated run goes into memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
