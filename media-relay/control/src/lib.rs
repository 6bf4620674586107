//! What the relay and the platform say to each other, pure.
//!
//! - Relay to platform: a [`Notice`] by `POST`, answered with [`Orders`] (or 204: nothing to do). The first of a call goes to its trunk's
//!   `voice_url`, later ones to the URLs that the orders name, the end of the call to the trunk's `status_url`.
//! - Platform to relay: [`command`]s over HTTP, answered with [`calls::CallState`]s.
//! - Relay to platform: a `GET` of [`trunk::TRUNKS_PATH`], answered with a [`TrunkList`].
//!
//! All of it is JSON and signed as [`signature`] says. Unknown fields are ignored, so that either side may be the newer one; an order that is
//! not known is an error that names it, since a caller would otherwise wait for what never comes. Nothing is larger than [`limits`] allow:
//! [`read`] refuses it and says where.

pub mod address;
mod bounded;
pub mod calls;
pub mod command;
mod document;
pub mod limits;
pub mod network;
pub mod notice;
pub mod order;
pub mod recording;
pub mod signature;
pub mod text;
pub mod trunk;

pub use self::{
    document::{Unreadable, read, write},
    notice::Notice,
    order::{Order, Orders},
    trunk::{Trunk, TrunkList},
};
