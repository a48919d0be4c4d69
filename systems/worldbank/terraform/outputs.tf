output "place" {
  description = "Where the files are"
  value       = local.place
}

output "function_name" {
  description = "Name of the function"
  value       = module.function.function_name
}

output "dashboard_name" {
  description = "Name of the dashboard in CloudWatch"
  value       = module.alarms.dashboard_name
}

output "topic_arn" {
  description = "ARN of the topic that alarms go to"
  value       = module.alarms.topic_arn
}
