# Instances with public addresses, in the network of which the relay is: Fargate would give it two minutes to drain, and calls last longer.

data "aws_ssm_parameter" "image" {
  name = var.architecture == "arm64" ? "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id" : "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
}

resource "aws_launch_template" "relay" {
  name          = var.name
  image_id      = data.aws_ssm_parameter.image.value
  instance_type = var.instance_type
  tags          = local.tags
  user_data = base64encode(<<-EOT
    #!/bin/bash
    # The relay's user within its image.
    install -d -o 65532 -g 65532 -m 700 /var/lib/ringfall-relay
    cat >> /etc/ecs/ecs.config <<'CONFIG'
    ECS_CLUSTER=${var.name}
    ECS_CONTAINER_STOP_TIMEOUT=${var.drain_seconds + 30}s
    ECS_ENABLE_SPOT_INSTANCE_DRAINING=true
    CONFIG
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.instance.arn
  }

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  network_interfaces {
    associate_public_ip_address = true
    security_groups             = [aws_security_group.relay.id]
  }

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      encrypted   = true
      volume_size = 50
      volume_type = "gp3"
    }
  }

  tag_specifications {
    resource_type = "instance"
    tags          = merge(local.tags, { Name = var.name })
  }
}

resource "aws_autoscaling_group" "relay" {
  name                = var.name
  vpc_zone_identifier = var.subnet_ids
  min_size            = var.relays.least
  # While a release is rolled out there are twice as many.
  max_size              = var.relays.most * 2
  protect_from_scale_in = true

  launch_template {
    id      = aws_launch_template.relay.id
    version = aws_launch_template.relay.latest_version
  }

  dynamic "tag" {
    for_each = merge(local.tags, { AmazonECSManaged = "true" })
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  lifecycle {
    # The capacity provider decides.
    ignore_changes = [desired_capacity]
  }
}

resource "aws_ecs_cluster" "relay" {
  name = var.name
  tags = local.tags
}

resource "aws_ecs_capacity_provider" "relay" {
  name = var.name
  tags = local.tags

  auto_scaling_group_provider {
    auto_scaling_group_arn = aws_autoscaling_group.relay.arn
    # An instance with a relay on it is not taken away, and one that is has its relay drained.
    managed_termination_protection = "ENABLED"
    managed_draining               = "ENABLED"

    managed_scaling {
      status          = "ENABLED"
      target_capacity = 100
    }
  }
}

resource "aws_ecs_cluster_capacity_providers" "relay" {
  cluster_name       = aws_ecs_cluster.relay.name
  capacity_providers = [aws_ecs_capacity_provider.relay.name]
}
