//! Shards that close, and records that are forgotten: a local stream has one shard, which lives for ever.

use aws_sdk_dynamodbstreams::{
    Config,
    config::{BehaviorVersion, Credentials, Region},
};
use serde_json::{Value as Json, json};

use super::*;
use crate::engines::dynamodb::script::{Script, fails};

type Answer = (u16, Json);

fn feed(script: &Script) -> StreamFeed {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .http_client(script.http());
    StreamFeed::of(Stream { client: Client::from_conf(config.build()), arn: "arn".to_owned() })
}

/// A list of shards, each with its parent.
fn shards<const N: usize>(shards: [(&str, Option<&str>); N]) -> Answer {
    let shards = shards.map(|(shard, parent)| json!({"ShardId": shard, "ParentShardId": parent}));
    (200, json!({"StreamDescription": {"Shards": shards.to_vec()}}))
}

fn iterator(name: &str) -> Answer {
    (200, json!({"ShardIterator": name}))
}

/// Records at some places, and the iterator behind them.
fn records<const N: usize>(places: [&str; N], next: Option<&str>) -> Answer {
    let image = json!({"pk": {"S": "p"}, "sk": {"S": "s"}, "n": {"N": "1"}});
    let records = places.map(|place| json!({"dynamodb": {"SequenceNumber": place, "NewImage": image}}));
    (200, json!({"Records": records.to_vec(), "NextShardIterator": next}))
}

/// Reads from one position to the next, and tells which were reached, with a `!` where there was a gap.
async fn read<const N: usize, const R: usize>(
    from: &str,
    answers: [Answer; N],
    reads: [usize; R],
) -> [String; R] {
    let script = Script::of(answers);
    let feed = feed(&script);
    let mut position: Position = from.parse().expect("a position");
    let mut reached = reads.map(|_| String::new());
    for (told, changes) in reached.iter_mut().zip(reads) {
        let reading = feed.read(&position, 10, |_| true).await.expect("the stream answers");
        assert_eq!(reading.changes.len(), changes);
        *told = format!("{}{}", reading.reached, if reading.has_gap { "!" } else { "" });
        position = reading.reached;
        // Lists of shards grow old.
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    reached
}

#[tokio::test(start_paused = true)]
async fn a_child_is_read_when_its_parent_is_finished() {
    let answers = [
        shards([("a", None)]),
        iterator("1"),
        records(["5", "6"], None),
        shards([("a", None), ("b", Some("a"))]),
        iterator("2"),
        records(["3"], Some("3")),
        records([], Some("4")),
        records(["4"], Some("5")),
    ];
    let reached = read("", answers, [2, 1, 0, 1]).await;
    assert_eq!(reached, ["a@end", "a@end b@3", "a@end b@3", "a@end b@4"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_forgotten_unread_is_told_and_reading_goes_on_behind_it() {
    let trimmed = fails("TrimmedDataAccessException");
    let answers = [shards([("a", None)]), trimmed, iterator("1"), records(["9"], Some("2"))];
    assert_eq!(read("a@5", answers, [1]).await, ["a@9!"]);
    let answers = [shards([("b", Some("a"))]), iterator("1"), records(["1"], Some("2"))];
    assert_eq!(read("a@5", answers.clone(), [1]).await, ["a@end b@1!"], "its shard is gone");
    assert_eq!(read("a@end", answers, [1]).await, ["a@end b@1"], "nothing was unread in it");
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_came_and_went_unread_is_told_of_once() {
    let answers = [
        shards([("c", Some("b"))]),
        iterator("1"),
        records([], Some("2")),
        records([], Some("3")),
        records(["4"], Some("5")),
    ];
    let reached = read("a@end", answers.clone(), [0, 0, 1]).await;
    assert_eq!(reached, ["b@end!", "b@end", "b@end c@4"]);
    let reached = read("", answers, [0, 0, 1]).await;
    assert_eq!(reached, ["b@end!", "b@end", "b@end c@4"], "a consumer that never read came too late as well");
}

#[tokio::test(start_paused = true)]
async fn an_iterator_that_has_expired_is_replaced_by_the_next_read() {
    let answers = [
        shards([("a", None)]),
        iterator("1"),
        records(["5"], Some("2")),
        fails("ExpiredIteratorException"),
        iterator("3"),
        records(["6"], Some("4")),
    ];
    assert_eq!(read("", answers, [1, 0, 1]).await, ["a@5", "a@5", "a@6"]);
}
