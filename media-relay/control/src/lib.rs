//! What the relay and the platform say to each other, pure.
