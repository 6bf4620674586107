//! What whole behaviours are tested with: the house rules, the contract of the stores, the simulator, the real
//! program, the platform as it is deployed, the units that calls use on DynamoDB, the queue beside a list, how many calls a core carries and how
//! many it sets up, calls while the platform is started again, the waits that callers are told, a cap that moves under load.

pub mod aws;
pub mod contract;
pub mod deployed;
pub mod entry_points;
pub mod estimates;
pub mod model;
pub mod resized;
pub mod restart;
pub mod rtp_load;
pub mod sim;
pub mod sip_load;
pub mod stack;
pub mod tidy;
pub mod units;
pub mod waiting;
