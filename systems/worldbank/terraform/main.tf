locals {
  place = "s3://${var.bucket}/worldbank"
  # As `millrace iam` prints it (README.md), for this bucket.
  policy = replace(file("${path.module}/${var.format}.policy.json"), "millrace-bucket", var.bucket)
  params = merge({ indicators = var.indicators, to = local.place, format = var.format }, var.date == null ? {} : { date = var.date })
}

# Files and the state that lies with them.
module "bucket" {
  source = "../../../infra/terraform/modules/state-bucket"

  name              = var.bucket
  old_versions_days = var.old_versions_days
}

module "function" {
  source = "../../../infra/terraform/modules/pipeline-function"

  name            = var.name
  description     = "World Bank indicators to ${local.place}"
  package         = var.package
  policy_json     = local.policy
  runtime         = var.runtime
  timeout_seconds = 900
  memory_mib      = 512
  # As its zip is made: a load of many indicators goes on in the next invocation.
  hands_on    = true
  deployed_by = var.delivery == null ? "terraform" : "delivery"
}

module "schedule" {
  source = "../../../infra/terraform/modules/schedule"

  name                  = var.name
  function_arn          = module.function.alias_arn
  dead_letter_queue_arn = module.function.dead_letter_queue_arn
  expression            = var.schedule
  params                = local.params
}

module "alarms" {
  source = "../../../infra/terraform/modules/alarms"

  name   = var.name
  emails = var.emails

  functions = {
    worldbank = {
      function_name   = module.function.function_name
      log_group_name  = module.function.log_group_name
      pipeline        = "worldbank"
      timeout_seconds = module.function.timeout_seconds
      # A day that nothing moved at the World Bank is a success too.
      last_success_within_minutes = var.last_success_within_hours * 60
    }
  }

  dead_letter_queues = { worldbank = module.function.dead_letter_queue_name }
}

module "delivery" {
  source = "../../../infra/terraform/modules/delivery"
  count  = var.delivery == null ? 0 : 1

  name                 = "${var.name}-delivery"
  connection_arn       = var.delivery.connection_arn
  repository           = var.delivery.repository
  branch               = var.delivery.branch
  artifact_bucket_name = var.delivery.artifact_bucket_name

  functions = {
    worldbank = {
      function_name = module.function.function_name
      function_arn  = module.function.function_arn
      alias_name    = module.function.alias_name
      bundle        = "worldbank --connectors s3 --hand-on self"
      alarm_names   = [module.alarms.error_alarm_names["worldbank"]]
      # No load is due while the alias moves, so the new version does one: where nothing is new it touches nothing.
      trial_event = jsonencode(local.params)
    }
  }
}
