//! The platform as it is deployed on AWS: the template, what it comes to, and the functions that it makes, on a local AWS by `sam deploy`.

pub mod computed;
mod deployment;
mod programs;
mod rules;
mod runtime;
pub mod start;
mod stream;
mod translated;

pub use deployment::{Deployment, RECORDINGS_BUCKET};
pub use programs::{FUNCTIONS, program};
pub use rules::wrong_in;
pub use stream::stream_calls_for;
pub use translated::{Sam, translated};
