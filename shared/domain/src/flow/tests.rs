//! A flow.
