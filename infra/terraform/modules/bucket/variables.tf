variable "name" {
  description = "Name of the bucket, unique in all of AWS"
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.name))
    error_message = "A bucket's name has 3 to 63 small letters, digits, dots and hyphens."
  }
}

variable "kms_key_arn" {
  description = "KMS key that objects are encrypted with; null is a key of S3's own (SSE-S3)"
  type        = string
  default     = null
}

variable "old_versions_days" {
  description = "Days that an object which was replaced or removed is kept"
  type        = number
  default     = 30

  validation {
    condition     = var.old_versions_days >= 1
    error_message = "Old versions are kept for a day at least."
  }
}

variable "abort_uploads_after_days" {
  description = "Days after which an unfinished upload is aborted: longer than a load may take"
  type        = number
  default     = 7

  validation {
    condition     = var.abort_uploads_after_days >= 1
    error_message = "An upload that a load is in would be aborted: a day at least."
  }
}

variable "data_rule" {
  description = "Where objects below a prefix move with age, and after how many days they are removed; null leaves them where they are"
  type = object({
    prefix            = string
    transitions       = list(object({ after_days = number, storage_class = string }))
    expire_after_days = number
  })
  default = null
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may remove a bucket that has objects"
  type        = bool
  default     = false
}
