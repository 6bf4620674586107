use std::{collections::BTreeMap, env::VarError};

use lambda_runtime::Context;

use crate::{
    environment::{Network, read},
    timing::until,
};

const WHOLE: [(&str, &str); 4] = [
    ("RINGFALL_KEY_SECRET", "arn:aws:secretsmanager:us-east-1:123456789012:secret:ringfall-keys-a1b2c3"),
    ("RINGFALL_TABLE", "calls"),
    ("RINGFALL_STREAM", "arn:aws:dynamodb:us-east-1:123456789012:table/calls/stream/2026-01-01T00:00:00.000"),
    ("RINGFALL_QUEUE", "https://sqs.us-east-1.amazonaws.com/123456789012/messages"),
];

fn told(changes: &[(&str, &str)]) -> Result<crate::Configuration, String> {
    let variables: BTreeMap<&str, &str> = WHOLE.iter().chain(changes).copied().collect();
    let variable =
        |name: &str| variables.get(name).map(|text| (*text).to_owned()).ok_or(VarError::NotPresent);
    read(variable).map_err(|error| error.to_string())
}

#[test]
fn what_is_needed_is_enough() {
    let configuration = told(&[]).expect("it is whole");
    assert_eq!(configuration.places.table, "calls");
    assert_eq!(configuration.public_url, None);
    assert_eq!(configuration.network, Network::Public, "nobody has allowed private addresses");
    let configuration = told(&[
        ("RINGFALL_PUBLIC_URL", "https://calls.example.com"),
        ("RINGFALL_PRIVATE_ADDRESSES", "allowed"),
    ]);
    let configuration = configuration.expect("it is whole");
    assert_eq!(
        configuration.public_url.map(|url| url.to_string()).as_deref(),
        Some("https://calls.example.com/")
    );
    assert_eq!(configuration.network, Network::Any);
}

#[test]
fn whatever_is_missing_or_wrong_is_named_with_what_it_should_be() {
    for (variable, text, expected) in [
        ("RINGFALL_TABLE", "", "it is not set; expected 3 to 255 letters"),
        ("RINGFALL_TABLE", "no table", "expected 3 to 255 letters"),
        ("RINGFALL_STREAM", "", "it is not set; expected the ARN"),
        (
            "RINGFALL_STREAM",
            "arn:aws:dynamodb:us-east-1:123456789012:table/calls",
            "expected the ARN of the table's stream",
        ),
        ("RINGFALL_QUEUE", "", "it is not set; expected the URL"),
        ("RINGFALL_QUEUE", "messages", "expected the URL of an SQS queue"),
        ("RINGFALL_PUBLIC_URL", "calls.example.com", "expected an http or https URL"),
        ("RINGFALL_KEY_SECRET", "", "it is not set; expected the ARN or the name of a secret"),
        ("RINGFALL_KEY_SECRET", "the key itself", "expected the ARN or the name of a secret"),
        ("RINGFALL_ADMIN_KEY_SECRET", "the key itself", "expected the ARN or the name of a secret"),
        ("RINGFALL_RELAY_SECRET_ID", "the secret itself", "expected the ARN or the name of a secret"),
        ("RINGFALL_RELAY_RECORDINGS_BUCKET", "Mine", "expected the name of an S3 bucket"),
        ("RINGFALL_RELAY_RECORDINGS_PREFIX", "/", "expected folders"),
        ("RINGFALL_PRIVATE_ADDRESSES", "yes", "expected refused or allowed"),
    ] {
        let line = told(&[(variable, text)]).expect_err("it is wrong");
        assert!(line.starts_with(&format!("{variable}: {expected}")), "{line}");
        assert!(!line.contains('\n'), "{line}");
    }
}

#[test]
fn no_work_begins_shortly_before_the_deadline() {
    let seconds = |deadline| {
        let mut context = Context::default();
        context.deadline = deadline;
        until(&context).as_second()
    };
    assert_eq!(seconds(1_780_000_060_000), 1_780_000_055);
    assert!(seconds(0) < 0);
    assert!(seconds(u64::MAX) > 1_780_000_000);
}
