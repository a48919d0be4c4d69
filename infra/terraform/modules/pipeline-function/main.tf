locals {
  function_arn = aws_lambda_function.this.arn
  # Alias and function exist once, whoever moves the alias.
  alias = var.deployed_by == "terraform" ? aws_lambda_alias.terraform[0] : aws_lambda_alias.delivery[0]
}

# Made before the function: Lambda would make one that keeps logs for ever.
resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# Events that failed as often as Lambda tries them, as they came: they can be sent again as they are.
resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_lambda_function" "this" {
  function_name = var.name
  description   = var.description
  role          = aws_iam_role.this.arn

  filename = var.package
  # Without a hash Terraform leaves the code as it is, whatever is deployed by then.
  source_code_hash = var.deployed_by == "terraform" ? filebase64sha256(var.package) : null
  handler          = var.handler
  runtime          = var.runtime
  architectures    = [var.architecture]
  publish          = true

  memory_size                    = var.memory_mib
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency
  kms_key_arn                    = var.kms_key_arn

  environment {
    # Stacks name lines of TypeScript.
    variables = merge({ NODE_OPTIONS = "--enable-source-maps" }, var.environment)
  }

  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }

  # As text, lines that are JSON already stay as the pipeline wrote them: metric filters read those.
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  dynamic "vpc_config" {
    for_each = var.vpc == null ? [] : [var.vpc]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  # A function in a VPC is not made before its role may make network interfaces.
  depends_on = [aws_iam_role_policy.module]
}

resource "aws_lambda_alias" "terraform" {
  count = var.deployed_by == "terraform" ? 1 : 0

  name             = "live"
  description      = "What schedules and triggers start"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_lambda_alias" "delivery" {
  count = var.deployed_by == "delivery" ? 1 : 0

  name             = "live"
  description      = "What schedules and triggers start; a delivery moves it"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version

  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  qualifier                    = local.alias.name
  maximum_retry_attempts       = var.max_retry_attempts
  maximum_event_age_in_seconds = var.max_event_age_seconds
}

# Lambda ends a function that calls itself, or sends to a queue of its own, after some 16 invocations. A load that passes many deadlines does
# so on purpose. https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html (read 2026-12)
resource "aws_lambda_function_recursion_config" "this" {
  count = var.hands_on || var.hands_on_by_queue ? 1 : 0

  function_name  = aws_lambda_function.this.function_name
  recursive_loop = "Allow"
}
