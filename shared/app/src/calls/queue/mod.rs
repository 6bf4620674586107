//! Callers who wait: they come into a queue where nobody is free ([`wait`]), are served as soon as somebody is ([`serve`]), and go
//! elsewhere where waiting makes no sense ([`spill`]).

pub(super) mod line;
pub mod outlook;
pub mod serve;
pub(super) mod spill;
pub(super) mod wait;
