data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  # Builds: what each runs, and whether it may change functions.
  builds = {
    test   = file("${path.module}/buildspec-test.yml")
    bundle = file("${path.module}/buildspec-bundle.yml")
    deploy = file("${path.module}/buildspec-deploy.yml")
  }
}

module "artifacts" {
  source = "../bucket"

  name              = var.artifact_bucket_name
  old_versions_days = 7
  data_rule         = { prefix = "", transitions = [], expire_after_days = 30 }
}

resource "aws_codepipeline" "this" {
  name          = var.name
  role_arn      = aws_iam_role.pipeline.arn
  pipeline_type = "V2"
  # A newer commit takes the place of one that still waits; none is deployed while another is.
  execution_mode = "SUPERSEDED"

  artifact_store {
    location = module.artifacts.name
    type     = "S3"
  }

  stage {
    name = "Source"

    action {
      name             = "GitHub"
      category         = "Source"
      owner            = "AWS"
      provider         = "CodeStarSourceConnection"
      version          = "1"
      output_artifacts = ["source"]

      configuration = {
        ConnectionArn        = var.connection_arn
        FullRepositoryId     = var.repository
        BranchName           = var.branch
        OutputArtifactFormat = "CODE_ZIP"
      }
    }
  }

  stage {
    name = "Test"

    action {
      name            = "Test"
      category        = "Test"
      owner           = "AWS"
      provider        = "CodeBuild"
      version         = "1"
      input_artifacts = ["source"]

      configuration = { ProjectName = aws_codebuild_project.this["test"].name }
    }
  }

  stage {
    name = "Bundle"

    action {
      name             = "Bundle"
      category         = "Build"
      owner            = "AWS"
      provider         = "CodeBuild"
      version          = "1"
      input_artifacts  = ["source"]
      output_artifacts = ["bundles"]

      configuration = {
        ProjectName = aws_codebuild_project.this["bundle"].name
        EnvironmentVariables = jsonencode([
          # One word for each function: its name, and what `millrace bundle` is told.
          { name = "BUNDLES", type = "PLAINTEXT", value = join("\n", [for key in sort(keys(var.functions)) : "${key} ${var.functions[key].bundle}"]) },
        ])
      }
    }
  }

  stage {
    name = "Deploy"

    dynamic "action" {
      for_each = var.functions

      content {
        name            = action.key
        category        = "Build"
        owner           = "AWS"
        provider        = "CodeBuild"
        version         = "1"
        input_artifacts = ["bundles"]

        configuration = {
          ProjectName = aws_codebuild_project.this["deploy"].name
          EnvironmentVariables = jsonencode([
            { name = "ZIP", type = "PLAINTEXT", value = "${action.key}.zip" },
            { name = "FUNCTION", type = "PLAINTEXT", value = action.value.function_name },
            { name = "ALIAS", type = "PLAINTEXT", value = action.value.alias_name },
            { name = "APPLICATION", type = "PLAINTEXT", value = aws_codedeploy_app.this.name },
            { name = "GROUP", type = "PLAINTEXT", value = aws_codedeploy_deployment_group.this[action.key].deployment_group_name },
            { name = "TRIAL_EVENT", type = "PLAINTEXT", value = action.value.trial_event },
          ])
        }
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "builds" {
  name              = "/aws/codebuild/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_codebuild_project" "this" {
  for_each = local.builds

  name          = "${var.name}-${each.key}"
  description   = "The ${each.key} step of ${var.name}"
  service_role  = each.key == "deploy" ? aws_iam_role.deploy.arn : aws_iam_role.build.arn
  build_timeout = 60

  artifacts {
    type = "CODEPIPELINE"
  }

  environment {
    type         = "ARM_CONTAINER"
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = var.build_image

    environment_variable {
      name  = "NODE_VERSION"
      value = var.node_version
    }

    environment_variable {
      name  = "TEST_COMMAND"
      value = var.test_command
    }
  }

  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.builds.name
    }
  }

  source {
    type      = "CODEPIPELINE"
    buildspec = each.value
  }
}

resource "aws_codedeploy_app" "this" {
  name             = var.name
  compute_platform = "Lambda"
}

# Moves the alias to the new version bit by bit, and back to the old one where an alarm is raised meanwhile.
resource "aws_codedeploy_deployment_group" "this" {
  for_each = var.functions

  app_name               = aws_codedeploy_app.this.name
  deployment_group_name  = each.key
  service_role_arn       = aws_iam_role.shift.arn
  deployment_config_name = var.deployment_config_name

  deployment_style {
    deployment_type   = "BLUE_GREEN"
    deployment_option = "WITH_TRAFFIC_CONTROL"
  }

  alarm_configuration {
    enabled = true
    alarms  = each.value.alarm_names
  }

  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
  }
}
