output "name" {
  description = "Name of the bucket"
  value       = aws_s3_bucket.this.bucket
}

output "arn" {
  description = "ARN of the bucket"
  value       = aws_s3_bucket.this.arn
}

output "place" {
  description = "The bucket as a place of a pipeline: s3://name"
  value       = "s3://${aws_s3_bucket.this.bucket}"
}
