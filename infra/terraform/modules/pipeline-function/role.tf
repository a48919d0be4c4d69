resource "aws_iam_role" "this" {
  name        = var.name
  description = "What the pipeline ${var.name} may do"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
      }
    ]
  })
}

# What the pipeline asks for, as `millrace iam` prints it.
resource "aws_iam_role_policy" "pipeline" {
  name   = "pipeline"
  role   = aws_iam_role.this.name
  policy = var.policy_json
}

# What this module's own parts ask for.
resource "aws_iam_role_policy" "module" {
  name = "function"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "WriteLogs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.this.arn}:*"
        },
        {
          Sid      = "KeepFailedEvents"
          Effect   = "Allow"
          Action   = ["sqs:SendMessage"]
          Resource = aws_sqs_queue.dead_letters.arn
        },
      ],
      # Network interfaces have no ARN before they are made.
      [
        for vpc in [var.vpc] : {
          Sid    = "JoinVpc"
          Effect = "Allow"
          Action = [
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
          ]
          Resource = "*"
        } if vpc != null
      ],
      [
        for tracing in [var.tracing] : {
          Sid      = "WriteTraces"
          Effect   = "Allow"
          Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
          Resource = "*"
        } if tracing
      ],
      [
        for key in [var.kms_key_arn] : {
          Sid      = "ReadEnvironment"
          Effect   = "Allow"
          Action   = ["kms:Decrypt"]
          Resource = key
        } if key != null
      ],
    )
  })
}

resource "aws_iam_role_policy" "hand_on" {
  count = var.hands_on ? 1 : 0

  name = "hand-on"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "InvokeItself"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [local.function_arn, "${local.function_arn}:*"]
      }
    ]
  })
}
