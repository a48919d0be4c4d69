data "aws_caller_identity" "current" {}

locals {
  suffix = var.fifo ? ".fifo" : ""
  # Six times the function's timeout and the batching window, as AWS asks for, so that no message comes again while it is
  # worked on. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html (read 2026-12)
  visibility_timeout_seconds = 6 * var.function_timeout_seconds + var.batching_window_seconds
}

resource "aws_sqs_queue" "this" {
  name                        = "${var.name}${local.suffix}"
  fifo_queue                  = var.fifo
  content_based_deduplication = var.fifo
  visibility_timeout_seconds  = local.visibility_timeout_seconds
  message_retention_seconds   = var.retention_seconds
  sqs_managed_sse_enabled     = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = var.max_receives
  })
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters${local.suffix}"
  fifo_queue                = var.fifo
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_redrive_allow_policy" "this" {
  queue_url = aws_sqs_queue.dead_letters.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.this.arn]
  })
}

resource "aws_sqs_queue_policy" "this" {
  queue_url = aws_sqs_queue.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "TlsOnly"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sqs:*"
          Resource  = aws_sqs_queue.this.arn
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        }
      ],
      [
        for index, sender in var.senders : {
          Sid       = "Sender${index}"
          Effect    = "Allow"
          Principal = { Service = "${sender.service}.amazonaws.com" }
          Action    = "sqs:SendMessage"
          Resource  = aws_sqs_queue.this.arn
          # A bucket's ARN names no account, and one that was removed may be another account's next. The others' ARNs do.
          # https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html (read 2026-12)
          Condition = merge(
            { ArnEquals = { "aws:SourceArn" = sender.arn } },
            sender.service == "s3" ? { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } } : {},
          )
        }
      ],
    )
  })

  lifecycle {
    precondition {
      condition     = !var.fifo || alltrue([for sender in var.senders : sender.service != "s3"])
      error_message = "S3 sends to no FIFO queue: take one without an order, or EventBridge between them."
    }
  }
}

resource "aws_lambda_event_source_mapping" "this" {
  event_source_arn                   = aws_sqs_queue.this.arn
  function_name                      = var.function_arn
  batch_size                         = var.batch_size
  maximum_batching_window_in_seconds = var.fifo ? null : var.batching_window_seconds
  # Without it a batch of which some failed counts as done.
  function_response_types = ["ReportBatchItemFailures"]

  dynamic "scaling_config" {
    for_each = var.max_concurrency == null ? [] : [var.max_concurrency]

    content {
      maximum_concurrency = scaling_config.value
    }
  }

  depends_on = [aws_iam_role_policy.this]
}

resource "aws_iam_role_policy" "this" {
  name = "queue-${var.name}"
  role = var.function_role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "TakeMessages"
          Effect   = "Allow"
          Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
          Resource = aws_sqs_queue.this.arn
        },
        # For `deadLetterQueue(url)`: what can never be run, with its reason.
        {
          Sid      = "KeepMessagesThatCannotRun"
          Effect   = "Allow"
          Action   = ["sqs:SendMessage"]
          Resource = aws_sqs_queue.dead_letters.arn
        },
      ],
      # For `sendToQueue(url)`: loads that pass a deadline.
      [
        for queue in [aws_sqs_queue.this.arn] : {
          Sid      = "HandOn"
          Effect   = "Allow"
          Action   = ["sqs:SendMessage"]
          Resource = queue
        } if var.takes_hand_ons
      ],
    )
  })
}
