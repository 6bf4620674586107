//! The engine over loopback: phones that are plain sockets, and a bounded number of packets.

mod bridge;
mod digits;
mod phone;
mod ports;

use phone::World;
