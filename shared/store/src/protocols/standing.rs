//! What must hold of a call's item for the next thing to be done with its caller.

use ringfall_domain::call::Call;

use crate::{
    port::{Condition, Operand, Path},
    records::call::{FORWARDED, finish_kind, names},
};

/// Where an attempt stands.
pub(super) fn leg_path(attempt: usize) -> Path {
    Path::of([names::LEGS, &attempt.to_string()])
}

/// The call has come in and is not over, its caller was not turned away, so many attempts were made, and the last of them is over.
pub(super) fn goes_on(attempts: usize) -> Vec<Condition> {
    let mut conditions = vec![Condition::Absent(names::ENDED.into())];
    conditions.extend(is_in_nobodys_hands(attempts));
    conditions
}

/// As [`goes_on`], or the caller has hung up.
pub(super) fn is_in_nobodys_hands(attempts: usize) -> Vec<Condition> {
    let mut conditions = vec![
        Condition::Exists(names::ARRIVED_AT.into()),
        Condition::Any(vec![
            Condition::Absent(names::FINISHED.into()),
            Condition::Equal(Operand::Path(finish_kind()), FORWARDED.into()),
        ]),
        Condition::Absent(leg_path(attempts + 1)),
    ];
    if attempts > 0 {
        conditions.push(Condition::Exists(Path::of([names::LEGS, &attempts.to_string(), names::ENDED])));
    }
    conditions
}

/// The caller has come into no queue that `call` does not tell of: what is done with them must take them out of it.
pub(super) fn has_queued_as_seen(call: &Call) -> Option<Condition> {
    call.queued.is_none().then(|| Condition::Absent(names::QUEUED.into()))
}
