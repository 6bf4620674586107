//! The engine over loopback: phones that are plain sockets, and a bounded number of packets.

mod bridge;
mod digits;
mod phone;
mod play;
mod ports;
mod record;
mod reports;
mod strangers;

use phone::World;
