# Trunks come in by SIP and with their audio, the platform with its orders, and nobody else.

resource "aws_security_group" "relay" {
  name        = var.name
  description = "SIP and audio of trunks, orders of the platform"
  vpc_id      = var.vpc_id
  tags        = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "sip" {
  for_each          = local.doors
  security_group_id = aws_security_group.relay.id
  description       = "SIP of a trunk"
  ip_protocol       = each.value.protocol
  from_port         = each.value.port
  to_port           = each.value.port
  cidr_ipv4         = each.value.cidr
  tags              = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "media" {
  for_each          = toset(local.media)
  security_group_id = aws_security_group.relay.id
  description       = "Audio of a trunk"
  ip_protocol       = "udp"
  from_port         = var.media_ports.first
  to_port           = var.media_ports.last
  cidr_ipv4         = each.value
  tags              = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "orders" {
  for_each          = toset(var.platform_networks)
  security_group_id = aws_security_group.relay.id
  description       = "Signed orders of the platform"
  ip_protocol       = "tcp"
  from_port         = local.ports.http
  to_port           = local.ports.http
  cidr_ipv4         = each.value
  tags              = local.tags
}

resource "aws_security_group" "balancer" {
  name        = "${var.name}-nlb"
  description = "SIP of trunks"
  vpc_id      = var.vpc_id
  tags        = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "balancer" {
  for_each          = local.doors
  security_group_id = aws_security_group.balancer.id
  description       = "SIP of a trunk"
  ip_protocol       = each.value.protocol
  from_port         = each.value.port
  to_port           = each.value.port
  cidr_ipv4         = each.value.cidr
  tags              = local.tags
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  security_group_id            = aws_security_group.balancer.id
  description                  = "To the relays"
  ip_protocol                  = "-1"
  referenced_security_group_id = aws_security_group.relay.id
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "health" {
  security_group_id            = aws_security_group.relay.id
  description                  = "The load balancer asks whether the relay is well"
  ip_protocol                  = "tcp"
  from_port                    = local.ports.http
  to_port                      = local.ports.http
  referenced_security_group_id = aws_security_group.balancer.id
  tags                         = local.tags
}

# Targets are dialled, audio is fetched, the platform is asked: whoever that is.
resource "aws_vpc_security_group_egress_rule" "relay" {
  security_group_id = aws_security_group.relay.id
  description       = "To trunks, targets and the platform"
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
  tags              = local.tags
}
