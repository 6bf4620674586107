//! How callers are held where nobody is free to take them.

mod announcements;
mod audio;
mod callback;
mod name;
mod order;
mod overflow;
mod policy;
#[cfg(test)]
mod tests;

pub use self::{
    announcements::Announcements,
    audio::{AudioUrl, InvalidAudioUrl},
    callback::{CallbackPolicy, CallingHours},
    name::{InvalidQueueName, QueueName},
    order::{QueueOrder, ServeBy},
    overflow::{Overflow, VoicemailGreeting},
    policy::QueuePolicy,
};
