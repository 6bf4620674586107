//! Waiting: who stands where ([`Place`]), who may still take them ([`Prospects`]), how long it will take ([`Outlook`]), whether that makes sense
//! ([`judge_wait`]), what is said and played meanwhile ([`Hold`]), and what is done where it makes none ([`spill`]).

mod asking;
mod calling_time;
mod estimate;
mod hold;
mod id;
mod overflow;
mod patience;
mod place;
mod prospects;
mod sentences;
mod told;
mod waiter;

pub use self::{
    asking::{Asked, answer, first_question},
    calling_time::may_be_rung_from,
    estimate::{Experience, Outlook, WaitRange},
    hold::{Hold, Standing},
    id::{InvalidQueueId, QueueId},
    overflow::{Spill, resumed_spill, spill},
    patience::{Outset, judge_wait, seconds_between},
    place::{InvalidPlace, Place},
    prospects::{Prospect, Prospects, asked_again_from},
    sentences::Voice,
    told::{CallbackQuestion, Told},
    waiter::{LaterTarget, OverflowReason, Overflowed, Queued, Waiter, WaiterKind},
};
