variable "name" {
  description = "Name of the system: of its database server, functions, schedules, alarms and dashboard"
  type        = string
  default     = "plants"
}

variable "api_url" {
  description = "Where the API is; a plant is at <api_url>/<id>"
  type        = string
}

variable "archive_bucket" {
  description = "Name of the bucket to make for the archive, unique in all of AWS"
  type        = string
}

variable "packages" {
  description = "Paths of the zips of `npx millrace bundle`: plants --connectors sqlserver, plants-archive --connectors sqlserver,s3 --hand-on self, plants-daily --connectors s3"
  type        = object({ plants = string, archive = string, daily = string })
}

variable "database" {
  description = "The database, which someone has made on the server once"
  type        = string
  default     = "plants"

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_]{0,62}$", var.database)) && lower(var.database) != "master"
    error_message = "A database of its own, named with letters, digits and underscores."
  }
}

variable "sqlserver" {
  description = "Edition, class of the instance, and whether it is protected from removal"
  type = object({
    edition             = optional(string, "ex")
    instance_class      = optional(string, "db.t3.small")
    deletion_protection = optional(bool, true)
  })
  default = {}
}

variable "vpc_cidr" {
  description = "Addresses of the VPC"
  type        = string
  default     = "10.40.0.0/20"

  validation {
    condition     = can(cidrsubnet(var.vpc_cidr, 4, 8)) && tonumber(split("/", var.vpc_cidr)[1]) <= 24
    error_message = "A range of /24 or larger, such as 10.40.0.0/20."
  }
}

variable "glacier_after_days" {
  description = "Days after which readings move to GLACIER_IR; null is never"
  type        = number
  default     = 180
}

variable "rejects_above" {
  description = "Rejects within an hour that are usual, as of sensors that are stuck"
  type        = number
  default     = 240
}

variable "emails" {
  description = "Who is told of alarms by mail"
  type        = list(string)
  default     = []
}

variable "runtime" {
  description = "Runtime of the functions; provider 5 knows none beyond `nodejs22.x`"
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
