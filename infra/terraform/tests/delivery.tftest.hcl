mock_provider "aws" {
  source = "./tests/mocks"
}

# Roles that can be told apart.
override_resource {
  target = aws_iam_role.build
  values = { arn = "arn:aws:iam::123456789012:role/build" }
}

override_resource {
  target = aws_iam_role.deploy
  values = { arn = "arn:aws:iam::123456789012:role/deploy" }
}

variables {
  name                 = "population"
  connection_arn       = "arn:aws:codeconnections:eu-west-2:123456789012:connection/mock"
  repository           = "example/population"
  artifact_bucket_name = "population-artifacts"
  functions = {
    population = {
      function_name = "population"
      function_arn  = "arn:aws:lambda:eu-west-2:123456789012:function:population"
      alias_name    = "live"
      bundle        = "population.ts --connectors s3"
      alarm_names   = ["population-errors"]
      trial_event   = "{}"
    }
  }
}

run "test_then_bundle_then_deploy" {
  module {
    source = "./modules/delivery"
  }

  assert {
    condition     = aws_codepipeline.this.stage[*].name == tolist(["Source", "Test", "Bundle", "Deploy"]) && aws_codepipeline.this.pipeline_type == "V2"
    error_message = "The stages are others."
  }

  assert {
    condition     = aws_codepipeline.this.stage[0].action[0].provider == "CodeStarSourceConnection" && aws_codepipeline.this.stage[0].action[0].configuration.FullRepositoryId == "example/population"
    error_message = "The source is not the repository on GitHub."
  }

  assert {
    condition     = toset(jsondecode(aws_iam_role_policy.pipeline.policy).Statement[1].Action) == toset(["codeconnections:UseConnection", "codestar-connections:UseConnection"])
    error_message = "A connection of one of the two names is refused."
  }

  assert {
    condition     = jsondecode(aws_codepipeline.this.stage[2].action[0].configuration.EnvironmentVariables)[0].value == "population population.ts --connectors s3"
    error_message = "Another bundle is made."
  }

  assert {
    condition     = { for variable in jsondecode(aws_codepipeline.this.stage[3].action[0].configuration.EnvironmentVariables) : variable.name => variable.value }.ZIP == "population.zip"
    error_message = "Another zip is deployed than was bundled."
  }
}

run "rolled_back_on_alarm" {
  module {
    source = "./modules/delivery"
  }

  assert {
    condition     = aws_codedeploy_deployment_group.this["population"].alarm_configuration[0].alarms == toset(["population-errors"]) && contains(aws_codedeploy_deployment_group.this["population"].auto_rollback_configuration[0].events, "DEPLOYMENT_STOP_ON_ALARM")
    error_message = "An alarm rolls nothing back."
  }

  assert {
    condition     = aws_codedeploy_app.this.compute_platform == "Lambda" && aws_codedeploy_deployment_group.this["population"].deployment_style[0].deployment_option == "WITH_TRAFFIC_CONTROL"
    error_message = "The alias is not what is moved."
  }
}

run "code_of_the_repository_may_change_no_function" {
  module {
    source = "./modules/delivery"
  }

  assert {
    condition     = aws_codebuild_project.this["test"].service_role == aws_iam_role.build.arn && aws_codebuild_project.this["bundle"].service_role == aws_iam_role.build.arn && aws_codebuild_project.this["deploy"].service_role == aws_iam_role.deploy.arn
    error_message = "The roles are mixed up."
  }

  assert {
    condition     = length([for action in flatten(jsondecode(aws_iam_role_policy.build.policy).Statement[*].Action) : action if !startswith(action, "s3:") && !startswith(action, "logs:")]) == 0
    error_message = "Tests may do more than write logs and artifacts."
  }
}

run "refuses_what_never_rolls_back" {
  command = plan

  module {
    source = "./modules/delivery"
  }

  variables {
    deployment_config_name = "CodeDeployDefault.LambdaAllAtOnce"
    repository             = "population"
    functions = {
      population = {
        function_name = "population"
        function_arn  = "arn:aws:lambda:eu-west-2:123456789012:function:population"
        alias_name    = "live"
        bundle        = "population.ts; curl example.com"
        alarm_names   = []
      }
    }
  }

  expect_failures = [var.deployment_config_name, var.repository, var.functions]
}
