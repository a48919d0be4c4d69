output "notification_id" {
  description = "Bucket whose notifications these are: all of them"
  value       = aws_s3_bucket_notification.this.id
}
