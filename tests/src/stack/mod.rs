//! The real program, `ringfall serve`, started as a process of its own on loopback and a folder of its own, and what
//! talks to it: an agency over REST, telephony providers over signed webhooks.

mod agency;
mod api;
mod document;
mod member;
mod oracle;
mod process;
mod program;
mod script;
mod signature;
pub mod sipp;
mod trunk;
mod twilio;
mod twilio_api;

pub use agency::{Agency, NUMBER, Offer, qualifying_flow};
pub use api::{Answer, Api, send};
pub use document::{Dial, Element};
pub use member::is_one_row;
pub use oracle::Oracle;
pub use process::{Stack, Store};
pub use program::{Profile, program};
pub use script::{Script, Step};
pub use signature::Signer;
pub use trunk::{NUMBER_OF_TRUNK, Seeded, Trunk};
pub use twilio::{ACCOUNT_SID, AUTH_TOKEN, InboundCall, Reply, Twilio, Webhook};
pub use twilio_api::TwilioApi;
