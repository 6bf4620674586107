output "sip_address" {
  description = "Where trunks send calls: this name, port 5060 over UDP or TCP, and 5061 over TLS if it is on."
  value       = aws_lb.sip.dns_name
}

output "security_group_id" {
  description = "The relays' security group."
  value       = aws_security_group.relay.id
}

output "recordings_bucket" {
  description = "The bucket of recordings: the parameter RecordingsBucket of the platform's stack."
  value       = aws_s3_bucket.recordings.id
}

output "cluster_name" {
  description = "The ECS cluster, and the service in it of the same name."
  value       = aws_ecs_cluster.relay.name
}

output "log_group" {
  description = "The relays' logs."
  value       = aws_cloudwatch_log_group.relay.name
}
