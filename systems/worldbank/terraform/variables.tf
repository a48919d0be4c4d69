variable "name" {
  description = "Name of function, schedule, alarms and dashboard"
  type        = string
  default     = "worldbank"
}

variable "bucket" {
  description = "Name of the bucket to make for the files, unique in all of AWS"
  type        = string
}

variable "package" {
  description = "Path of the zip of `npx millrace bundle worldbank --connectors s3 --hand-on self`"
  type        = string
}

variable "indicators" {
  description = "Indicators to load, one file each"
  type        = list(string)
  default     = ["SP.POP.TOTL", "NY.GDP.MKTP.CD"]

  validation {
    condition     = length(var.indicators) > 0
    error_message = "Name one indicator at least."
  }
}

variable "date" {
  description = "Years, such as 2000:2024; null is all of them"
  type        = string
  default     = null
}

variable "format" {
  description = "csv or parquet"
  type        = string
  default     = "csv"

  validation {
    condition     = contains(["csv", "parquet"], var.format)
    error_message = "Files are csv or parquet."
  }
}

variable "schedule" {
  description = "When to look for news; times are UTC"
  type        = string
  default     = "cron(0 6 * * ? *)"
}

variable "last_success_within_hours" {
  description = "Hours without a success after which an alarm is raised: longer than between two runs, and at most 168"
  type        = number
  default     = 26

  validation {
    condition     = var.last_success_within_hours >= 1 && var.last_success_within_hours <= 168
    error_message = "An alarm looks back for 1 to 168 hours (7 days)."
  }
}

variable "old_versions_days" {
  description = "Days that replaced files are kept"
  type        = number
  default     = 30
}

variable "emails" {
  description = "Who is told of alarms by mail"
  type        = list(string)
  default     = []
}

variable "runtime" {
  description = "Runtime of the function; provider 5 knows none beyond `nodejs22.x`"
  type        = string
  default     = "nodejs24.x"
}

variable "delivery" {
  description = "Delivery of commits from GitHub: the connection, which was confirmed in the console, the repository as owner/name, and a bucket to make for its artifacts. null leaves deploying to `terraform apply`"
  type = object({
    connection_arn       = string
    repository           = string
    branch               = optional(string, "main")
    artifact_bucket_name = string
  })
  default = null
}
