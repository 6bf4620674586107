mod budgets;
mod interleavings;
mod kit;
mod limits;
mod money;
mod queues;
