//! The media relay: SIP and RTP on one side, webhooks and orders on the other.
//!
//! Purpose: it terminates trunks as a back-to-back user agent, asks the platform what to do with each caller and does it: speaks, collects digits, lets
//! callers wait with music, rings others, joins, records. [`start()`] runs it in threads of its own: one for SIP and all calls, one or more for audio,
//! some for HTTP.
//!
//! It refuses to: decide whom to ring (the platform does), believe anybody whom no trunk names, keep a caller waiting for a platform that does not
//! answer.

mod audio;
mod bucket;
mod call;
mod clock;
mod config;
mod driver;
pub mod engine;
mod fetching;
mod files;
mod http;
mod instance;
mod metrics;
mod platform;
mod resolver;
mod retention;
mod start;
mod transport;
mod trunks;
mod uploads;

pub use self::{
    bucket::Bucket,
    config::{Config, Pem, Tls},
    files::open_as_many_files_as_allowed,
    start::{Handle, check_trunks, start},
};

/// Serves the recordings of the relay whose [`Config::data_dir`] this is, at `/recordings/{name}`: also while it does not run. What is not on the disk
/// is in the bucket, if there is one.
pub fn recordings(data_dir: &std::path::Path, bucket: Option<Bucket>) -> axum::Router {
    http::recordings::router(data_dir.join(start::RECORDINGS), bucket)
}

/// The name of a recorded prompt's file in [`Config::prompts`]: it follows from the text and its language (`en-US` where none is given) alone.
pub fn prompt_file_name(language: Option<&str>, text: &str) -> String {
    audio::prompt_file_name(language, text)
}
