output "database" {
  description = "Where the tables are"
  value       = local.database
}

output "address" {
  description = "Host name of the server"
  value       = module.sqlserver.address
}

output "secret_arn" {
  description = "ARN of the secret with user and password"
  value       = module.sqlserver.secret_arn
}

output "archive" {
  description = "Where the archive is"
  value       = local.archive
}

output "private_subnet_ids" {
  description = "Subnets from which the database can be reached, by members of `functions_security_group_id`"
  value       = aws_subnet.private[*].id
}

output "functions_security_group_id" {
  description = "Security group of the functions"
  value       = aws_security_group.functions.id
}

output "dashboard_name" {
  description = "Name of the dashboard in CloudWatch"
  value       = module.alarms.dashboard_name
}

output "topic_arn" {
  description = "ARN of the topic that alarms go to"
  value       = module.alarms.topic_arn
}
