use serde_json::json;

use super::*;

/// A template with one of each, as it should be.
fn right() -> Value {
    let group = |name: &str| json!({"Ref": name});
    let alarm = |metric: &str, of: &str| {
        let dimensions =
            if of.is_empty() { Value::Null } else { json!([{"Name": "n", "Value": {"Ref": of}}]) };
        json!({"Type": "AWS::CloudWatch::Alarm",
               "Properties": {"MetricName": metric, "Dimensions": dimensions, "AlarmActions": [{"Ref": "Alarms"}]}})
    };
    let schedule = |task: &str| {
        json!({"Type": "AWS::Scheduler::Schedule", "Properties": {"Name": {"Fn::Sub": format!("${{AWS::StackName}}-{task}")},
               "Target": {"Input": format!("{{\"task\": \"{task}\"}}")}}})
    };
    let queue = |redrive: Value| {
        json!({"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 150, "MessageRetentionPeriod": 1_209_600,
               "SqsManagedSseEnabled": true, "RedrivePolicy": redrive}})
    };
    json!({"Resources": {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": [{"Ref": "Policy"}], "Policies": [{"PolicyDocument":
            {"Statement": [{"Action": "a:B", "Resource": {"Fn::Sub": "${Table.Arn}/stream/*"}},
                           {"Action": "secretsmanager:GetSecretValue", "Resource": {"Ref": "Secret"}},
                           {"Action": ["kms:Decrypt"], "Resource": {"Fn::GetAtt": ["Key", "Arn"]}}]}}]}},
        "Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument":
            {"Statement": [{"Action": ["a:B"], "Resource": {"Fn::GetAtt": ["Table", "Arn"]}}]}}},
        "Worker": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 25, "LoggingConfig": {"LogGroup": group("Logs")},
            "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Environment": {"Variables": {"A_KEY": {"Ref": "Secret"}, "B": "c"}}}},
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}},
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 30}},
        "Filter": {"Type": "AWS::Logs::MetricFilter", "Properties":
            {"LogGroupName": group("Logs"), "FilterPattern": "{ $.level = \"ERROR\" }"}},
        "Messages": queue(json!({"deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}})),
        "DeadLetters": queue(Value::Null),
        "Source": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": {"Fn::GetAtt": ["Messages", "Arn"]},
            "FunctionName": {"Ref": "Worker"}, "FunctionResponseTypes": ["ReportBatchItemFailures"]}},
        "Stream": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": {"Fn::GetAtt": ["Table", "StreamArn"]},
            "FunctionName": {"Ref": "Worker"}, "MaximumRetryAttempts": 10, "DestinationConfig": {"OnFailure": {"Destination": "x"}}}},
        "Table": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {
            "BillingMode": "PAY_PER_REQUEST", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
            "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
            "TimeToLiveSpecification": {"AttributeName": "expires_at_seconds", "Enabled": true},
            "SSESpecification": {"SSEType": "KMS"}}},
        "A1": alarm("Errors", "Worker"), "A2": alarm("Throttles", "Worker"),
        "A3": alarm("ApproximateNumberOfMessagesVisible", "DeadLetters"), "A4": alarm("ApproximateAgeOfOldestMessage", "Messages"),
        "A5": alarm("IteratorAge", "RollupFunction"), "A6": alarm("LegsUnknown", ""), "A7": alarm("ErrorsLogged", ""),
        "S1": schedule("sweep"), "S2": schedule("repair"),
    }})
}

#[test]
fn what_is_right_is_right() {
    assert_eq!(wrong_in(&right()), [""; 0]);
}

#[test]
fn each_thing_that_can_be_wrong_is_told() {
    for (at, value, told) in [
        (
            "/Resources/Policy/Properties/PolicyDocument/Statement/0/Resource",
            json!("*"),
            "allows more than is needed",
        ),
        (
            "/Resources/Policy/Properties/PolicyDocument/Statement/0/Resource",
            Value::Null,
            "allows more than is needed",
        ),
        (
            "/Resources/Policy/Properties/PolicyDocument/Statement/0/Action/0",
            json!("a:*"),
            "allows more than is needed",
        ),
        (
            "/Resources/Role/Properties/Policies/0/PolicyDocument/Statement/0/Resource",
            json!({"Fn::Sub": "${Table.Arn}/*"}),
            "allows more",
        ),
        (
            "/Resources/Role/Properties/ManagedPolicyArns/0",
            json!("arn:aws:iam::aws:policy/AdministratorAccess"),
            "not of this template",
        ),
        ("/Resources/Worker/Properties/Timeout", json!(30), "when the watchdog has looked"),
        ("/Resources/Messages/Properties/RedrivePolicy", Value::Null, "goes nowhere"),
        ("/Resources/Messages/Properties/MessageRetentionPeriod", json!(345_600), "less than fourteen days"),
        ("/Resources/DeadLetters/Properties/SqsManagedSseEnabled", json!(false), "not encrypted"),
        ("/Resources/Messages/Properties/VisibilityTimeout", json!(149), "may come again while"),
        ("/Resources/Source/Properties/FunctionResponseTypes", json!([]), "takes its batch with it"),
        ("/Resources/Stream/Properties/MaximumRetryAttempts", Value::Null, "hold up all others"),
        ("/Resources/Table/DeletionPolicy", Value::Null, "should be \"Retain\""),
        ("/Resources/Table/Properties/BillingMode", json!("PROVISIONED"), "should be \"PAY_PER_REQUEST\""),
        (
            "/Resources/Table/Properties/TimeToLiveSpecification/AttributeName",
            json!("ttl"),
            "should be \"expires_at_seconds\"",
        ),
        ("/Resources/Table/Properties/SSESpecification/SSEType", Value::Null, "should be \"KMS\""),
        ("/Resources/Logs/Properties/RetentionInDays", Value::Null, "kept for ever"),
        ("/Resources/Filter/Properties/FilterPattern", json!("ERROR"), "errors in its log"),
        ("/Resources/A1/Properties/MetricName", json!("Duration"), "Errors Worker: nobody is told"),
        (
            "/Resources/A3/Properties/AlarmActions",
            json!([null]),
            "ApproximateNumberOfMessagesVisible DeadLetters",
        ),
        (
            "/Resources/A4/Properties/Dimensions/0/Value/Ref",
            json!("DeadLetters"),
            "ApproximateAgeOfOldestMessage Messages",
        ),
        ("/Resources/S1/Properties/Name", json!("sweep"), "one of the same name"),
        ("/Resources/S2/Properties/Target/Input", json!("{}"), "repair: nobody calls for it"),
        (
            "/Resources/Worker/Properties/Environment/Variables/A_KEY",
            json!("the key"),
            "A_KEY holds a secret",
        ),
        (
            "/Resources/Worker/Properties/Environment/Variables/B",
            json!("{{resolve:secretsmanager:x}}"),
            "B holds a secret",
        ),
        (
            "/Resources/Role/Properties/Policies/0/PolicyDocument/Statement/1/Resource/Ref",
            json!("AnotherSecret"),
            "Worker: it may not read Secret",
        ),
        (
            "/Resources/Role/Properties/Policies/0/PolicyDocument/Statement/2/Action/0",
            json!("kms:Encrypt"),
            "Worker: it may not decrypt Secret",
        ),
    ] {
        let mut template = right();
        *template.pointer_mut(at).expect(at) = value;
        let wrong = wrong_in(&template);
        assert!(wrong.iter().any(|one| one.contains(told)), "{at}: {wrong:?}");
    }
}
