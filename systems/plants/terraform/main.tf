locals {
  database = "${module.sqlserver.place}/${var.database}"
  archive  = "s3://${var.archive_bucket}/plants"
  # As `npx millrace iam` prints them (README.md), for this bucket and this secret.
  policies = {
    for name in ["plants", "plants-archive", "plants-daily"] : name => replace(
      replace(file("${path.module}/${name}.policy.json"), "millrace-bucket", var.archive_bucket),
      "arn:aws:secretsmanager:eu-west-2:123456789012:secret:millrace-secret", module.sqlserver.secret_arn
    )
  }
  environment = {
    # User and password, asked for whenever connections are opened: RDS changes them.
    MILLRACE_SQLSERVER_SECRET = module.sqlserver.secret_arn
    # RDS's certificates are signed by Amazon's own authorities, which Node.js does not trust by itself since Lambda's Node.js 20.
    # https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html (read 2026-12)
    NODE_EXTRA_CA_CERTS = "/var/runtime/ca-cert.pem"
  }
  vpc         = { subnet_ids = aws_subnet.private[*].id, security_group_ids = [aws_security_group.functions.id] }
  deployed_by = var.delivery == null ? "terraform" : "delivery"
}

module "sqlserver" {
  source = "../../../infra/terraform/modules/sqlserver"

  name                      = var.name
  vpc_id                    = aws_vpc.this.id
  subnet_ids                = aws_subnet.private[*].id
  client_security_group_ids = { functions = aws_security_group.functions.id }
  edition                   = var.sqlserver.edition
  instance_class            = var.sqlserver.instance_class
  deletion_protection       = var.sqlserver.deletion_protection
}

module "archive" {
  source = "../../../infra/terraform/modules/archive-bucket"

  name               = var.archive_bucket
  prefix             = "plants/readings/"
  glacier_after_days = var.glacier_after_days
}

# Every minute: the API into the tables.
module "minute" {
  source = "../../../infra/terraform/modules/pipeline-function"

  name        = var.name
  description = "One round over the plants into ${var.database}"
  package     = var.packages.plants
  policy_json = local.policies["plants"]
  runtime     = var.runtime
  environment = local.environment
  vpc         = local.vpc
  memory_mib  = 512
  # A round ends before the next minute; one that did not is what the next takes up.
  timeout_seconds = 58
  # A minute that waits for longer is told of as missing, and the API knows the newest reading only.
  max_event_age_seconds = 120
  deployed_by           = local.deployed_by
}

module "minute_schedule" {
  source = "../../../infra/terraform/modules/schedule"

  name                  = var.name
  function_arn          = module.minute.alias_arn
  dead_letter_queue_arn = module.minute.dead_letter_queue_arn
  expression            = "rate(1 minute)"
  max_retry_attempts    = 1
  max_event_age_seconds = 60
  params                = { apiUrl = var.api_url, to = local.database, budgetSeconds = 40 }
}

# Every hour: what is older than a day into the archive.
module "hour" {
  source = "../../../infra/terraform/modules/pipeline-function"

  name        = "${var.name}-archive"
  description = "Readings of more than a day ago into ${local.archive}"
  package     = var.packages.archive
  policy_json = local.policies["plants-archive"]
  runtime     = var.runtime
  environment = local.environment
  vpc         = local.vpc
  memory_mib  = 1024
  # As its zip is made: after days without it there is more to archive than an invocation has time for.
  hands_on    = true
  deployed_by = local.deployed_by
}

module "hour_schedule" {
  source = "../../../infra/terraform/modules/schedule"

  name                  = "${var.name}-archive"
  function_arn          = module.hour.alias_arn
  dead_letter_queue_arn = module.hour.dead_letter_queue_arn
  expression            = "cron(5 * * * ? *)"
  params                = { from = local.database, to = local.archive, olderThan = "24h" }
}

# Every day: the sums of the day before yesterday, which is archived by then. It needs the bucket alone, so no VPC.
module "day" {
  source = "../../../infra/terraform/modules/pipeline-function"

  name        = "${var.name}-daily"
  description = "A day of ${local.archive}, summed up plant by plant"
  package     = var.packages.daily
  policy_json = local.policies["plants-daily"]
  runtime     = var.runtime
  memory_mib  = 1024
  deployed_by = local.deployed_by
}

module "day_schedule" {
  source = "../../../infra/terraform/modules/schedule"

  name                  = "${var.name}-daily"
  function_arn          = module.day.alias_arn
  dead_letter_queue_arn = module.day.dead_letter_queue_arn
  expression            = "cron(30 1 * * ? *)"
  params                = { from = local.archive, to = local.archive, daysAgo = 2 }
}
