//! The four ports, in DynamoDB's own shape. Everything above them is written once; the engines below them
//! are interchangeable, and one contract suite (`tests/src/contract`) holds them to the same behaviour.

mod condition;
mod feed;
mod messages;
mod position;
mod survey;
mod table;
mod update;
mod value;

pub use condition::{Condition, Operand};
pub use feed::{Change, Feed, Mark, Marks, Reading, Wanted};
pub use messages::{Delivery, MessageBody, Messages, Receipt};
pub use position::{Lane, NoPosition, Place, Position, Progress};
pub use survey::{Segment, Sheet, Survey};
pub use table::{
    Direction, Item, Key, Page, RESERVED_NAMES, Range, Refusal, SharedItem, StoreError, Table, Write,
    WriteError, Written,
};
pub use update::{Path, Update};
pub use value::{Value, ValueError};
