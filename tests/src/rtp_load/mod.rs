//! How much audio a core carries: bridged calls of G.711 at 20 ms through our engine, through rtpengine and through a bare forwarder, each
//! a process of its own on one core, the phones on another; and callers on hold.
//!
//! All is on loopback, and bounded in calls and seconds. A figure is worth something beside the others of its run alone.

mod bare;
mod engine;
mod figures;
mod packet;
mod pin;
mod rtpengine;
mod subject;
mod traffic;

pub use bare::serve_bare;
pub use engine::{serve_bridges, serve_music};
pub use figures::{Figures, Percentiles};
pub use pin::{more_files, pin};
pub use subject::{Kind, Subject, processor_of};
pub use traffic::{Phones, Traffic};

/// The most calls of a run.
pub const MOST_CALLS: usize = 6_000;

/// The longest measurement of a level, in seconds.
pub const MOST_SECONDS: u64 = 120;

/// The core that what is measured runs on.
pub const SUBJECT_CORE: usize = 0;

/// The core that the phones run on.
pub const PHONES_CORE: usize = 1;
