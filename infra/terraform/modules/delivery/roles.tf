locals {
  read_and_write_artifacts = {
    Sid      = "Artifacts"
    Effect   = "Allow"
    Action   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
    Resource = "${module.artifacts.arn}/*"
  }
  write_build_logs = {
    Sid      = "WriteLogs"
    Effect   = "Allow"
    Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    Resource = "${aws_cloudwatch_log_group.builds.arn}:*"
  }
  trusts = {
    for service in ["codepipeline", "codebuild", "codedeploy"] : service => jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Effect    = "Allow"
          Principal = { Service = "${service}.amazonaws.com" }
          Action    = "sts:AssumeRole"
          Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
        }
      ]
    })
  }
  function_arns = [for function in values(var.functions) : function.function_arn]
  alias_arns    = [for function in values(var.functions) : "${function.function_arn}:*"]
}

resource "aws_iam_role" "pipeline" {
  name               = "${var.name}-pipeline"
  description        = "Takes commits of ${var.repository} through the stages"
  assume_role_policy = local.trusts.codepipeline
}

resource "aws_iam_role_policy" "pipeline" {
  name = "pipeline"
  role = aws_iam_role.pipeline.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.read_and_write_artifacts,
      {
        # One service under two names: which of them is asked for goes by the connection's ARN.
        # https://docs.aws.amazon.com/dtconsole/latest/userguide/rename.html (read 2026-12)
        Sid      = "ReadRepository"
        Effect   = "Allow"
        Action   = ["codeconnections:UseConnection", "codestar-connections:UseConnection"]
        Resource = var.connection_arn
      },
      {
        Sid      = "StartBuilds"
        Effect   = "Allow"
        Action   = ["codebuild:StartBuild", "codebuild:BatchGetBuilds"]
        Resource = [for project in values(aws_codebuild_project.this) : project.arn]
      },
    ]
  })
}

# Runs code of the repository, so it may change nothing but artifacts.
resource "aws_iam_role" "build" {
  name               = "${var.name}-build"
  description        = "Tests and bundles ${var.repository}"
  assume_role_policy = local.trusts.codebuild
}

resource "aws_iam_role_policy" "build" {
  name = "build"
  role = aws_iam_role.build.name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [local.read_and_write_artifacts, local.write_build_logs]
  })
}

resource "aws_iam_role" "deploy" {
  name               = "${var.name}-deploy"
  description        = "Publishes versions of the functions, and asks CodeDeploy to move their aliases"
  assume_role_policy = local.trusts.codebuild
}

resource "aws_iam_role_policy" "deploy" {
  name = "deploy"
  role = aws_iam_role.deploy.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.read_and_write_artifacts,
      local.write_build_logs,
      {
        Sid    = "PublishVersions"
        Effect = "Allow"
        Action = [
          "lambda:GetAlias",
          "lambda:GetFunction",
          "lambda:GetFunctionConfiguration",
          "lambda:InvokeFunction",
          "lambda:PublishVersion",
          "lambda:UpdateFunctionCode",
        ]
        Resource = concat(local.function_arns, local.alias_arns)
      },
      {
        Sid    = "StartDeployments"
        Effect = "Allow"
        Action = [
          "codedeploy:CreateDeployment",
          "codedeploy:GetApplicationRevision",
          "codedeploy:GetDeployment",
          "codedeploy:GetDeploymentConfig",
          "codedeploy:RegisterApplicationRevision",
        ]
        Resource = concat(
          [aws_codedeploy_app.this.arn],
          [for group in values(aws_codedeploy_deployment_group.this) : group.arn],
          # The configurations that CodeDeploy has of its own.
          ["arn:aws:codedeploy:*:${local.account}:deploymentconfig:*"],
        )
      },
    ]
  })
}

resource "aws_iam_role" "shift" {
  name               = "${var.name}-shift"
  description        = "Lets CodeDeploy move the aliases, and back on an alarm"
  assume_role_policy = local.trusts.codedeploy
}

resource "aws_iam_role_policy" "shift" {
  name = "shift"
  role = aws_iam_role.shift.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "MoveAliases"
        Effect   = "Allow"
        Action   = ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"]
        Resource = concat(local.function_arns, local.alias_arns)
      },
      {
        Sid      = "WatchAlarms"
        Effect   = "Allow"
        Action   = ["cloudwatch:DescribeAlarms"]
        Resource = "*"
      },
    ]
  })
}
