# Relays are added and taken away by how many calls they have, not by how busy a processor is.

locals {
  figure    = "ringfall_relay_live_calls"
  namespace = "Ringfall/${var.name}"

  scraped = yamlencode({
    global = { scrape_interval = "15s", scrape_timeout = "5s" }
    scrape_configs = [{
      job_name       = var.name
      static_configs = [{ targets = ["127.0.0.1:${local.ports.http}"], labels = { relays = var.name } }]
    }]
  })

  shown = jsonencode({
    logs = {
      metrics_collected = {
        prometheus = {
          prometheus_config_path = "env:PROMETHEUS_CONFIG_CONTENT"
          log_group_name         = aws_cloudwatch_log_group.figures.name
          emf_processor = {
            metric_namespace = local.namespace
            metric_declaration = [{
              source_labels    = ["relays"]
              label_matcher    = "^${var.name}$"
              dimensions       = [["relays"]]
              metric_selectors = ["^${local.figure}$"]
            }]
          }
        }
      }
      force_flush_interval = 5
    }
  })
}

resource "aws_appautoscaling_target" "relay" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.relay.name}/${aws_ecs_service.relay.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = var.relays.least
  max_capacity       = var.relays.most
  tags               = local.tags
}

resource "aws_appautoscaling_policy" "calls" {
  name               = "${var.name}-calls"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.relay.service_namespace
  resource_id        = aws_appautoscaling_target.relay.resource_id
  scalable_dimension = aws_appautoscaling_target.relay.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value = var.aimed_calls
    # Calls come in bursts and last for minutes: start soon, stop late.
    scale_out_cooldown = 60
    scale_in_cooldown  = 900

    customized_metric_specification {
      namespace   = local.namespace
      metric_name = local.figure
      statistic   = "Average"
      dimensions {
        name  = "relays"
        value = var.name
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "missing" {
  for_each            = local.listeners
  alarm_name          = "${var.name}-${each.key}-missing"
  alarm_description   = "Fewer relays than there are to be are well."
  namespace           = "AWS/NetworkELB"
  metric_name         = "HealthyHostCount"
  dimensions          = { LoadBalancer = aws_lb.sip.arn_suffix, TargetGroup = aws_lb_target_group.sip[each.key].arn_suffix }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = var.relays.least
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topic_arns
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "full" {
  alarm_name          = "${var.name}-full"
  alarm_description   = "A relay has nearly as many calls as it takes."
  namespace           = local.namespace
  metric_name         = local.figure
  dimensions          = { relays = var.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = floor(var.most_calls * 0.9)
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  tags                = local.tags
}
