//! What DynamoDB itself reports.

use std::sync::{Arc, Mutex};

use ringfall_store::engines::dynamodb::{Meter, Operation, Units};

use super::{Consumed, Gauge, Usage};

/// The units that an endpoint reports. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Reports(Arc<Mutex<Units>>);

impl Meter for Reports {
    fn consumed(&self, _: Operation, units: Units) {
        let mut sum = self.0.lock().expect("no holder of the lock panics");
        *sum = Units { read: sum.read + units.read, written: sum.written + units.written };
    }
}

impl Gauge for Reports {
    type Usage = Units;
    /// A stream tells of a change some moments late.
    const LATE_READS: u32 = 3;

    fn take(&self) -> Units {
        std::mem::take(&mut *self.0.lock().expect("no holder of the lock panics"))
    }
}

impl Consumed for Units {
    fn units(&self) -> Units {
        *self
    }
}

impl Consumed for Usage {
    fn units(&self) -> Units {
        Units { read: self.read as f64, written: self.written as f64 }
    }
}
