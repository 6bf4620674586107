# `terraform test`: nothing is made, AWS is a mock.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_ssm_parameter" {
    defaults = { value = "ami-0123456789abcdef0" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { id = "recordings", arn = "arn:aws:s3:::recordings" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/relay" }
  }
  mock_resource "aws_iam_instance_profile" {
    defaults = { arn = "arn:aws:iam::123456789012:instance-profile/relay" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:relay" }
  }
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/relay/0123456789abcdef" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/relay/0123456789abcdef" }
  }
  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/net/relay/0123456789abcdef/0123456789abcdef" }
  }
  mock_resource "aws_autoscaling_group" {
    defaults = { arn = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:0a1b2c3d-0000-0000-0000-000000000000:autoScalingGroupName/relay" }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0", latest_version = 1 }
  }
  mock_resource "aws_ecs_cluster" {
    defaults = { id = "arn:aws:ecs:us-east-1:123456789012:cluster/relay", arn = "arn:aws:ecs:us-east-1:123456789012:cluster/relay" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/relay:1" }
  }
}

variables {
  vpc_id       = "vpc-0123456789abcdef0"
  subnet_ids   = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  image        = "123456789012.dkr.ecr.us-east-1.amazonaws.com/ringfall-relay:1"
  platform_url = "https://calls.example.com"
  secret_arn   = "arn:aws:secretsmanager:us-east-1:123456789012:secret:relay-AbCdEf"
  trunks = {
    one = { signalling = ["203.0.113.0/28"], media = ["203.0.113.0/24"] }
    two = { signalling = ["198.51.100.4/32", "198.51.100.5/32"], media = ["198.51.100.0/24"] }
  }
}

run "trunks_and_nobody_else_are_let_in" {
  command = plan

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.sip : rule.cidr_ipv4]) == toset(["203.0.113.0/28", "198.51.100.4/32", "198.51.100.5/32"])
    error_message = "SIP comes from the trunks' signalling alone."
  }
  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.balancer : rule.cidr_ipv4]) == toset(["203.0.113.0/28", "198.51.100.4/32", "198.51.100.5/32"])
    error_message = "The load balancer takes SIP from the trunks' signalling alone."
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.sip) == 6 && alltrue([for rule in aws_vpc_security_group_ingress_rule.sip : rule.from_port == 5060 && rule.to_port == 5060])
    error_message = "Without TLS there is SIP on port 5060 over UDP and TCP for each of three networks."
  }
  assert {
    condition = toset([for rule in aws_vpc_security_group_ingress_rule.media : rule.cidr_ipv4]) == toset(["203.0.113.0/24", "198.51.100.0/24"]) && alltrue([
      for rule in aws_vpc_security_group_ingress_rule.media : rule.ip_protocol == "udp" && rule.from_port == 10000 && rule.to_port == 29999
    ])
    error_message = "Audio comes from the trunks' media networks alone, to the media ports."
  }
  assert {
    condition     = aws_launch_template.relay.metadata_options[0].http_tokens == "required" && aws_launch_template.relay.network_interfaces[0].associate_public_ip_address == "true"
    error_message = "Instances have public addresses and IMDSv2."
  }
}

run "calls_end_before_their_relay_does" {
  command = apply

  variables {
    drain_seconds = 1800
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.relay.container_definitions)[0].stopTimeout > 1800
    error_message = "ECS kills the relay before it has drained."
  }
  assert {
    condition     = strcontains(base64decode(aws_launch_template.relay.user_data), "ECS_CONTAINER_STOP_TIMEOUT=1830s")
    error_message = "The agent kills the relay before it has drained."
  }
  assert {
    condition     = one([for setting in jsondecode(aws_ecs_task_definition.relay.container_definitions)[0].environment : setting.value if setting.name == "RINGFALL_RELAY_DRAIN_SECONDS"]) == "1800"
    error_message = "The relay is told how long to drain."
  }
  assert {
    condition     = aws_ecs_service.relay.deployment_minimum_healthy_percent == 100 && aws_ecs_service.relay.deployment_maximum_percent == 200
    error_message = "New relays are there before old ones drain."
  }
  assert {
    condition     = aws_ecs_capacity_provider.relay.auto_scaling_group_provider[0].managed_draining == "ENABLED" && aws_autoscaling_group.relay.protect_from_scale_in
    error_message = "An instance is not taken away under its calls."
  }
}

# The image is made by media-relay/Dockerfile and holds the program alone: no shell, no curl.
run "the_image_needs_nothing_but_the_relay" {
  command = apply

  assert {
    condition     = !anytrue([for member in ["entryPoint", "command"] : contains(keys(jsondecode(aws_ecs_task_definition.relay.container_definitions)[0]), member)])
    error_message = "The image says what is started."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.relay.container_definitions)[0].healthCheck.command == ["CMD", "/usr/local/bin/ringfall-relay", "healthcheck"]
    error_message = "The relay itself tells whether it is well."
  }
  assert {
    condition     = one([for setting in jsondecode(aws_ecs_task_definition.relay.container_definitions)[0].environment : setting.value if setting.name == "RINGFALL_RELAY_PUBLIC_IP"]) == "ec2"
    error_message = "The relay asks its instance for the address that callers reach."
  }
  assert {
    condition     = strcontains(base64decode(aws_launch_template.relay.user_data), "install -d -o 65532 -g 65532 -m 700 /var/lib/ringfall-relay")
    error_message = "The image's user may write its data."
  }
}

run "recordings_outlive_their_relay_and_nobody_else_reads_them" {
  command = apply

  variables {
    recordings = { days = 365 }
  }

  assert {
    condition     = aws_s3_bucket.recordings.bucket == "ringfall-relay-recordings-123456789012-us-east-1"
    error_message = "The bucket's name is the account's own."
  }
  assert {
    condition     = one([for setting in jsondecode(aws_ecs_task_definition.relay.container_definitions)[0].environment : setting.value if setting.name == "RINGFALL_RELAY_RECORDINGS_BUCKET"]) == aws_s3_bucket.recordings.id && one([for setting in jsondecode(aws_ecs_task_definition.relay.container_definitions)[0].environment : setting.value if setting.name == "AWS_REGION"]) == "us-east-1"
    error_message = "The relay is told of its bucket."
  }
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.recordings.block_public_acls, aws_s3_bucket_public_access_block.recordings.block_public_policy,
      aws_s3_bucket_public_access_block.recordings.ignore_public_acls, aws_s3_bucket_public_access_block.recordings.restrict_public_buckets,
    ])
    error_message = "The bucket is nobody else's."
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.recordings.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "Recordings are encrypted."
  }
  assert {
    condition = anytrue([
      for statement in jsondecode(aws_s3_bucket_policy.recordings.policy).Statement :
      statement.Effect == "Deny" && statement.Condition.Bool["aws:SecureTransport"] == "false" && statement.Resource == ["arn:aws:s3:::recordings", "arn:aws:s3:::recordings/*"]
    ])
    error_message = "Recordings are had over TLS alone."
  }
  assert {
    condition = one([for rule in aws_s3_bucket_lifecycle_configuration.recordings.rule : one(rule.expiration).days if rule.id == "old"]) == 365 && one([
      for rule in aws_s3_bucket_lifecycle_configuration.recordings.rule : one(rule.abort_incomplete_multipart_upload).days_after_initiation if rule.id == "unfinished"
    ]) == 1
    error_message = "Recordings are kept as long as was said, and what was never finished is not kept."
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.recordings.policy).Statement == [{
      Sid = "Recordings", Effect = "Allow", Action = ["s3:PutObject", "s3:AbortMultipartUpload"], Resource = "arn:aws:s3:::recordings/*"
    }]
    error_message = "A relay puts recordings into its bucket, and can do nothing else there."
  }
}

run "recordings_are_kept_for_ever_where_nobody_says_otherwise" {
  command = plan

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.recordings.rule : rule.id] == ["unfinished"]
    error_message = "A recording is deleted, and nobody has said so."
  }
}

run "relays_follow_the_calls" {
  command = apply

  variables {
    relays      = { least = 3, most = 9 }
    aimed_calls = 100
  }

  assert {
    condition     = aws_appautoscaling_target.relay.min_capacity == 3 && aws_appautoscaling_target.relay.max_capacity == 9 && aws_autoscaling_group.relay.max_size == 18
    error_message = "There are as many relays as was said, and room to roll out."
  }
  assert {
    condition     = aws_appautoscaling_policy.calls.target_tracking_scaling_policy_configuration[0].target_value == 100 && aws_appautoscaling_policy.calls.target_tracking_scaling_policy_configuration[0].customized_metric_specification[0].metric_name == "ringfall_relay_live_calls"
    error_message = "Calls decide how many relays there are."
  }
}

run "secrets_are_in_no_setting" {
  command = apply

  variables {
    tls = {
      certificates_secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:certificates-AbCdEf"
      key_secret_arn          = "arn:aws:secretsmanager:us-east-1:123456789012:secret:key-AbCdEf"
    }
  }

  assert {
    condition     = toset([for secret in jsondecode(aws_ecs_task_definition.relay.container_definitions)[0].secrets : secret.name]) == toset(["RINGFALL_RELAY_SECRET", "RINGFALL_RELAY_TLS_CERTIFICATES", "RINGFALL_RELAY_TLS_KEY"])
    error_message = "The relay's secrets come from Secrets Manager."
  }
  assert {
    condition     = !anytrue([for setting in jsondecode(aws_ecs_task_definition.relay.container_definitions)[0].environment : strcontains(setting.name, "SECRET")])
    error_message = "A secret is in a setting."
  }
  assert {
    condition     = toset([for listener in aws_lb_listener.sip : "${listener.protocol} ${listener.port}"]) == toset(["TCP_UDP 5060", "TCP 5061"])
    error_message = "With TLS there is port 5061 too."
  }
}

run "nobody_is_let_in_from_everywhere" {
  command = plan

  variables {
    trunks = { all = { signalling = ["0.0.0.0/0"], media = ["203.0.113.0/24"] } }
  }

  expect_failures = [var.trunks]
}

run "wrong_values_are_named" {
  command = plan

  variables {
    subnet_ids    = ["subnet-0123456789abcdef0"]
    platform_url  = "http://calls.example.com"
    media_ports   = { first = 20000, last = 10000 }
    drain_seconds = 5
    relays        = { least = 0, most = 1 }
    environment   = { RINGFALL_RELAY_SECRET = "0123456789abcdef" }
    recordings    = { bucket = "Ours", days = 0 }
  }

  expect_failures = [var.subnet_ids, var.platform_url, var.media_ports, var.drain_seconds, var.relays, var.environment, var.recordings]
}
