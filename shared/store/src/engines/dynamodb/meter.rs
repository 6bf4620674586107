//! What DynamoDB charges for: the capacity units that it reports with each answer.

use std::fmt;

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// An operation, under DynamoDB's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// One item by its key.
    GetItem,
    /// Items by their keys.
    BatchGetItem,
    /// Items of a partition.
    Query,
    /// Items of the whole table.
    Scan,
    /// One item, whole.
    PutItem,
    /// Parts of one item.
    UpdateItem,
    /// One item less.
    DeleteItem,
    /// Several items, all or none.
    TransactWriteItems,
}

impl Operation {
    /// DynamoDB's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GetItem => "GetItem",
            Self::BatchGetItem => "BatchGetItem",
            Self::Query => "Query",
            Self::Scan => "Scan",
            Self::PutItem => "PutItem",
            Self::UpdateItem => "UpdateItem",
            Self::DeleteItem => "DeleteItem",
            Self::TransactWriteItems => "TransactWriteItems",
        }
    }

    const fn is_read(self) -> bool {
        match self {
            Self::GetItem | Self::BatchGetItem | Self::Query | Self::Scan => true,
            Self::PutItem | Self::UpdateItem | Self::DeleteItem | Self::TransactWriteItems => false,
        }
    }
}

/// Request units, as DynamoDB reports them: multiples of a half.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Units {
    /// Read request units.
    pub read: f64,
    /// Write request units.
    pub written: f64,
}

/// Is told of the units of each answer. Refused and failed calls consume units too, but DynamoDB does not report
/// them.
pub trait Meter: fmt::Debug + Send + Sync + 'static {
    /// An operation was answered.
    fn consumed(&self, operation: Operation, units: Units);
}

/// Counts nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unmetered;

impl Meter for Unmetered {
    fn consumed(&self, _: Operation, _: Units) {}
}

/// The units of an answer. Only transactions are reported as reads and writes; of others the operation tells.
pub(super) fn units<'a>(
    operation: Operation,
    reported: impl IntoIterator<Item = &'a ConsumedCapacity>,
) -> Units {
    reported.into_iter().fold(Units::default(), |sum, capacity| {
        let total = capacity.capacity_units().unwrap_or_default();
        let (read, written) = if operation.is_read() { (total, 0.0) } else { (0.0, total) };
        Units {
            read: sum.read + capacity.read_capacity_units().unwrap_or(read),
            written: sum.written + capacity.write_capacity_units().unwrap_or(written),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capacity(total: f64, read: Option<f64>, written: Option<f64>) -> ConsumedCapacity {
        let capacity = ConsumedCapacity::builder().capacity_units(total);
        capacity.set_read_capacity_units(read).set_write_capacity_units(written).build()
    }

    #[test]
    fn the_operation_tells_what_a_total_is_of_unless_it_is_reported() {
        for (operation, reported, read, written) in [
            (Operation::Query, vec![capacity(1.5, None, None)], 1.5, 0.0),
            (Operation::PutItem, vec![capacity(2.0, None, None)], 0.0, 2.0),
            (Operation::TransactWriteItems, vec![capacity(6.0, Some(2.0), Some(4.0))], 2.0, 4.0),
            (Operation::BatchGetItem, vec![capacity(1.0, None, None), capacity(2.5, None, None)], 3.5, 0.0),
            (Operation::GetItem, vec![], 0.0, 0.0),
        ] {
            assert_eq!(units(operation, &reported), Units { read, written }, "{operation:?}");
        }
    }
}
