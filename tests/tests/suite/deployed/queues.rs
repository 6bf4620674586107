//! What comes by a queue that cannot be read, and what comes by the clock.

use anyhow::{Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use ringfall_tests::deployed::Deployment;

use crate::patience::once_watched;

const POISON: [&str; 2] = ["no message", r#"{"kind": "of another release"}"#];

/// Sends what no worker can read.
pub(super) async fn poison(deployment: &Deployment) -> Result<()> {
    let queues = aws_sdk_sqs::Client::new(&deployment.aws().config().await);
    for body in POISON {
        queues.send_message().queue_url(deployment.output("QueueUrl")?).message_body(body).send().await?;
    }
    Ok(())
}

/// Both end there, and no message that could be read; calls were taken and called back meanwhile.
pub(super) async fn what_is_poisoned_is_with_the_dead_letters_and_nothing_else(
    deployment: &Deployment,
) -> Result<()> {
    let queues = aws_sdk_sqs::Client::new(&deployment.aws().config().await);
    let url = deployment.output("DeadLetterQueueUrl")?;
    let waiting = async || {
        let count = QueueAttributeName::ApproximateNumberOfMessages;
        let request = queues.get_queue_attributes().queue_url(url).attribute_names(count.clone());
        let waiting = request.send().await?.attributes.and_then(|mut attributes| attributes.remove(&count));
        let waiting = waiting.and_then(|count| count.parse::<usize>().ok()).unwrap_or_default();
        Ok((waiting >= POISON.len()).then_some(()))
    };
    once_watched("both are among the dead letters", waiting).await?;
    let dead = queues.receive_message().queue_url(url).max_number_of_messages(10).send().await?;
    let mut dead: Vec<_> = dead.messages.unwrap_or_default().into_iter().filter_map(|it| it.body).collect();
    dead.sort_unstable();
    ensure!(dead == POISON, "{dead:?}");
    Ok(())
}

/// The sweep asks, once a day, for a comparison of the sums, which is written down; nothing else does.
pub(super) async fn the_clock_calls_the_sweep(deployment: &Deployment) -> Result<()> {
    let tables = aws_sdk_dynamodb::Client::new(&deployment.aws().config().await);
    let asked = async || {
        let request = tables.get_item().table_name(deployment.output("TableName")?);
        let request = request.key("pk", AttributeValue::S("S#rollup".to_owned()));
        let answer = request.key("sk", AttributeValue::S("REPAIR".to_owned())).send().await?;
        Ok(answer.item)
    };
    once_watched("the sweep was called", asked).await.map(drop)
}
