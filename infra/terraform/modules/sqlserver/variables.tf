variable "name" {
  description = "Name of the instance"
  type        = string

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9]){0,14}$", var.name))
    error_message = "An instance of SQL Server has a name of up to 15 small letters, digits and hyphens, which begins with a letter."
  }
}

variable "vpc_id" {
  description = "The VPC it is in"
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, in two availability zones or more"
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "RDS wants subnets in at least two availability zones."
  }
}

variable "client_security_group_ids" {
  description = "Security groups whose members may connect, each under a name of your own"
  type        = map(string)
}

variable "edition" {
  description = "ex (Express: free, 10 GiB a database, storage not encrypted), web, se or ee"
  type        = string
  default     = "ex"

  validation {
    condition     = contains(["ex", "web", "se", "ee"], var.edition)
    error_message = "The edition is ex, web, se or ee."
  }
}

variable "release" {
  description = "Year of SQL Server: 2017, 2019 or 2022"
  type        = number
  default     = 2022

  validation {
    condition     = contains([2017, 2019, 2022], var.release)
    error_message = "The release is 2017, 2019 or 2022."
  }
}

variable "instance_class" {
  description = "Class of the instance; Express runs on db.t3"
  type        = string
  default     = "db.t3.small"
}

variable "storage_gib" {
  description = "Storage to begin with, in GiB"
  type        = number
  default     = 20

  validation {
    condition     = var.storage_gib >= 20
    error_message = "RDS gives SQL Server 20 GiB or more."
  }
}

variable "max_storage_gib" {
  description = "Storage it may grow to by itself, in GiB"
  type        = number
  default     = 100
}

variable "username" {
  description = "The login that owns the databases it makes. RDS makes its password"
  type        = string
  default     = "millrace"

  validation {
    condition     = !contains(["sa", "admin", "rdsa", "guest", "public"], lower(var.username))
    error_message = "That name is taken by SQL Server or RDS."
  }
}

variable "rotation_days" {
  description = "Days after which the password is changed"
  type        = number
  default     = 7

  validation {
    condition     = var.rotation_days >= 1 && var.rotation_days <= 90
    error_message = "A password is changed every 1 to 90 days."
  }
}

variable "kms_key_arn" {
  description = "KMS key of storage and secret; null are keys of AWS's own"
  type        = string
  default     = null
}

variable "multi_az" {
  description = "Whether a second instance stands by; not with ex and web"
  type        = bool
  default     = false
}

variable "backup_days" {
  description = "Days that backups are kept"
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 35
    error_message = "Backups are kept for 1 to 35 days."
  }
}

variable "deletion_protection" {
  description = "Whether the instance cannot be removed before this is false"
  type        = bool
  default     = true
}
