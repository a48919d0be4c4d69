output "topic_arn" {
  description = "ARN of the topic that alarms go to"
  value       = aws_sns_topic.this.arn
}

output "error_alarm_names" {
  description = "Names of the alarms on errors, by the functions' names here: what rolls a delivery back"
  value       = { for key, alarm in aws_cloudwatch_metric_alarm.errors : key => alarm.alarm_name }
}

output "dashboard_name" {
  description = "Name of the dashboard"
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}
