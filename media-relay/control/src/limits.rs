//! How large anything may be.

/// A notice, orders, a command or its answer.
pub const MOST_BODY_BYTES: usize = 64 * 1024;
/// The list of a platform's trunks.
pub const MOST_TRUNK_LIST_BYTES: usize = 32 * 1024 * 1024;
/// The list of a connection's live calls.
pub const MOST_CALL_LIST_BYTES: usize = 8 * 1024 * 1024;
/// Orders in one answer.
pub const MOST_ORDERS: usize = 50;
/// What one order says before it goes on.
pub const MOST_SPEECHES: usize = 10;
/// Characters of one text to speak.
pub const MOST_SPEECH_CHARACTERS: usize = 4096;
/// Destinations of one connect.
pub const MOST_TARGETS: usize = 10;
/// Digits that are collected for one gather.
pub const MOST_DIGITS: u32 = 32;
/// Seconds of silence for which a gather, or a hold without music, waits.
pub const MOST_SILENCE_SECONDS: u32 = 600;
/// Seconds for which somebody is rung.
pub const MOST_RING_SECONDS: u32 = 600;
/// Seconds for which somebody who was rung and has answered is told of the call, and asked whether they take it.
pub const MOST_GREETING_SECONDS: u32 = 600;
/// Seconds of a message that is taken.
pub const MOST_MESSAGE_SECONDS: u32 = 4 * 60 * 60;
/// Seconds of a call.
pub const MOST_CALL_SECONDS: u32 = 24 * 60 * 60;
/// Problems told in one notice.
pub const MOST_PROBLEMS: usize = 16;
/// Legs of one call.
pub const MOST_LEGS: usize = 256;
/// Calls in one list.
pub const MOST_CALLS: usize = 20_000;
/// Trunks in one list.
pub const MOST_TRUNKS: usize = 10_000;
/// Phone numbers that one trunk's calls may be for.
pub const MOST_NUMBERS: usize = 100_000;
/// Networks from which a trunk may call.
pub const MOST_NETWORKS: usize = 256;
/// Prefixes of the numbers that may be dialled over a trunk.
pub const MOST_PREFIXES: usize = 256;
