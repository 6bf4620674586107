resource "aws_cloudwatch_log_group" "relay" {
  name              = "/ringfall/${var.name}"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "figures" {
  name              = "/ringfall/${var.name}/figures"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

resource "aws_ecs_task_definition" "relay" {
  family                   = var.name
  requires_compatibilities = ["EC2"]
  network_mode             = "host"
  execution_role_arn       = aws_iam_role.start.arn
  task_role_arn            = aws_iam_role.relay.arn
  tags                     = local.tags

  volume {
    name      = "data"
    host_path = "/var/lib/ringfall-relay"
  }

  container_definitions = jsonencode([
    {
      name              = "relay"
      image             = var.image
      essential         = true
      memoryReservation = 512
      # SIGTERM makes it drain; this is when it is killed.
      stopTimeout = var.drain_seconds + 30
      portMappings = [
        for port in concat([for listener in values(local.listeners) : listener.port], [local.ports.http]) :
        { containerPort = port, hostPort = port, protocol = "tcp" }
      ]
      environment = [for name, value in local.environment : { name = name, value = value }]
      secrets     = [for name, arn in local.secrets : { name = name, valueFrom = arn }]
      mountPoints = [{ sourceVolume = "data", containerPath = "/data", readOnly = false }]
      ulimits     = [{ name = "nofile", softLimit = 65536, hardLimit = 65536 }]
      healthCheck = {
        command  = ["CMD", "/usr/local/bin/ringfall-relay", "healthcheck"]
        interval = 10
        retries  = 3
        timeout  = 5
      }
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.relay.name
          awslogs-region        = data.aws_region.here.name
          awslogs-stream-prefix = "relay"
        }
      }
    },
    # Reads the relay's /metrics, for the scaling below.
    {
      name              = "figures"
      image             = "public.ecr.aws/cloudwatch-agent/cloudwatch-agent:1.300050.0b1046"
      essential         = false
      memoryReservation = 64
      environment = [
        { name = "PROMETHEUS_CONFIG_CONTENT", value = local.scraped },
        { name = "CW_CONFIG_CONTENT", value = local.shown },
      ]
    },
  ])
}

resource "aws_ecs_service" "relay" {
  name            = var.name
  cluster         = aws_ecs_cluster.relay.id
  task_definition = aws_ecs_task_definition.relay.arn
  desired_count   = var.relays.least
  tags            = local.tags

  # The new ones take calls before the old ones drain.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 60

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.relay.name
    weight            = 1
  }

  placement_constraints {
    type = "distinctInstance"
  }

  dynamic "load_balancer" {
    for_each = local.listeners
    content {
      target_group_arn = aws_lb_target_group.sip[load_balancer.key].arn
      container_name   = "relay"
      container_port   = load_balancer.value.port
    }
  }

  lifecycle {
    # The scaling decides.
    ignore_changes = [desired_count]
  }

  depends_on = [aws_lb_listener.sip, aws_ecs_cluster_capacity_providers.relay]
}
