output "name" {
  description = "Name of the bucket"
  value       = module.bucket.name
}

output "arn" {
  description = "ARN of the bucket"
  value       = module.bucket.arn
}

output "place" {
  description = "The bucket as a place of a pipeline: s3://name"
  value       = module.bucket.place
}
