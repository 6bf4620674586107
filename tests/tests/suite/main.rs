//! Whole behaviours, through one boundary each.

mod contract;
mod tidy;
