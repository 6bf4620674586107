//! Whole calls over loopback: a running relay between two phones of our own, with a platform that says what a test wants.

mod audio;
mod baresip;
mod codecs;
mod commands;
mod early;
mod ends;
mod loops;
mod notice;
mod phone;
mod platform;
mod script;
mod sipp;
mod stack;
mod strangers;
mod tls;
