//! What must hold of the template as CloudFormation gets it, and what no local AWS would show.

use std::time::Duration;

use ringfall_app::calls::watch::WEBHOOK_DEADLINE;
use serde_json::Value;

/// The only resources of permissions that may have a `*` in them: the streams of one table, which Lambda wants to list, and the recordings in one
/// bucket.
const ENDS_OPEN: [&str; 2] = ["${Table.Arn}/stream/*", "arn:${AWS::Partition}:s3:::${RecordingsBucket}/*"];
/// How soon after a webhook the watchdog of an attempt looks at the earliest: the deadline, and as much again for clocks and providers.
const WATCHDOG: Duration = Duration::from_secs(2 * WEBHOOK_DEADLINE.as_secs().unsigned_abs());
/// Functions that never reserve capacity, and speak with no provider.
const UNWATCHED: [&str; 2] = ["RollupFunction", "SweepFunction"];

/// What is wrong with a template; nothing if all is right.
pub fn wrong_in(template: &Value) -> Vec<String> {
    let rules =
        [permissions, times, queues, sources, tables, logs, alarms, schedules, secrets, readable_secrets];
    rules.iter().flat_map(|rule| rule(template)).collect()
}

fn resources<'a>(template: &'a Value, kind: &'a str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let all = template["Resources"].as_object().into_iter().flatten();
    all.filter(move |(_, resource)| resource["Type"] == kind).map(|(name, it)| (name, &it["Properties"]))
}

fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |list| list.iter().collect())
}

/// The name of the resource that a value refers to.
fn referred(value: &Value) -> Option<&str> {
    value["Ref"].as_str().or_else(|| value["Fn::GetAtt"][0].as_str())
}

fn permissions(template: &Value) -> Vec<String> {
    let of_roles = resources(template, "AWS::IAM::Role").flat_map(|(name, role)| {
        let managed = list(&role["ManagedPolicyArns"]).into_iter().filter(|policy| !policy.is_null());
        let foreign = managed.filter(|policy| referred(policy).is_none());
        let foreign = foreign.map(move |policy| format!("{name}: {policy} is not of this template"));
        let inline = list(&role["Policies"]).into_iter();
        let open = inline.flat_map(move |policy| open_statements(name, &policy["PolicyDocument"]));
        foreign.chain(open).collect::<Vec<_>>()
    });
    let policies = resources(template, "AWS::IAM::ManagedPolicy");
    let of_policies = policies.flat_map(|(name, policy)| open_statements(name, &policy["PolicyDocument"]));
    of_roles.chain(of_policies).collect()
}

fn open_statements(of: &str, document: &Value) -> Vec<String> {
    let statements = list(&document["Statement"]).into_iter().filter(|statement| !statement.is_null());
    let wrong = statements.flat_map(|statement| {
        let actions = list(&statement["Action"]).into_iter().filter(|it| it.to_string().contains('*'));
        let resources = list(&statement["Resource"]).into_iter().filter(|it| {
            it.is_null()
                || it.to_string().contains('*') && !ENDS_OPEN.contains(&it["Fn::Sub"].as_str().unwrap_or(""))
        });
        actions.chain(resources).map(|open| format!("{of}: {open} allows more than is needed"))
    });
    wrong.collect()
}

fn seconds(value: &Value) -> Duration {
    Duration::from_secs(value.as_u64().unwrap_or(u64::MAX))
}

fn times(template: &Value) -> Vec<String> {
    let functions = resources(template, "AWS::Lambda::Function");
    let reserving = functions.filter(|(name, _)| !UNWATCHED.contains(&name.as_str()));
    let late = reserving.filter(|(_, function)| seconds(&function["Timeout"]) >= WATCHDOG);
    late.map(|(name, _)| format!("{name}: it may reserve capacity when the watchdog has looked")).collect()
}

fn queues(template: &Value) -> Vec<String> {
    let dead: Vec<&str> = resources(template, "AWS::SQS::Queue")
        .filter_map(|(_, queue)| referred(&queue["RedrivePolicy"]["deadLetterTargetArn"]))
        .collect();
    let mut wrong = Vec::new();
    for (name, queue) in resources(template, "AWS::SQS::Queue") {
        if !dead.contains(&name.as_str()) && queue["RedrivePolicy"].is_null() {
            wrong.push(format!("{name}: what fails again and again goes nowhere"));
        }
        if queue["MessageRetentionPeriod"] != 1_209_600 {
            wrong.push(format!("{name}: it keeps messages for less than fourteen days"));
        }
        if queue["SqsManagedSseEnabled"] != true && queue["KmsMasterKeyId"].is_null() {
            wrong.push(format!("{name}: it is not encrypted"));
        }
    }
    wrong
}

fn sources(template: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, source) in resources(template, "AWS::Lambda::EventSourceMapping") {
        let from = referred(&source["EventSourceArn"]).unwrap_or_default();
        let function = referred(&source["FunctionName"]).unwrap_or_default();
        let time_out = seconds(&template["Resources"][function]["Properties"]["Timeout"]);
        if let Some((_, queue)) = resources(template, "AWS::SQS::Queue").find(|(queue, _)| *queue == from) {
            if list(&source["FunctionResponseTypes"]) != ["ReportBatchItemFailures"] {
                wrong.push(format!("{name}: one message that fails takes its batch with it"));
            }
            if seconds(&queue["VisibilityTimeout"]) < time_out.saturating_mul(6) {
                wrong.push(format!("{from}: a message may come again while it is worked on"));
            }
        } else if source["DestinationConfig"]["OnFailure"]["Destination"].is_null()
            || source["MaximumRetryAttempts"].is_null()
        {
            wrong.push(format!("{name}: changes that fail hold up all others for a day, and nobody is told"));
        }
    }
    wrong
}

fn tables(template: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, table) in resources(template, "AWS::DynamoDB::Table") {
        let whole = &template["Resources"][name];
        let expected = [
            (&whole["DeletionPolicy"], Value::from("Retain")),
            (&whole["UpdateReplacePolicy"], "Retain".into()),
            (&table["BillingMode"], "PAY_PER_REQUEST".into()),
            (&table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true.into()),
            (&table["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES".into()),
            (&table["TimeToLiveSpecification"]["AttributeName"], "expires_at_seconds".into()),
            (&table["TimeToLiveSpecification"]["Enabled"], true.into()),
            (&table["SSESpecification"]["SSEType"], "KMS".into()),
        ];
        let differing = expected.iter().filter(|(is, should_be)| *is != should_be);
        wrong.extend(differing.map(|(is, should_be)| format!("{name}: {is} should be {should_be}")));
    }
    wrong
}

fn logs(template: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, function) in resources(template, "AWS::Lambda::Function") {
        let group = referred(&function["LoggingConfig"]["LogGroup"]).unwrap_or_default();
        if template["Resources"][group]["Properties"]["RetentionInDays"].is_null() {
            wrong.push(format!("{name}: its logs are kept for ever"));
        }
        let is_read = |(_, filter): (&String, &Value)| {
            referred(&filter["LogGroupName"]) == Some(group)
                && filter["FilterPattern"] == "{ $.level = \"ERROR\" }"
        };
        if !resources(template, "AWS::Logs::MetricFilter").any(is_read) {
            wrong.push(format!("{name}: nobody is told of errors in its log"));
        }
    }
    wrong
}

fn alarms(template: &Value) -> Vec<String> {
    let is_alarmed = |metric: &str, of: &str| {
        resources(template, "AWS::CloudWatch::Alarm").any(|(_, alarm)| {
            let of_it = alarm["Dimensions"].as_array().is_none_or(|dimensions| {
                dimensions.iter().any(|dimension| referred(&dimension["Value"]) == Some(of))
            });
            alarm["MetricName"] == metric && of_it && !list(&alarm["AlarmActions"])[0].is_null()
        })
    };
    let functions = resources(template, "AWS::Lambda::Function").map(|(name, _)| name.as_str());
    let mut wanted: Vec<(&str, &str)> =
        functions.flat_map(|function| [("Errors", function), ("Throttles", function)]).collect();
    wanted.extend([
        ("ApproximateNumberOfMessagesVisible", "DeadLetters"),
        ("ApproximateAgeOfOldestMessage", "Messages"),
        ("IteratorAge", "RollupFunction"),
        ("LegsUnknown", ""),
        ("ErrorsLogged", ""),
    ]);
    let silent = wanted.into_iter().filter(|(metric, of)| !is_alarmed(metric, of));
    silent.map(|(metric, of)| format!("{metric} {of}: nobody is told")).collect()
}

/// Two stacks may stand beside each other.
fn schedules(template: &Value) -> Vec<String> {
    let schedules = resources(template, "AWS::Scheduler::Schedule");
    let fixed = schedules.filter(|(_, schedule)| !schedule["Name"].to_string().contains("AWS::StackName"));
    let mut wrong: Vec<_> =
        fixed.map(|(name, _)| format!("{name}: another stack has one of the same name")).collect();
    let tasks: Vec<_> = resources(template, "AWS::Scheduler::Schedule")
        .map(|(_, it)| it["Target"]["Input"].to_string())
        .collect();
    for task in ["sweep", "repair"] {
        if !tasks.iter().any(|input| input.contains(task)) {
            wrong.push(format!("{task}: nobody calls for it"));
        }
    }
    wrong
}

/// A function is told where a secret is, never the secret.
fn secrets(template: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, function) in resources(template, "AWS::Lambda::Function") {
        let variables = function["Environment"]["Variables"].as_object().into_iter().flatten();
        for (variable, value) in variables {
            let words = ["SECRET", "KEY", "TOKEN", "PASSWORD"];
            let is_secret = words.iter().any(|word| variable.contains(word));
            let is_place = value["Ref"]
                .as_str()
                .is_some_and(|of| template["Resources"][of]["Type"] == "AWS::SecretsManager::Secret");
            if is_secret && !is_place || value.to_string().contains("resolve:") {
                wrong.push(format!("{name}: {variable} holds a secret"));
            }
        }
    }
    wrong
}

/// A function may read the secrets whose places it is told, and use what they are encrypted with. All are told where the key of tokens is; who
/// speaks with no provider needs none.
fn readable_secrets(template: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, function) in resources(template, "AWS::Lambda::Function") {
        let role = referred(&function["Role"]).unwrap_or_default();
        let variables = function["Environment"]["Variables"].as_object().into_iter().flatten();
        for secret in variables.filter_map(|(_, value)| referred(value)) {
            let resource = &template["Resources"][secret];
            let is_needless = UNWATCHED.contains(&name.as_str()) && secret == "SealingKey";
            if resource["Type"] != "AWS::SecretsManager::Secret" || is_needless {
                continue;
            }
            if !may(template, role, "secretsmanager:GetSecretValue", secret) {
                wrong.push(format!("{name}: it may not read {secret}"));
            }
            let key = referred(&resource["Properties"]["KmsKeyId"]);
            if key.is_some_and(|key| !may(template, role, "kms:Decrypt", key)) {
                wrong.push(format!("{name}: it may not decrypt {secret}"));
            }
        }
    }
    wrong
}

/// Whether a policy of the role, or one of the template that it has, allows it.
fn may(template: &Value, role: &str, action: &str, resource: &str) -> bool {
    let role = &template["Resources"][role]["Properties"];
    let managed = list(&role["ManagedPolicyArns"]).into_iter().filter_map(referred);
    let managed = managed.map(|policy| &template["Resources"][policy]["Properties"]);
    let policies = list(&role["Policies"]).into_iter().chain(managed);
    let mut statements = policies.flat_map(|policy| list(&policy["PolicyDocument"]["Statement"]));
    statements.any(|statement| {
        list(&statement["Action"]).iter().any(|allowed| **allowed == action)
            && list(&statement["Resource"]).into_iter().any(|of| referred(of) == Some(resource))
    })
}

#[cfg(test)]
mod tests;
