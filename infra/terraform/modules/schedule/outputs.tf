output "name" {
  description = "Name of the schedule"
  value       = aws_scheduler_schedule.this.name
}

output "input" {
  description = "What the function gets; Scheduler puts the moment in"
  value       = local.input
}
