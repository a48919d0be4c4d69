module "bucket" {
  source = "../../../infra/terraform/modules/state-bucket"
  name   = "example-population"
}

module "function" {
  source      = "../../../infra/terraform/modules/pipeline-function"
  name        = "population"
  package     = "population.zip"
  policy_json = file("policy.json")
}

module "schedule" {
  source                = "../../../infra/terraform/modules/schedule"
  name                  = "population"
  function_arn          = module.function.alias_arn
  dead_letter_queue_arn = module.function.dead_letter_queue_arn
  expression            = "cron(0 6 * * ? *)"
  params                = { to = "${module.bucket.place}/out" }
}

module "alarms" {
  source = "../../../infra/terraform/modules/alarms"
  name   = "population"
  emails = ["data@example.com"]

  functions = {
    population = {
      function_name               = module.function.function_name
      log_group_name              = module.function.log_group_name
      pipeline                    = "population"
      timeout_seconds             = module.function.timeout_seconds
      last_success_within_minutes = 26 * 60
    }
  }

  dead_letter_queues = { population = module.function.dead_letter_queue_name }
}
