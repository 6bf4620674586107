//! One file per kind of item: its key, its encoding, its decoding.
//!
//! | item | partition | sort |
//! |---|---|---|
//! | [`call`] | `{account}#C#{call}` | `CALL` |
//! | [`capacity`] | `{account}#B#{buyer}` | `CAPACITY` |
//! | [`lease`](capacity::lease) | `{account}#B#{buyer}` | `LEASE#{call}#{attempt}` |
//! | [`plan`] | `{account}#P#{campaign}` | `PLAN` |
//! | [`tally`] | `{account}#A#{dimension}` | `{hour}#{key}` |
//! | [`pointer`](mod@pointer) | `C#{connection}`, `N#{connection}` | `CONNECTION`, the phone number |
//! | [`timeline`] | `{account}#T#calls#{month}` | `{time}#{call}` |
//! | [`waiter`] | `{account}#Q#{queue}` | `W#{place}#{call}` |
//! | [`callback`] | `{account}#C#{call}`; `{account}#N#{phone number}` | `CALLBACK`; `CALLBACK#{queue}` |
//! | [`caller`] | `{account}#N#{phone number}` | `CALLER` |
//! | [`arrivals`] | `{account}#N#{phone number}` | `ARRIVALS` |
//! | [`blocked`] | `{account}#N#{phone number}`, `{account}#N` | `BLOCKED`, `BLOCKS` |
//! | [`journal`] | `{account}#T#ledger#{month}` | `{time of the call}#{call}#{attempt}#{cause}` |
//! | [`account`] | `{account}`, `S#first`; `S#accounts` | `ACCOUNT`; the account |
//! | [`api_key`] | `K#{digest}` | `KEY` |
//! | [`resource`] | `{account}#R#{kind}` | the resource's id |
//! | [`reference`](mod@reference) | `{account}#U#{kind}` | the id of the resource that names others |
//! | [`queued_campaign`] | `{account}#U#queue` | the campaign's id |
//! | [`saves`] | `{account}#R` | `SAVES` |
//! | [`idempotency`] | `{account}#I` | the digest of the idempotency key |
//! | [`trunk`] | `S#trunks` | the connection's id; behind it those of its numbers |
//! | [`repair`]; [`turn`](crate::protocols::turn) | `S#rollup` | `REPAIR`; `TURN` |

pub mod account;
pub mod api_key;
pub mod arrivals;
pub mod attributes;
pub mod blocked;
pub mod call;
pub mod callback;
pub mod caller;
pub mod capacity;
pub mod decision;
pub mod idempotency;
pub mod journal;
pub mod leg;
pub mod plan;
pub mod pointer;
pub mod queued;
pub mod queued_campaign;
pub mod reference;
pub mod repair;
pub mod resource;
pub mod saves;
pub mod stamp;
pub mod suppression;
pub mod tags;
pub mod tally;
pub mod timeline;
pub mod trunk;
pub mod waiter;
