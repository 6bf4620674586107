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

  secrets = merge(
    { RINGFALL_RELAY_SECRET = var.secret_arn },
    var.tls == null ? {} : { TLS_CERTIFICATES = var.tls.certificates_secret_arn, TLS_KEY = var.tls.key_secret_arn },
  )

  environment = merge({
    RINGFALL_RELAY_SIP           = "0.0.0.0:${local.ports.sip}"
    RINGFALL_RELAY_HTTP          = "0.0.0.0:${local.ports.http}"
    RINGFALL_RELAY_PLATFORM      = var.platform_url
    RINGFALL_RELAY_MEDIA_PORTS   = "${var.media_ports.first}-${var.media_ports.last}"
    RINGFALL_RELAY_MOST_CALLS    = tostring(var.most_calls)
    RINGFALL_RELAY_DRAIN_SECONDS = tostring(var.drain_seconds)
    RINGFALL_RELAY_DATA_DIR      = "/data"
  }, var.environment)

  # An instance alone knows its public address; certificates come as secrets and are wanted as files.
  start = <<-EOT
    token=$(curl -sSf -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
    ip=$(curl -sSf -m 5 -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/public-ipv4)
    export RINGFALL_RELAY_PUBLIC_IP="$ip" RINGFALL_RELAY_HTTP_URL="http://$ip:${local.ports.http}"
    if [ -n "$${TLS_KEY:-}" ]; then
      umask 077
      printf '%s' "$TLS_CERTIFICATES" > /tmp/certificates.pem
      printf '%s' "$TLS_KEY" > /tmp/key.pem
      export RINGFALL_RELAY_TLS=0.0.0.0:${local.ports.tls}
      export RINGFALL_RELAY_TLS_CERTIFICATES=/tmp/certificates.pem RINGFALL_RELAY_TLS_KEY=/tmp/key.pem
    fi
    unset TLS_CERTIFICATES TLS_KEY
    exec ringfall-relay
  EOT
}

data "aws_region" "here" {}

data "aws_partition" "here" {}

data "aws_caller_identity" "here" {}
