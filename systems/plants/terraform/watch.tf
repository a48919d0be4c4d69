module "alarms" {
  source = "../../../infra/terraform/modules/alarms"

  name   = var.name
  emails = var.emails

  functions = {
    plants = {
      function_name               = module.minute.function_name
      log_group_name              = module.minute.log_group_name
      pipeline                    = "plants"
      timeout_seconds             = module.minute.timeout_seconds
      last_success_within_minutes = 10
      # A sensor that is stuck is a reject a minute.
      rejects_above = var.rejects_above
    }
    archive = {
      function_name               = module.hour.function_name
      log_group_name              = module.hour.log_group_name
      pipeline                    = "plants-archive"
      timeout_seconds             = module.hour.timeout_seconds
      last_success_within_minutes = 180
    }
    daily = {
      function_name               = module.day.function_name
      log_group_name              = module.day.log_group_name
      pipeline                    = "plants-daily"
      timeout_seconds             = module.day.timeout_seconds
      last_success_within_minutes = 26 * 60
    }
  }

  dead_letter_queues = {
    plants  = module.minute.dead_letter_queue_name
    archive = module.hour.dead_letter_queue_name
    daily   = module.day.dead_letter_queue_name
  }
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
    plants = {
      function_name = module.minute.function_name
      function_arn  = module.minute.function_arn
      alias_name    = module.minute.alias_name
      bundle        = "plants --connectors sqlserver"
      alarm_names   = [module.alarms.error_alarm_names["plants"]]
    }
    archive = {
      function_name = module.hour.function_name
      function_arn  = module.hour.function_arn
      alias_name    = module.hour.alias_name
      bundle        = "plants-archive --connectors sqlserver,s3 --hand-on self"
      alarm_names   = [module.alarms.error_alarm_names["archive"]]
      # No hour begins while the alias moves, so the new version makes a move of its own.
      trial_event = jsonencode({ from = local.database, to = local.archive, olderThan = "24h" })
    }
    daily = {
      function_name = module.day.function_name
      function_arn  = module.day.function_arn
      alias_name    = module.day.alias_name
      bundle        = "plants-daily --connectors s3"
      alarm_names   = [module.alarms.error_alarm_names["daily"]]
      trial_event   = jsonencode({ from = local.archive, to = local.archive, daysAgo = 2 })
    }
  }
}
