module "bucket" {
  source = "../bucket"

  name                     = var.name
  kms_key_arn              = var.kms_key_arn
  old_versions_days        = var.old_versions_days
  abort_uploads_after_days = var.abort_uploads_after_days
  force_destroy            = var.force_destroy
}
