data "aws_caller_identity" "current" {}

locals {
  # The moment makes a load's identity, so that an event that comes twice is one load. jsonencode writes < and > as
  # escapes, which Scheduler would not know its placeholder by.
  input = replace(replace(
    jsonencode(merge(var.params, { millrace = { scheduledTime = "<aws.scheduler.scheduled-time>" } })),
  "\\u003c", "<"), "\\u003e", ">")
}

resource "aws_scheduler_schedule" "this" {
  name        = var.name
  description = "Starts ${var.name}"
  state       = var.enabled ? "ENABLED" : "DISABLED"

  schedule_expression          = var.expression
  schedule_expression_timezone = var.time_zone

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.function_arn
    role_arn = aws_iam_role.this.arn
    input    = local.input

    retry_policy {
      maximum_retry_attempts       = var.max_retry_attempts
      maximum_event_age_in_seconds = var.max_event_age_seconds
    }

    dead_letter_config {
      arn = var.dead_letter_queue_arn
    }
  }
}

resource "aws_iam_role" "this" {
  name        = "${var.name}-schedule"
  description = "Lets EventBridge Scheduler start ${var.name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "scheduler.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
      }
    ]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "schedule"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "StartFunction"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = var.function_arn
      },
      {
        Sid      = "KeepEventsThatWereNotTaken"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = var.dead_letter_queue_arn
      },
    ]
  })
}
