//! The audio of all calls: sockets, ticks, what is played, who hears whom.
