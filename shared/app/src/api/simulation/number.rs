//! The tracking number that a dry run dials.

use ringfall_domain::{
    config::TrackingNumber,
    ids::{AccountId, NumberId},
    phone::PhoneNumber,
    problem::Problem,
};
use ringfall_store::{
    port::StoreError,
    protocols::resources::{find, list},
    records::pointer::{decode_number, number_key},
};

use crate::{api::problem::Refusal, connection::Connection, platform::Platform};

/// Finds a tracking number by its id or its digits.
pub(in crate::api) async fn find_number(
    platform: &Platform,
    account: AccountId,
    text: &str,
) -> Result<(NumberId, TrackingNumber), Refusal> {
    let id = match text.parse::<NumberId>() {
        Ok(id) => id,
        Err(_) => by_digits(platform, account, text).await?,
    };
    let found = find::<TrackingNumber>(&*platform.table, account, id).await?;
    let live = found.filter(|number| number.archived_at.is_none());
    live.map(|number| (id, number.document)).ok_or_else(|| refuse("there is no such number in the account"))
}

async fn by_digits(platform: &Platform, account: AccountId, text: &str) -> Result<NumberId, Refusal> {
    let digits: PhoneNumber = text.parse().map_err(|error| {
        refuse(format!("{error}, or a number's id such as num_01JD3Q4T7Y8Z9A0B1C2D3E4F5G"))
    })?;
    match *with_digits(platform, account, &digits).await?.as_slice() {
        [] => Err(refuse(format!("there is no number {digits} in the account"))),
        [only] => Ok(only),
        [first, ..] => {
            Err(refuse(format!("several connections have {digits}: give a number's id, such as {first}")))
        }
    }
}

/// The numbers with these digits: at most one on each connection.
async fn with_digits(
    platform: &Platform,
    account: AccountId,
    digits: &PhoneNumber,
) -> Result<Vec<NumberId>, StoreError> {
    let (mut numbers, mut after) = (Vec::new(), None);
    loop {
        let listing = list::<Connection>(&*platform.table, account, after, 100, false).await?;
        let keys: Vec<_> = listing.resources.iter().map(|(id, _)| number_key(*id, digits)).collect();
        let items = if keys.is_empty() { Vec::new() } else { platform.table.get_many(&keys).await? };
        for item in items.iter().flatten() {
            numbers.push(decode_number(item)?.number);
        }
        after = listing.next;
        if after.is_none() {
            return Ok(numbers);
        }
    }
}

fn refuse(message: impl Into<String>) -> Refusal {
    Refusal::of_document(vec![Problem::new("number", message)])
}
