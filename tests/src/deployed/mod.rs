//! The platform as it is deployed on AWS: the template, what it comes to, and the functions that it makes, on a local AWS by `sam deploy`.

mod deployment;
mod programs;
mod rules;
pub mod start;
mod translated;

pub use deployment::Deployment;
pub use programs::{FUNCTIONS, program};
pub use rules::wrong_in;
pub use translated::{Sam, translated};
