output "address" {
  description = "Host name"
  value       = aws_db_instance.this.address
}

output "place" {
  description = "The server as the beginning of a pipeline's place: append `/database`"
  value       = "sqlserver://${aws_db_instance.this.address}:${local.port}"
}

output "secret_arn" {
  description = "ARN of the secret with user and password"
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "security_group_id" {
  description = "Security group of the instance"
  value       = aws_security_group.this.id
}
