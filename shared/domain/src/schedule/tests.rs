//! Hours against an independent, naive judge.
