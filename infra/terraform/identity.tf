data "aws_iam_policy_document" "assume" {
  for_each = { tasks = "ecs-tasks.amazonaws.com", instances = "ec2.amazonaws.com" }
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = [each.value]
    }
  }
}

# What starts a relay may read its secrets and write its logs.
resource "aws_iam_role" "start" {
  name               = "${var.name}-start"
  assume_role_policy = data.aws_iam_policy_document.assume["tasks"].json
  tags               = local.tags
}

data "aws_iam_policy_document" "start" {
  statement {
    sid       = "Secrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = values(local.secrets)
  }
  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.relay.arn}:*"]
  }
}

resource "aws_iam_role_policy" "start" {
  name   = "start"
  role   = aws_iam_role.start.id
  policy = data.aws_iam_policy_document.start.json
}

# The image may be in the account's own registry: authorisation there knows no narrower resource.
resource "aws_iam_role_policy_attachment" "image" {
  role       = aws_iam_role.start.name
  policy_arn = "arn:${data.aws_partition.here.partition}:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"
}

# The relay itself may put its recordings into their bucket; the agent beside it writes figures as log lines.
resource "aws_iam_role" "relay" {
  name               = "${var.name}-task"
  assume_role_policy = data.aws_iam_policy_document.assume["tasks"].json
  tags               = local.tags
}

data "aws_iam_policy_document" "relay" {
  statement {
    sid       = "Figures"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.figures.arn}:*"]
  }
}

resource "aws_iam_role_policy" "relay" {
  name   = "figures"
  role   = aws_iam_role.relay.id
  policy = data.aws_iam_policy_document.relay.json
}

resource "aws_iam_role" "instance" {
  name               = "${var.name}-instance"
  assume_role_policy = data.aws_iam_policy_document.assume["instances"].json
  tags               = local.tags
}

resource "aws_iam_role_policy_attachment" "instance" {
  role       = aws_iam_role.instance.name
  policy_arn = "arn:${data.aws_partition.here.partition}:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
}

resource "aws_iam_instance_profile" "instance" {
  name = "${var.name}-instance"
  role = aws_iam_role.instance.name
  tags = local.tags
}
