mock_provider "aws" {
  source = "./tests/mocks"
}

run "a_schedule_gives_the_moment" {
  module {
    source = "./modules/schedule"
  }

  variables {
    name                  = "population"
    function_arn          = "arn:aws:lambda:eu-west-2:123456789012:function:population:live"
    dead_letter_queue_arn = "arn:aws:sqs:eu-west-2:123456789012:population-dead-letters"
    expression            = "cron(0 6 * * ? *)"
    time_zone             = "Europe/London"
    params                = { to = "s3://example/population", since = 2000 }
  }

  assert {
    condition     = aws_scheduler_schedule.this.target[0].input == "{\"millrace\":{\"scheduledTime\":\"<aws.scheduler.scheduled-time>\"},\"since\":2000,\"to\":\"s3://example/population\"}"
    error_message = "Scheduler would not find its placeholder, or the parameters are others."
  }

  assert {
    condition     = aws_scheduler_schedule.this.flexible_time_window[0].mode == "OFF" && aws_scheduler_schedule.this.schedule_expression_timezone == "Europe/London"
    error_message = "It does not run on time."
  }

  assert {
    condition     = aws_scheduler_schedule.this.target[0].dead_letter_config[0].arn == var.dead_letter_queue_arn
    error_message = "Events that were not taken are lost."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this.policy).Statement[0].Resource == var.function_arn
    error_message = "The schedule may start more than its function."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "Another account's schedules may take the role."
  }
}

run "a_schedule_refuses_what_is_none" {
  command = plan

  module {
    source = "./modules/schedule"
  }

  variables {
    name                  = "population"
    function_arn          = "arn:aws:lambda:eu-west-2:123456789012:function:population:live"
    dead_letter_queue_arn = "arn:aws:sqs:eu-west-2:123456789012:population-dead-letters"
    expression            = "every hour"
    params                = { millrace = {} }
  }

  expect_failures = [var.expression, var.params]
}

run "objects_start_the_alias" {
  module {
    source = "./modules/s3-trigger"
  }

  variables {
    bucket_name   = "data.example.com"
    bucket_arn    = "arn:aws:s3:::data.example.com"
    function_name = "orders"
    alias_name    = "live"
    function_arn  = "arn:aws:lambda:eu-west-2:123456789012:function:orders:live"
    filters       = [{ prefix = "raw/", suffix = ".csv" }, { prefix = "late/" }]
  }

  assert {
    condition     = aws_lambda_permission.this.source_arn == var.bucket_arn && aws_lambda_permission.this.source_account == "123456789012" && aws_lambda_permission.this.qualifier == "live"
    error_message = "Others than this account's bucket may start the function."
  }

  assert {
    condition     = can(regex("^[A-Za-z0-9_-]{1,100}$", aws_lambda_permission.this.statement_id))
    error_message = "Lambda takes no such name of a statement."
  }

  assert {
    condition     = aws_s3_bucket_notification.this.lambda_function[*].filter_prefix == tolist(["raw/", "late/"]) && aws_s3_bucket_notification.this.lambda_function[0].lambda_function_arn == var.function_arn
    error_message = "Other keys start it, or another version."
  }
}

run "objects_refuse_a_loop" {
  command = plan

  module {
    source = "./modules/s3-trigger"
  }

  variables {
    bucket_name   = "example"
    bucket_arn    = "arn:aws:s3:::example"
    function_name = "orders"
    alias_name    = "live"
    function_arn  = "arn:aws:lambda:eu-west-2:123456789012:function:orders:live"
    filters       = [{ prefix = "" }]
  }

  expect_failures = [var.filters]
}

run "a_queue_tells_which_messages_failed" {
  module {
    source = "./modules/queue"
  }

  override_resource {
    target = aws_sqs_queue.dead_letters
    values = { arn = "arn:aws:sqs:eu-west-2:123456789012:orders-dead-letters" }
  }

  variables {
    name                     = "orders"
    function_arn             = "arn:aws:lambda:eu-west-2:123456789012:function:orders:live"
    function_role_name       = "orders"
    function_timeout_seconds = 300
    batching_window_seconds  = 20
    batch_size               = 10
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this.function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "A batch with failed messages counts as done."
  }

  assert {
    condition     = aws_sqs_queue.this.visibility_timeout_seconds == 1820
    error_message = "A message comes again while it is worked on."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.this.redrive_policy).maxReceiveCount == 10 && jsondecode(aws_sqs_queue.this.redrive_policy).deadLetterTargetArn == aws_sqs_queue.dead_letters.arn
    error_message = "What fails comes for ever."
  }

  assert {
    condition     = aws_sqs_queue.this.sqs_managed_sse_enabled && aws_sqs_queue.dead_letters.sqs_managed_sse_enabled
    error_message = "Messages are not encrypted."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_policy.this.policy).Statement[0].Effect == "Deny" && jsondecode(aws_sqs_queue_policy.this.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "Requests without TLS are let in."
  }
}

run "a_queue_that_services_send_to" {
  module {
    source = "./modules/queue"
  }

  variables {
    name                     = "orders"
    function_arn             = "arn:aws:lambda:eu-west-2:123456789012:function:orders:live"
    function_role_name       = "orders"
    function_timeout_seconds = 300
    takes_hand_ons           = true
    senders = [
      { service = "s3", arn = "arn:aws:s3:::arrivals" },
      { service = "sns", arn = "arn:aws:sns:eu-west-2:123456789012:orders" },
      { service = "events", arn = "arn:aws:events:eu-west-2:123456789012:rule/orders" },
    ]
  }

  assert {
    condition = [for statement in slice(jsondecode(aws_sqs_queue_policy.this.policy).Statement, 1, 4) :
      [statement.Effect, statement.Action, statement.Principal.Service, statement.Condition.ArnEquals["aws:SourceArn"]]] == [
      ["Allow", "sqs:SendMessage", "s3.amazonaws.com", "arn:aws:s3:::arrivals"],
      ["Allow", "sqs:SendMessage", "sns.amazonaws.com", "arn:aws:sns:eu-west-2:123456789012:orders"],
      ["Allow", "sqs:SendMessage", "events.amazonaws.com", "arn:aws:events:eu-west-2:123456789012:rule/orders"],
    ]
    error_message = "They may not send, or others may."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_policy.this.policy).Statement[1].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "Another account's bucket of that name may send."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if statement.Sid == "HandOn"] == [aws_sqs_queue.this.arn]
    error_message = "A load that passes a deadline does not go on."
  }
}

run "a_queue_that_nobody_else_sends_to" {
  module {
    source = "./modules/queue"
  }

  variables {
    name                     = "orders"
    function_arn             = "arn:aws:lambda:eu-west-2:123456789012:function:orders:live"
    function_role_name       = "orders"
    function_timeout_seconds = 300
  }

  assert {
    condition     = length(jsondecode(aws_sqs_queue_policy.this.policy).Statement) == 1 && length(jsondecode(aws_iam_role_policy.this.policy).Statement) == 2
    error_message = "Someone may send who was not named."
  }
}

run "a_queue_refuses_senders_of_any_kind" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    name                     = "orders"
    function_arn             = "arn:aws:lambda:eu-west-2:123456789012:function:orders:live"
    function_role_name       = "orders"
    function_timeout_seconds = 300
    senders                  = [{ service = "lambda", arn = "*" }]
  }

  expect_failures = [var.senders]
}

run "a_queue_in_order_refuses_s3" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    name                     = "orders"
    function_arn             = "arn:aws:lambda:eu-west-2:123456789012:function:orders:live"
    function_role_name       = "orders"
    function_timeout_seconds = 300
    fifo                     = true
    senders                  = [{ service = "s3", arn = "arn:aws:s3:::arrivals" }]
  }

  expect_failures = [aws_sqs_queue_policy.this]
}

run "a_queue_in_order" {
  module {
    source = "./modules/queue"
  }

  variables {
    name                     = "orders"
    function_arn             = "arn:aws:lambda:eu-west-2:123456789012:function:orders:live"
    function_role_name       = "orders"
    function_timeout_seconds = 300
    fifo                     = true
  }

  assert {
    condition     = aws_sqs_queue.this.name == "orders.fifo" && aws_sqs_queue.this.fifo_queue && aws_sqs_queue.dead_letters.name == "orders-dead-letters.fifo"
    error_message = "Its messages, or its dead letters, lose their order."
  }
}

run "a_queue_refuses_what_loses_messages" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    name                     = "orders"
    function_arn             = "arn:aws:lambda:eu-west-2:123456789012:function:orders:live"
    function_role_name       = "orders"
    function_timeout_seconds = 300
    max_receives             = 1
    max_concurrency          = 1
    batch_size               = 100
  }

  expect_failures = [var.max_receives, var.max_concurrency, var.batch_size]
}
