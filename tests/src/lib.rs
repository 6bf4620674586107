//! (being written)

pub mod contract;
