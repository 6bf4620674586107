//! Reading documents whose members depend on one of them, such as a node's `type`. All members are read at once, each
//! at its own path, so that errors name it; then each kind takes its own, and what is left over is refused.

/// A document whose members do not fit its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Misfit {
    /// One that it needs is not there.
    #[error("missing field `{member}`, which {kind} needs")]
    Missing {
        /// With its article: `a menu`.
        kind: &'static str,
        /// The field.
        member: &'static str,
    },
    /// One that it has no use for is there.
    #[error("unknown field `{member}`: {kind} has no such field")]
    Unused {
        /// With its article: `a menu`.
        kind: &'static str,
        /// The field.
        member: &'static str,
    },
}

/// Takes a member that this kind needs.
pub(crate) fn needed<T>(
    kind: &'static str,
    member: &'static str,
    value: &mut Option<T>,
) -> Result<T, Misfit> {
    value.take().ok_or(Misfit::Missing { kind, member })
}

/// Refuses the first member that was not taken. `members`: each with whether it is still there.
pub(crate) fn refuse_unused(kind: &'static str, members: &[(&'static str, bool)]) -> Result<(), Misfit> {
    match members.iter().find(|(_, is_left)| *is_left) {
        Some((member, _)) => Err(Misfit::Unused { kind, member }),
        None => Ok(()),
    }
}
