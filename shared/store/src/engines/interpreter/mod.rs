//! What conditions, updates and limits mean: DynamoDB's rules over [`Item`](crate::port::Item)s in memory.
//!
//! Both engines that hold items themselves ask here for every verdict, so they cannot disagree. A write goes
//! through [`validate::writes`] (what the request alone shows to be wrong) and then [`decide()`] (what the
//! items as they stand make of it). Nothing here stores, waits or fails half-way: [`decide()`] either gives
//! every new item or none.

mod apply;
mod decide;
mod judge;
mod measure;
mod sum;
pub mod validate;

pub use apply::apply;
pub use decide::decide;
pub use judge::judge;
pub use measure::{ITEM_BYTES, NESTING, item_bytes, measure};

#[cfg(test)]
mod tests;
