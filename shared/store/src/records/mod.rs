//! One file per kind of item: its key, its encoding, its decoding.
//!
//! | item | partition | sort |
//! |---|---|---|
//! | [`call`] | `{account}#C#{call}` | `CALL` |
//! | [`journal`] | `{account}#C#{call}` | `J#{attempt}#{kind}` |
//! | [`capacity`] | `{account}#B#{buyer}` | `CAPACITY` |
//! | [`plan`] | `{account}#P#{campaign}` | `PLAN` |
//! | [`tally`] | `{account}#A#{dimension}` | `{hour}#{key}` |
//! | [`pointer`] | `C#{connection}`, `N#{connection}` | `CONNECTION`, the phone number |
//! | [`timeline`] | `{account}#T#{kind}#{month}` | `{time}#{id}` |

pub mod attributes;
pub mod call;
pub mod capacity;
pub mod decision;
pub mod journal;
pub mod leg;
pub mod plan;
pub mod pointer;
pub mod tally;
pub mod timeline;
