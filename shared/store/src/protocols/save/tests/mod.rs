mod budgets;
mod interleavings;
mod kit;
mod limits;
