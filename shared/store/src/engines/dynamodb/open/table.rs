//! The table and its stream.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    error::BuildError,
    types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
        StreamSpecification, StreamViewType, TableDescription, TableStatus, TimeToLiveSpecification,
    },
};

use super::{Missing, OpenError, failed};
use crate::{
    engines::dynamodb::table::value::{PARTITION, SORT},
    records::idempotency::EXPIRES_AT_SECONDS,
};

const SERVICE: &str = "DynamoDB";
/// How often a table that is being made is looked at, and how often at most.
const LOOKS: (Duration, u32) = (Duration::from_millis(500), 240);
/// The parts of the key, both texts.
const KEY: [(&str, KeyType); 2] = [(PARTITION, KeyType::Hash), (SORT, KeyType::Range)];

/// Finds the table, or makes it; gives its stream.
pub(super) async fn find(client: &Client, name: &str, missing: Missing) -> Result<String, OpenError> {
    match (describe(client, name).await?, missing) {
        (Some(table), _) => stream_of(name, &table),
        (None, Missing::Refuse) => Err(OpenError::NoTable(name.to_owned())),
        (None, Missing::Create) => {
            create(client, name).await?;
            let table = when_active(client, name).await?;
            forget_what_expires(client, name).await?;
            stream_of(name, &table)
        }
    }
}

async fn describe(client: &Client, name: &str) -> Result<Option<TableDescription>, OpenError> {
    match client.describe_table().table_name(name).send().await {
        Ok(answer) => Ok(answer.table),
        Err(error)
            if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) =>
        {
            Ok(None)
        }
        Err(error) => Err(failed(SERVICE, &error)),
    }
}

/// The stream, if the table is as it must be.
fn stream_of(name: &str, table: &TableDescription) -> Result<String, OpenError> {
    let wrong = |wrong: &str| OpenError::WrongTable { table: name.to_owned(), wrong: wrong.to_owned() };
    let is_text = |part: &str| {
        let mut definitions = table.attribute_definitions().iter();
        definitions.any(|defined| {
            defined.attribute_name() == part && *defined.attribute_type() == ScalarAttributeType::S
        })
    };
    let key: Vec<_> =
        table.key_schema().iter().map(|part| (part.attribute_name(), part.key_type().clone())).collect();
    if key != KEY || !KEY.iter().all(|(part, _)| is_text(part)) {
        return Err(wrong("its key must be the text pk, with the text sk to sort by"));
    }
    let images = table.stream_specification().filter(|stream| stream.stream_enabled());
    match (images.and_then(|stream| stream.stream_view_type()), table.latest_stream_arn()) {
        (Some(StreamViewType::NewAndOldImages), Some(stream)) => Ok(stream.to_owned()),
        _ => Err(wrong("it must have a stream of new and old images")),
    }
}

async fn create(client: &Client, name: &str) -> Result<(), OpenError> {
    let mut request = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (part, kind) in KEY {
        let defined =
            AttributeDefinition::builder().attribute_name(part).attribute_type(ScalarAttributeType::S);
        let element = KeySchemaElement::builder().attribute_name(part).key_type(kind);
        request = request
            .attribute_definitions(defined.build().map_err(|error| unbuilt(&error))?)
            .key_schema(element.build().map_err(|error| unbuilt(&error))?);
    }
    let images = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::NewAndOldImages)
        .build()
        .map_err(|error| unbuilt(&error))?;
    match request.stream_specification(images).send().await {
        Ok(_) => Ok(()),
        // Another process was faster.
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_in_use_exception()) => {
            Ok(())
        }
        Err(error) => Err(failed(SERVICE, &error)),
    }
}

async fn when_active(client: &Client, name: &str) -> Result<TableDescription, OpenError> {
    let (pause, times) = LOOKS;
    for _ in 0..times {
        if let Some(table) = describe(client, name).await?
            && table.table_status() == Some(&TableStatus::Active)
        {
            return Ok(table);
        }
        tokio::time::sleep(pause).await;
    }
    Err(OpenError::WrongTable { table: name.to_owned(), wrong: "it does not become active".to_owned() })
}

/// DynamoDB deletes such items within days: that is cleaning up, and nothing waits for it.
async fn forget_what_expires(client: &Client, name: &str) -> Result<(), OpenError> {
    let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name(EXPIRES_AT_SECONDS).build();
    let request = client.update_time_to_live().table_name(name);
    let request = request.time_to_live_specification(expiry.map_err(|error| unbuilt(&error))?);
    request.send().await.map(drop).map_err(|error| failed(SERVICE, &error))
}

fn unbuilt(error: &BuildError) -> OpenError {
    OpenError::Failed { service: SERVICE, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(
        key: [(&str, KeyType); 2],
        kind: &ScalarAttributeType,
        view: Option<StreamViewType>,
    ) -> TableDescription {
        let mut table = TableDescription::builder();
        for (part, key_type) in key {
            let element = KeySchemaElement::builder().attribute_name(part).key_type(key_type);
            let defined = AttributeDefinition::builder().attribute_name(part).attribute_type(kind.clone());
            table = table
                .key_schema(element.build().expect("whole"))
                .attribute_definitions(defined.build().expect("whole"));
        }
        let stream = view.map(|view| {
            let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(view);
            stream.build().expect("whole")
        });
        table.latest_stream_arn("arn").set_stream_specification(stream).build()
    }

    #[test]
    fn only_a_table_of_our_shape_is_used() {
        let images = || Some(StreamViewType::NewAndOldImages);
        assert_eq!(stream_of("t", &table(KEY, &ScalarAttributeType::S, images())), Ok("arn".to_owned()));
        let other = [("id", KeyType::Hash), (SORT, KeyType::Range)];
        for (wrong, expected) in [
            (table(other, &ScalarAttributeType::S, images()), "the text pk"),
            (table(KEY, &ScalarAttributeType::N, images()), "the text pk"),
            (table(KEY, &ScalarAttributeType::S, Some(StreamViewType::KeysOnly)), "new and old images"),
            (table(KEY, &ScalarAttributeType::S, None), "new and old images"),
        ] {
            let told = stream_of("t", &wrong).expect_err("it is wrong").to_string();
            assert!(told.contains(expected), "{told}");
        }
    }
}
