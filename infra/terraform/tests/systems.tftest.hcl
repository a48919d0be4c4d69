mock_provider "aws" {
  source = "./tests/mocks"
}

run "worldbank" {
  module {
    source = "../../systems/worldbank/terraform"
  }

  variables {
    bucket  = "example-worldbank"
    package = "./tests/stub.zip"
    runtime = "nodejs22.x"
  }

  assert {
    condition     = !strcontains(local.policy, "millrace-bucket") && strcontains(local.policy, "arn:aws:s3:::example-worldbank/worldbank/")
    error_message = "The function may reach another bucket."
  }

  assert {
    condition     = jsondecode(module.schedule.input) == { indicators = ["SP.POP.TOTL", "NY.GDP.MKTP.CD"], to = "s3://example-worldbank/worldbank", format = "csv", millrace = { scheduledTime = "<aws.scheduler.scheduled-time>" } }
    error_message = "The schedule gives other parameters."
  }

  assert {
    condition     = length(module.delivery) == 0
    error_message = "A delivery is made that nobody asked for."
  }
}

run "worldbank_delivered" {
  command = plan

  module {
    source = "../../systems/worldbank/terraform"
  }

  variables {
    bucket  = "example-worldbank"
    package = "./tests/stub.zip"
    runtime = "nodejs22.x"
    delivery = {
      connection_arn       = "arn:aws:codeconnections:eu-west-2:123456789012:connection/mock"
      repository           = "example/worldbank"
      artifact_bucket_name = "example-worldbank-artifacts"
    }
  }

  assert {
    condition     = module.delivery[0].pipeline_name == "worldbank-delivery"
    error_message = "No delivery is made."
  }
}

run "plants" {
  module {
    source = "../../systems/plants/terraform"
  }

  variables {
    api_url        = "https://plants.example.com"
    archive_bucket = "example-plants"
    packages       = { plants = "./tests/stub.zip", archive = "./tests/stub.zip", daily = "./tests/stub.zip" }
    runtime        = "nodejs22.x"
    delivery = {
      connection_arn       = "arn:aws:codeconnections:eu-west-2:123456789012:connection/mock"
      repository           = "example/plants"
      artifact_bucket_name = "example-plants-artifacts"
    }
  }

  assert {
    condition     = local.environment.MILLRACE_SQLSERVER_SECRET == module.sqlserver.secret_arn && strcontains(local.policies["plants"], module.sqlserver.secret_arn)
    error_message = "The functions do not know, or may not read, the password."
  }

  assert {
    condition     = alltrue([for policy in values(local.policies) : !strcontains(policy, "millrace-")])
    error_message = "A policy is about what is in no account."
  }

  assert {
    condition     = jsondecode(module.minute_schedule.input).to == "sqlserver://plants.mock.eu-west-2.rds.amazonaws.com:1433/plants" && jsondecode(module.hour_schedule.input).to == "s3://example-plants/plants"
    error_message = "The schedules give other places."
  }

  assert {
    condition     = !contains(aws_route_table.private.route[*].gateway_id, aws_internet_gateway.this.id)
    error_message = "The private subnets are open to the internet."
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.database.referenced_security_group_id == module.sqlserver.security_group_id && aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway"
    error_message = "Functions do not reach the database, or S3 costs them a NAT gateway."
  }
}
