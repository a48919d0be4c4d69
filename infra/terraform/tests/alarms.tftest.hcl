mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name   = "plants"
  emails = ["plants@example.com"]
  functions = {
    minute = {
      function_name               = "plants"
      log_group_name              = "/aws/lambda/plants"
      pipeline                    = "plants"
      timeout_seconds             = 60
      last_success_within_minutes = 15
      rejects_above               = 100
    }
    day = {
      function_name               = "plants-daily"
      log_group_name              = "/aws/lambda/plants-daily"
      pipeline                    = "plants-daily"
      timeout_seconds             = 900
      last_success_within_minutes = 1800
    }
  }
  queues             = { orders = { queue_name = "orders", oldest_message_seconds = 600 } }
  dead_letter_queues = { minute = "plants-dead-letters" }
}

run "each_function" {
  module {
    source = "./modules/alarms"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.errors["minute"].metric_name == "Errors" && aws_cloudwatch_metric_alarm.errors["minute"].threshold == 0 && aws_cloudwatch_metric_alarm.throttles["day"].metric_name == "Throttles"
    error_message = "Errors or throttles go unseen."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.duration["minute"].threshold == 54000 && aws_cloudwatch_metric_alarm.duration["day"].threshold == 810000
    error_message = "The limit is not nine tenths of the timeout, in milliseconds."
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.duration) : alarm.evaluation_periods == 1])
    error_message = "A function that runs once a day is never near its timeout."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.failures["minute"].threshold == 0 && aws_cloudwatch_metric_alarm.failures["minute"].metric_name == aws_cloudwatch_log_metric_filter.failures["minute"].metric_transformation[0].name && strcontains(aws_cloudwatch_log_metric_filter.failures["minute"].pattern, "$.status = \"failed\"")
    error_message = "A load that failed is told of, also where its message comes again without an error of the function"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.rejects["minute"].threshold == 100 && aws_cloudwatch_log_metric_filter.rejects["minute"].metric_transformation[0].value == "$.counts.rejected"
    error_message = "Rejects are not counted as the runs' lines say."
  }
}

run "silence_is_told_of" {
  module {
    source = "./modules/alarms"
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.last_success) : alarm.treat_missing_data == "breaching"])
    error_message = "A pipeline that never runs is in order."
  }

  # CloudWatch takes a day at most with periods below an hour, seven days with longer ones.
  assert {
    condition     = aws_cloudwatch_metric_alarm.last_success["minute"].period * aws_cloudwatch_metric_alarm.last_success["minute"].evaluation_periods == 15 * 60 && aws_cloudwatch_metric_alarm.last_success["day"].period == 3600 && aws_cloudwatch_metric_alarm.last_success["day"].evaluation_periods == 30
    error_message = "The time without a success is another one."
  }

  assert {
    condition     = aws_cloudwatch_log_metric_filter.successes["minute"].pattern == "{ ($.pipeline = \"plants\") && (($.status = \"succeeded\") || ($.status = \"unchanged\")) }"
    error_message = "Other lines count as a success."
  }
}

run "queues_and_dead_letters" {
  module {
    source = "./modules/alarms"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.queue_age["orders"].metric_name == "ApproximateAgeOfOldestMessage" && aws_cloudwatch_metric_alarm.queue_age["orders"].threshold == 600
    error_message = "Messages may wait for ever."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.dead_letters["minute"].metric_name == "ApproximateNumberOfMessagesVisible" && aws_cloudwatch_metric_alarm.dead_letters["minute"].threshold == 0
    error_message = "Dead letters go unseen."
  }
}

run "all_are_sent_encrypted_and_shown" {
  module {
    source = "./modules/alarms"
  }

  assert {
    condition = alltrue(flatten([
      for alarms in [
        aws_cloudwatch_metric_alarm.errors, aws_cloudwatch_metric_alarm.throttles, aws_cloudwatch_metric_alarm.duration, aws_cloudwatch_metric_alarm.last_success,
        aws_cloudwatch_metric_alarm.rejects, aws_cloudwatch_metric_alarm.failures, aws_cloudwatch_metric_alarm.queue_age, aws_cloudwatch_metric_alarm.dead_letters,
      ] : [for alarm in values(alarms) : alarm.alarm_actions == toset([aws_sns_topic.this.arn])]
    ]))
    error_message = "An alarm tells nobody."
  }

  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == aws_kms_key.this.arn && aws_kms_key.this.enable_key_rotation && contains(jsondecode(aws_kms_key.this.policy).Statement[*].Principal, { Service = "cloudwatch.amazonaws.com" })
    error_message = "The topic is not encrypted, or CloudWatch may not use its key."
  }

  assert {
    condition     = aws_sns_topic_subscription.mail["plants@example.com"].protocol == "email"
    error_message = "Nobody gets a mail."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 8 && length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.alarms) == 12
    error_message = "The dashboard does not show everything."
  }
}

run "refuses_what_cloudwatch_would" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    functions = {
      month = {
        function_name               = "plants"
        log_group_name              = "/aws/lambda/plants"
        pipeline                    = "plants"
        timeout_seconds             = 60
        last_success_within_minutes = 44640
      }
    }
  }

  expect_failures = [var.functions]
}
