# What AWS would answer where other resources check the answer: a mock is a random text otherwise, and no ARN.

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_region" {
  defaults = { id = "eu-west-2" }
}

mock_data "aws_availability_zones" {
  defaults = { names = ["eu-west-2a", "eu-west-2b", "eu-west-2c"] }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
}

mock_resource "aws_lambda_function" {
  defaults = { arn = "arn:aws:lambda:eu-west-2:123456789012:function:mock", version = "1" }
}

mock_resource "aws_lambda_alias" {
  defaults = { arn = "arn:aws:lambda:eu-west-2:123456789012:function:mock:live" }
}

mock_resource "aws_sqs_queue" {
  defaults = { arn = "arn:aws:sqs:eu-west-2:123456789012:mock", url = "https://sqs.eu-west-2.amazonaws.com/123456789012/mock" }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:eu-west-2:123456789012:log-group:mock" }
}

mock_resource "aws_s3_bucket" {
  defaults = { arn = "arn:aws:s3:::mock" }
}

mock_resource "aws_kms_key" {
  defaults = { arn = "arn:aws:kms:eu-west-2:123456789012:key/mock" }
}

mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:eu-west-2:123456789012:mock" }
}

mock_resource "aws_codebuild_project" {
  defaults = { arn = "arn:aws:codebuild:eu-west-2:123456789012:project/mock" }
}

mock_resource "aws_codedeploy_app" {
  defaults = { arn = "arn:aws:codedeploy:eu-west-2:123456789012:application:mock" }
}

mock_resource "aws_codedeploy_deployment_group" {
  defaults = { arn = "arn:aws:codedeploy:eu-west-2:123456789012:deploymentgroup:mock/mock" }
}

mock_resource "aws_db_instance" {
  defaults = {
    address = "plants.mock.eu-west-2.rds.amazonaws.com"
    master_user_secret = [{
      kms_key_id    = "arn:aws:kms:eu-west-2:123456789012:key/mock"
      secret_arn    = "arn:aws:secretsmanager:eu-west-2:123456789012:secret:rds-mock"
      secret_status = "active"
    }]
  }
}

mock_resource "aws_security_group" {
  defaults = { id = "sg-mock" }
}

mock_resource "aws_subnet" {
  defaults = { id = "subnet-mock" }
}
