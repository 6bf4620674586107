# Trunks know one address. It is for the first request of a call: the relay that takes it tells its own, and the rest of the call goes there.

resource "aws_lb" "sip" {
  name                             = var.name
  load_balancer_type               = "network"
  internal                         = false
  subnets                          = var.subnet_ids
  security_groups                  = [aws_security_group.balancer.id]
  enable_cross_zone_load_balancing = true
  tags                             = local.tags
}

resource "aws_lb_target_group" "sip" {
  for_each    = local.listeners
  name        = "${var.name}-${each.key}"
  vpc_id      = var.vpc_id
  port        = each.value.port
  protocol    = each.value.protocol
  target_type = "instance"
  # The relay judges trunks by where they come from.
  preserve_client_ip = true
  # A relay that drains gets no new calls at once; those that it has do not come this way.
  deregistration_delay = 30
  tags                 = local.tags

  health_check {
    protocol            = "HTTP"
    port                = tostring(local.ports.http)
    path                = "/healthz"
    interval            = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
}

resource "aws_lb_listener" "sip" {
  for_each          = local.listeners
  load_balancer_arn = aws_lb.sip.arn
  port              = each.value.port
  protocol          = each.value.protocol
  tags              = local.tags

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.sip[each.key].arn
  }
}
