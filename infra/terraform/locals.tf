locals {
  tags = merge({ application = "ringfall", component = var.name }, var.tags)

  ports = { sip = 5060, tls = 5061, http = 8061 }

  signalling = distinct(flatten([for trunk in values(var.trunks) : trunk.signalling]))
  media      = distinct(flatten([for trunk in values(var.trunks) : trunk.media]))

  # What the load balancer listens to, and what of it is sent to which port.
  listeners = merge(
    { sip = { port = local.ports.sip, protocol = "TCP_UDP" } },
    var.tls == null ? {} : { tls = { port = local.ports.tls, protocol = "TCP" } },
  )

  # Who may come to which port, and how.
  doors = {
    for door in setproduct(keys(local.listeners), ["tcp", "udp"], local.signalling) :
    join(" ", door) => { port = local.listeners[door[0]].port, protocol = door[1], cidr = door[2] }
    if door[1] == "tcp" || local.listeners[door[0]].protocol == "TCP_UDP"
  }

  secrets = merge(
    { RINGFALL_RELAY_SECRET = var.secret_arn },
    var.tls == null ? {} : {
      RINGFALL_RELAY_TLS_CERTIFICATES = var.tls.certificates_secret_arn
      RINGFALL_RELAY_TLS_KEY          = var.tls.key_secret_arn
    },
  )

  environment = merge({
    RINGFALL_RELAY_SIP           = "0.0.0.0:${local.ports.sip}"
    RINGFALL_RELAY_HTTP          = "0.0.0.0:${local.ports.http}"
    RINGFALL_RELAY_PLATFORM      = var.platform_url
    RINGFALL_RELAY_MEDIA_PORTS   = "${var.media_ports.first}-${var.media_ports.last}"
    RINGFALL_RELAY_MOST_CALLS    = tostring(var.most_calls)
    RINGFALL_RELAY_DRAIN_SECONDS = tostring(var.drain_seconds)
    RINGFALL_RELAY_DATA_DIR      = "/data"
    # What is on the disk goes with the instance.
    RINGFALL_RELAY_RECORDINGS_BUCKET = aws_s3_bucket.recordings.id
    AWS_REGION                       = data.aws_region.here.name
    # An instance alone knows its public address.
    RINGFALL_RELAY_PUBLIC_IP = "ec2"
  }, var.tls == null ? {} : { RINGFALL_RELAY_TLS = "0.0.0.0:${local.ports.tls}" }, var.environment)
}

data "aws_region" "here" {}

data "aws_partition" "here" {}

data "aws_caller_identity" "here" {}
