//! The API, tested through its router over the store in memory.

mod archiving;
mod bad_input;
mod blocked_callers;
mod calls;
mod description;
mod example;
mod failures;
mod hold_audio;
mod idempotency;
mod kit;
mod lists;
mod mutations;
mod queues;
mod races;
mod sealing;
mod separation;
mod signing_in;
mod simulation;
mod skills;
mod trunks;
mod usage;
mod versions;
