locals {
  alarms = {
    for kind, of in {
      errors       = aws_cloudwatch_metric_alarm.errors
      throttles    = aws_cloudwatch_metric_alarm.throttles
      duration     = aws_cloudwatch_metric_alarm.duration
      last_success = aws_cloudwatch_metric_alarm.last_success
      rejects      = aws_cloudwatch_metric_alarm.rejects
      queue_age    = aws_cloudwatch_metric_alarm.queue_age
      dead_letters = aws_cloudwatch_metric_alarm.dead_letters
    } : kind => of
  }
  alarm_arns = flatten([for of in values(local.alarms) : [for alarm in values(of) : alarm.arn]])

  # One graph each, two in a row: its title, statistic and lines.
  graphs = [
    {
      title = "Invocations, errors, throttles", stat = "Sum"
      metrics = flatten([for function in values(var.functions) : [
        for name in ["Invocations", "Errors", "Throttles"] :
        { of = ["AWS/Lambda", name, "FunctionName", function.function_name] }
      ]])
    },
    {
      title = "Duration (ms)", stat = "Maximum"
      metrics = [for function in values(var.functions) :
        { of = ["AWS/Lambda", "Duration", "FunctionName", function.function_name] }
      ]
    },
    {
      title = "Runs that succeeded", stat = "Sum"
      metrics = [for function in values(var.functions) :
        { of = [local.namespace, "Successes", "pipeline", function.pipeline] }
      ]
    },
    {
      title = "Rejects", stat = "Sum"
      metrics = [for function in values(var.functions) :
        { of = [local.namespace, "Rejects", "pipeline", function.pipeline] }
      ]
    },
    {
      title = "Age of the oldest message (s)", stat = "Maximum"
      metrics = [for queue in values(var.queues) :
        { of = ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue.queue_name] }
      ]
    },
    {
      title = "Dead letters", stat = "Maximum"
      metrics = [for queue in values(var.dead_letter_queues) :
        { of = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue] }
      ]
    },
  ]
  shown = [for graph in local.graphs : graph if length(graph.metrics) > 0]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = concat(
      [
        {
          type       = "alarm"
          x          = 0
          y          = 0
          width      = 24
          height     = 3
          properties = { title = "Alarms", alarms = local.alarm_arns }
        }
      ],
      [
        for index, graph in local.shown : {
          type   = "metric"
          x      = index % 2 * 12
          y      = 3 + floor(index / 2) * 6
          width  = 12
          height = 6
          properties = {
            title   = graph.title
            stat    = graph.stat
            region  = data.aws_region.current.id
            period  = 300
            view    = "timeSeries"
            metrics = [for metric in graph.metrics : metric.of]
          }
        }
      ],
      [
        {
          type   = "log"
          x      = 0
          y      = 3 + ceil(length(local.shown) / 2) * 6
          width  = 24
          height = 6
          properties = {
            title  = "The last runs"
            region = data.aws_region.current.id
            view   = "table"
            query = join(" ", concat(
              [for function in values(var.functions) : "SOURCE '${function.log_group_name}' |"],
              ["fields @timestamp, pipeline, status, counts.read, counts.written, counts.rejected, durationMs | filter ispresent(status) | sort @timestamp desc | limit 20"],
            ))
          }
        }
      ],
    )
  })
}
