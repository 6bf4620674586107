//! Moving an account from one store to another: a file of JSON lines, one per item, that any engine reads and writes.
//!
//! ```text
//! {"ringfall_account": "acc_…", "version": 1}
//! {"pk": "acc_…#C#cal_…", "sk": "CALL", "item": {"number": {"S": "num_…"}, …}}     as DynamoDB writes its items
//! …
//! {"items": 1234, "sha256": "…"}                                                  of all bytes before this line
//! ```
//!
//! Items by which an account is found (its keys, connections and numbers, what relays are told of them, the account itself) come last, and
//! are written last: before that, nobody comes in. The first account of its store becomes the first of a store that has none. The sums of profit and loss are not in it: they hold marks of the feed that they were summed from, and the
//! feed of the new store, which is told of every item, sums them anew. What is on its way as a message is not in it either: the sweep
//! gives the legs of calls back to the watchdog.

mod entrance;
mod export;
mod import;
mod line;
#[cfg(test)]
mod tests;

pub use self::{
    export::{ExportError, export},
    import::{ImportError, Imported, import},
    line::NoLine,
};

/// The version of the format.
const VERSION: u32 = 1;
/// Items read or written at once.
const AT_ONCE: usize = 32;
