variable "name" {
  description = "What everything here is called, and tagged with."
  type        = string
  default     = "ringfall-relay"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,19}$", var.name))
    error_message = "name: expected 3 to 20 lower-case letters, digits and dashes, beginning with a letter."
  }
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Public subnets, in two availability zones or more: audio goes straight to the relays, each with a public address of its own."
  type        = list(string)
  validation {
    condition     = length(distinct(var.subnet_ids)) >= 2
    error_message = "subnet_ids: expected two public subnets or more."
  }
}

variable "image" {
  description = "The container image, made by media-relay/Dockerfile."
  type        = string
}

variable "platform_url" {
  description = "Base URL of the webhooks: the output WebhookUrl of the platform's stack."
  type        = string
  validation {
    condition     = can(regex("^https://[^?#]+$", var.platform_url))
    error_message = "platform_url: expected an https URL without query and fragment."
  }
}

variable "secret_arn" {
  description = "The secret in Secrets Manager that the platform knows the relays by: the output RelaySecretArn of its stack."
  type        = string
}

variable "trunks" {
  description = "The networks of your SIP trunks: where their signalling comes from, and their audio. Nobody else is let in."
  type = map(object({
    signalling = list(string)
    media      = list(string)
  }))
  validation {
    condition     = length(var.trunks) > 0
    error_message = "trunks: expected one trunk or more."
  }
  validation {
    condition = alltrue([
      for cidr in flatten([for trunk in values(var.trunks) : concat(trunk.signalling, trunk.media)]) : can(cidrhost(cidr, 0))
    ])
    error_message = "trunks: expected networks such as 203.0.113.0/24."
  }
  validation {
    condition = alltrue([
      for cidr in flatten([for trunk in values(var.trunks) : trunk.signalling]) : !endswith(cidr, "/0")
    ])
    error_message = "trunks: signalling from everywhere would let everybody call; name the trunk's own networks."
  }
}

variable "platform_networks" {
  description = "From where the platform gives the relays orders. Functions outside a VPC have no address of their own: then everywhere, and orders are refused by their signature."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "tls" {
  description = "SIP over TLS: the secrets with the certificate and its key, in PEM. Null leaves it off."
  type = object({
    certificates_secret_arn = string
    key_secret_arn          = string
  })
  default = null
}

variable "media_ports" {
  description = "The UDP ports of audio on each relay: two for each leg of a call."
  type        = object({ first = number, last = number })
  default     = { first = 10000, last = 29999 }
  validation {
    condition     = var.media_ports.first >= 1024 && var.media_ports.last > var.media_ports.first && var.media_ports.last <= 65535
    error_message = "media_ports: expected two ports from 1024 to 65535, the first below the last."
  }
}

variable "instance_type" {
  description = "One relay runs on each instance."
  type        = string
  default     = "c7g.large"
}

variable "architecture" {
  description = "Of the instance type and the image: arm64 or x86_64."
  type        = string
  default     = "arm64"
  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture: expected arm64 or x86_64."
  }
}

variable "relays" {
  description = "How many relays there are, at the least and at the most."
  type        = object({ least = number, most = number })
  default     = { least = 2, most = 8 }
  validation {
    condition     = var.relays.least >= 1 && var.relays.most >= var.relays.least
    error_message = "relays: expected least from 1, and most not below it."
  }
}

variable "most_calls" {
  description = "How many calls a relay takes."
  type        = number
  default     = 500
}

variable "aimed_calls" {
  description = "How many calls a relay is to have on average: above that another is started."
  type        = number
  default     = 250
  validation {
    condition     = var.aimed_calls > 0 && var.aimed_calls < var.most_calls
    error_message = "aimed_calls: expected a number below most_calls."
  }
}

variable "drain_seconds" {
  description = "How long a relay that is to stop lets its calls go on. It takes no new ones meanwhile."
  type        = number
  default     = 3600
  validation {
    condition     = var.drain_seconds >= 60 && var.drain_seconds <= 86400
    error_message = "drain_seconds: expected 60 to 86400."
  }
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told when relays are missing or full, such as the platform's."
  type        = list(string)
  default     = []
}

variable "environment" {
  description = "Further settings of the relay, by the names of its variables (RINGFALL_RELAY_…)."
  type        = map(string)
  default     = {}
  validation {
    condition     = !contains(keys(var.environment), "RINGFALL_RELAY_SECRET")
    error_message = "environment: the relay's secret belongs into Secrets Manager; see secret_arn."
  }
}

variable "recordings" {
  description = "The bucket that recordings go into: its name (made of the account's number where null), and after how many days they are deleted (never where null)."
  type = object({
    bucket = optional(string)
    days   = optional(number)
  })
  default = {}
  validation {
    condition     = var.recordings.bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.recordings.bucket))
    error_message = "recordings.bucket: expected 3 to 63 lower-case letters, digits, dots and dashes."
  }
  validation {
    condition     = var.recordings.days == null || try(var.recordings.days >= 1 && floor(var.recordings.days) == var.recordings.days, false)
    error_message = "recordings.days: expected a whole number from 1."
  }
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
