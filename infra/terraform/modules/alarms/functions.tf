resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each = var.functions

  alarm_name          = "${each.value.function_name}-errors"
  alarm_description   = "An invocation of ${each.value.function_name} failed. Its log says why: { $.level = \"ERROR\" }"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = each.value.function_name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.errors_above
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  for_each = var.functions

  alarm_name          = "${each.value.function_name}-throttles"
  alarm_description   = "Events of ${each.value.function_name} wait for their turn: loads take longer than the time between them"
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = each.value.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.throttles_above
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions
}

resource "aws_cloudwatch_metric_alarm" "duration" {
  for_each = var.functions

  alarm_name        = "${each.value.function_name}-duration"
  alarm_description = "Invocations of ${each.value.function_name} come near its timeout of ${each.value.timeout_seconds} s"
  namespace         = "AWS/Lambda"
  metric_name       = "Duration"
  dimensions        = { FunctionName = each.value.function_name }
  statistic         = "Maximum"
  # One is enough: of a function that runs once an hour, no second one is near.
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = floor(each.value.timeout_seconds * 1000 * each.value.duration_share)
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions
}

# Every run that ends writes a line with its pipeline and status.
resource "aws_cloudwatch_log_metric_filter" "successes" {
  for_each = var.functions

  name           = "${each.value.function_name}-successes"
  log_group_name = each.value.log_group_name
  pattern        = "{ ($.pipeline = \"${each.value.pipeline}\") && (($.status = \"succeeded\") || ($.status = \"unchanged\")) }"

  metric_transformation {
    namespace  = local.namespace
    name       = "Successes"
    value      = "1"
    unit       = "Count"
    dimensions = { pipeline = "$.pipeline" }
  }
}

# A message of a queue whose load failed comes again without an error of the function: Errors does not see it.
resource "aws_cloudwatch_log_metric_filter" "failures" {
  for_each = var.functions

  name           = "${each.value.function_name}-failures"
  log_group_name = each.value.log_group_name
  pattern        = "{ ($.pipeline = \"${each.value.pipeline}\") && ($.status = \"failed\") }"

  metric_transformation {
    namespace  = local.namespace
    name       = "Failures"
    value      = "1"
    unit       = "Count"
    dimensions = { pipeline = "$.pipeline" }
  }
}

resource "aws_cloudwatch_metric_alarm" "failures" {
  for_each = var.functions

  alarm_name          = "${each.value.function_name}-failures"
  alarm_description   = "Loads of ${each.value.pipeline} have failed, those that a queue brings again among them"
  namespace           = local.namespace
  metric_name         = "Failures"
  dimensions          = { pipeline = each.value.pipeline }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions
}

resource "aws_cloudwatch_log_metric_filter" "rejects" {
  for_each = var.functions

  name           = "${each.value.function_name}-rejects"
  log_group_name = each.value.log_group_name
  pattern        = "{ ($.pipeline = \"${each.value.pipeline}\") && ($.status = *) && ($.counts.rejected > 0) }"

  metric_transformation {
    namespace  = local.namespace
    name       = "Rejects"
    value      = "$.counts.rejected"
    unit       = "Count"
    dimensions = { pipeline = "$.pipeline" }
  }
}

resource "aws_cloudwatch_metric_alarm" "last_success" {
  for_each = var.functions

  alarm_name          = "${each.value.function_name}-last-success"
  alarm_description   = "No run of ${each.value.pipeline} has succeeded for ${each.value.last_success_within_minutes} minutes, or none began"
  namespace           = local.namespace
  metric_name         = "Successes"
  dimensions          = { pipeline = each.value.pipeline }
  statistic           = "Sum"
  period              = local.success_period[each.key]
  evaluation_periods  = ceil(each.value.last_success_within_minutes * 60 / local.success_period[each.key])
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  # Silence is what it is about.
  treat_missing_data = "breaching"
  alarm_actions      = local.actions
  ok_actions         = local.actions
}

resource "aws_cloudwatch_metric_alarm" "rejects" {
  for_each = var.functions

  alarm_name          = "${each.value.function_name}-rejects"
  alarm_description   = "More than ${each.value.rejects_above} records were rejected within an hour. Why: millrace rejects ls ${each.value.pipeline}"
  namespace           = local.namespace
  metric_name         = "Rejects"
  dimensions          = { pipeline = each.value.pipeline }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.rejects_above
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions
}
