output "function_name" {
  description = "Name of the function"
  value       = aws_lambda_function.this.function_name
}

output "function_arn" {
  description = "ARN of the function, without an alias"
  value       = local.function_arn
}

output "alias_name" {
  description = "Name of the alias"
  value       = local.alias.name
}

output "alias_arn" {
  description = "ARN of the alias: what schedules, queues and buckets start"
  value       = local.alias.arn
}

output "role_name" {
  description = "Name of the function's role"
  value       = aws_iam_role.this.name
}

output "log_group_name" {
  description = "Name of the log group"
  value       = aws_cloudwatch_log_group.this.name
}

output "timeout_seconds" {
  description = "How long an invocation may take"
  value       = var.timeout_seconds
}

output "dead_letter_queue_name" {
  description = "Name of the queue of events that failed for good"
  value       = aws_sqs_queue.dead_letters.name
}

output "dead_letter_queue_arn" {
  description = "ARN of the same queue"
  value       = aws_sqs_queue.dead_letters.arn
}
