output "queue_name" {
  description = "Name of the queue"
  value       = aws_sqs_queue.this.name
}

output "queue_url" {
  description = "URL that messages are sent to, and for `sendToQueue(url)`"
  value       = aws_sqs_queue.this.url
}

output "queue_arn" {
  description = "ARN of the queue"
  value       = aws_sqs_queue.this.arn
}

output "dead_letter_queue_name" {
  description = "Name of the queue for dead letters"
  value       = aws_sqs_queue.dead_letters.name
}

output "dead_letter_queue_url" {
  description = "Its URL, for `deadLetterQueue(url)`"
  value       = aws_sqs_queue.dead_letters.url
}
