//! Who plays: the agency's buyers and publishers, and the callers, scene by scene. Always the same.

mod burst;
mod callers;
mod desk;
mod live;
mod scenes;

pub(crate) use self::{
    burst::{BURST, BurstCaller},
    callers::{Answer, Caller, Mishap, Phone, Place, Publisher},
    desk::Desk,
    live::LIVE,
    scenes::{SCENES, Scene},
};
