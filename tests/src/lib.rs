//! What whole behaviours are tested with: the house rules, the contract of the stores, the simulator, the real program.

pub mod contract;
pub mod sim;
pub mod stack;
pub mod tidy;
