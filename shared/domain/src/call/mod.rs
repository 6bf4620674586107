//! One call: what happens to it, what is known of it, and what is done next.

pub mod event;
pub mod instructions;
