locals {
  transitions = concat(
    [for days in [var.infrequent_access_after_days] : { after_days = days, storage_class = "STANDARD_IA" } if days != null],
    [for days in [var.glacier_after_days] : { after_days = days, storage_class = "GLACIER_IR" } if days != null],
  )
  ages = length(local.transitions) > 0 || var.expire_after_days != null
}

module "bucket" {
  source = "../bucket"

  name                     = var.name
  kms_key_arn              = var.kms_key_arn
  old_versions_days        = var.old_versions_days
  abort_uploads_after_days = var.abort_uploads_after_days
  force_destroy            = var.force_destroy

  data_rule = local.ages ? {
    prefix            = var.prefix
    transitions       = local.transitions
    expire_after_days = var.expire_after_days
  } : null
}
