output "pipeline_name" {
  description = "Name of the pipeline"
  value       = aws_codepipeline.this.name
}

output "application_name" {
  description = "Name of the application of CodeDeploy"
  value       = aws_codedeploy_app.this.name
}
