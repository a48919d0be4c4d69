mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name        = "population"
  package     = "./tests/stub.zip"
  policy_json = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\"],\"Resource\":\"arn:aws:s3:::example/*\"}]}"
  # The newest that provider 5 knows; the default needs provider 6.
  runtime = "nodejs22.x"
}

run "as_the_bundle_wants_it" {
  module {
    source = "./modules/pipeline-function"
  }

  assert {
    condition     = aws_lambda_function.this.handler == "index.handler" && aws_lambda_function.this.environment[0].variables.NODE_OPTIONS == "--enable-source-maps"
    error_message = "The bundle's handler is not called, or its stacks name lines of the bundle."
  }

  assert {
    condition     = aws_lambda_function.this.publish && aws_lambda_alias.terraform[0].function_version == aws_lambda_function.this.version
    error_message = "The alias is not at the version that was published."
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 1
    error_message = "Loads of one pipeline would meet."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 30 && aws_lambda_function.this.logging_config[0].log_group == aws_cloudwatch_log_group.this.name
    error_message = "Logs are kept for ever."
  }

  assert {
    condition     = length(aws_lambda_function.this.vpc_config) == 0 && length(aws_lambda_function_recursion_config.this) == 0
    error_message = "It is in a VPC, or may loop, without being asked to."
  }
}

run "failed_events_are_kept" {
  module {
    source = "./modules/pipeline-function"
  }

  assert {
    condition     = aws_lambda_function.this.dead_letter_config[0].target_arn == aws_sqs_queue.dead_letters.arn
    error_message = "Failed events are lost."
  }

  assert {
    condition     = aws_sqs_queue.dead_letters.sqs_managed_sse_enabled && aws_sqs_queue.dead_letters.message_retention_seconds == 1209600
    error_message = "Dead letters are not encrypted, or go before their time."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this.qualifier == "live"
    error_message = "Retries are not those of the alias."
  }
}

run "may_do_what_its_policy_says_and_what_its_parts_need" {
  module {
    source = "./modules/pipeline-function"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.pipeline.policy) == jsondecode(var.policy_json)
    error_message = "The pipeline's policy was changed."
  }

  assert {
    condition     = toset(flatten(jsondecode(aws_iam_role_policy.module.policy).Statement[*].Action)) == toset(["logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"])
    error_message = "The function may do something nobody asked for."
  }

  assert {
    condition     = !contains(jsondecode(aws_iam_role_policy.module.policy).Statement[*].Resource, "*")
    error_message = "A statement is about everything."
  }
}

run "in_a_vpc_traced_and_handing_on" {
  module {
    source = "./modules/pipeline-function"
  }

  variables {
    vpc      = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
    tracing  = true
    hands_on = true
  }

  assert {
    condition     = length(aws_lambda_function.this.vpc_config[0].subnet_ids) == 2 && aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "It is not in the VPC, or not traced."
  }

  assert {
    condition = alltrue([for action in ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "xray:PutTraceSegments"] :
    contains(flatten(jsondecode(aws_iam_role_policy.module.policy).Statement[*].Action), action)])
    error_message = "It may not join the VPC, or write traces."
  }

  assert {
    condition     = aws_lambda_function_recursion_config.this[0].recursive_loop == "Allow" && length(jsondecode(aws_iam_role_policy.hand_on[0].policy).Statement[0].Resource) == 2
    error_message = "Lambda would end the load after 16 invocations, or the function may not invoke itself."
  }
}

run "handing_on_by_a_queue" {
  module {
    source = "./modules/pipeline-function"
  }

  variables {
    hands_on_by_queue = true
  }

  assert {
    condition     = aws_lambda_function_recursion_config.this[0].recursive_loop == "Allow" && length(aws_iam_role_policy.hand_on) == 0
    error_message = "Lambda would end the load after 16 invocations, or the function may invoke itself without need."
  }
}

run "a_delivery_moves_the_alias" {
  module {
    source = "./modules/pipeline-function"
  }

  variables {
    deployed_by = "delivery"
  }

  assert {
    condition     = length(aws_lambda_alias.terraform) == 0 && output.alias_arn == aws_lambda_alias.delivery[0].arn
    error_message = "Terraform moves the alias back."
  }
}

run "refuses_what_would_not_work" {
  command = plan

  module {
    source = "./modules/pipeline-function"
  }

  variables {
    policy_json          = "{}"
    runtime              = "nodejs18.x"
    timeout_seconds      = 901
    reserved_concurrency = 0
    log_retention_days   = 0
    environment          = { MILLRACE_SQLSERVER_PASSWORD = "x" }
    deployed_by          = "hand"
  }

  expect_failures = [var.policy_json, var.runtime, var.timeout_seconds, var.reserved_concurrency, var.log_retention_days, var.environment, var.deployed_by]
}
