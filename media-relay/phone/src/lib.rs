//! A SIP telephone in a program: it dials and is dialled over UDP, says a tone instead of a voice, presses keys, and tells whose tone it hears.
//!
//! Purpose: the other side of the relay, with every packet a real one, where nobody is to install a telephone. It is put together from the crates that the
//! relay is: what both get wrong alike is found only by telephones of others, which the tests have too.
//!
//! - [`Phone`]: one place at which SIP is taken; any number of calls at once.
//! - [`Line`]: one call of it.
//! - [`Tone`] and [`Heard`]: what is said, and what was heard.
//!
//! It refuses to: authenticate, register, speak TCP or any codec but G.711. It is no product for people.

mod ear;
mod line;
mod phone;
mod signalling;
#[cfg(test)]
mod tests;
mod tone;
mod voice;

pub use self::{
    ear::Heard,
    line::{Ending, Line},
    phone::{Dialling, Phone},
    tone::Tone,
};
