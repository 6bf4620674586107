//! One folder per telephony provider: verify, parse, render, client. The only place that knows a provider's field names.
//!
//! A webhook goes one way: [`Provider::verify`] on the raw bytes, then [`Provider::parse`] into a domain event; the reply goes
//! back through [`Provider::render`]. A [`Carrier`] is the way out: the provider's REST API, for the truth about a leg
//! and for changing a call that is under way.
//!
//! Invariants: nothing is parsed before it is verified; unknown fields are ignored; a provider never decides anything.

pub mod audio;
pub mod callback;
pub mod carrier;
pub mod credentials;
mod form;
mod placed;
pub mod relay;
mod rest;
mod secret;
pub mod twilio;
pub mod webhook;
mod xml;

pub use audio::{AudioFault, AudioProbe};
pub use callback::{Callbacks, Position, WebhookEvent};
pub use carrier::{Carrier, CarrierError, LegOnProvider, LegQuery, NewCall};
pub use credentials::InvalidCredentials;
pub use rest::{Reach, RestClient};
pub use ringfall_control::address;
pub use webhook::{ParseError, Provider, Rendered, SignatureRefused, Webhook, WebhookRequest};
