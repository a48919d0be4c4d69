variable "name" {
  description = "Name of the pipeline; builds, roles and the application of CodeDeploy are named after it"
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,50}$", var.name))
    error_message = "The name has up to 50 letters, digits, hyphens and underscores."
  }
}

variable "connection_arn" {
  description = "ARN of the connection to GitHub, which someone has confirmed in the console"
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:(codestar-connections|codeconnections):", var.connection_arn))
    error_message = "That is no ARN of a connection."
  }
}

variable "repository" {
  description = "The repository, as owner/name"
  type        = string

  validation {
    condition     = can(regex("^[^/]+/[^/]+$", var.repository))
    error_message = "A repository is owner/name."
  }
}

variable "branch" {
  description = "The branch whose commits are delivered"
  type        = string
  default     = "main"
}

variable "artifact_bucket_name" {
  description = "Name of the bucket that stages hand their files on by, unique in all of AWS"
  type        = string
}

variable "functions" {
  description = "Functions to deploy, each under a name of your own, and what `millrace bundle` is told to make its zip. A `trial_event` (JSON) is run by the new version alone before it gets any other"
  type = map(object({
    function_name = string
    function_arn  = string
    alias_name    = string
    bundle        = string
    alarm_names   = list(string)
    trial_event   = optional(string, "")
  }))

  validation {
    condition     = length(var.functions) > 0 && alltrue([for key in keys(var.functions) : can(regex("^[A-Za-z0-9_-]{1,50}$", key))])
    error_message = "At least one function, under names of letters, digits, hyphens and underscores."
  }

  validation {
    condition     = alltrue([for function in values(var.functions) : can(regex("^[A-Za-z0-9 ./_,=-]+$", function.bundle))])
    error_message = "What `millrace bundle` is told is words of letters, digits and . / _ , = -"
  }

  validation {
    condition     = alltrue([for function in values(var.functions) : length(function.alarm_names) > 0])
    error_message = "Without an alarm nothing rolls a deployment back."
  }
}

variable "deployment_config_name" {
  description = "How CodeDeploy moves the alias. All at once leaves no time in which an alarm could be raised"
  type        = string
  default     = "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"

  validation {
    condition     = var.deployment_config_name != "CodeDeployDefault.LambdaAllAtOnce"
    error_message = "Moved all at once, the alias is never rolled back on an alarm."
  }
}

variable "test_command" {
  description = "What has to succeed before anything is bundled"
  type        = string
  default     = "npm test"
}

variable "node_version" {
  description = "Release line of Node.js that builds use"
  type        = string
  default     = "22"
}

variable "build_image" {
  description = "Image that builds run in"
  type        = string
  default     = "aws/codebuild/amazonlinux-aarch64-standard:3.0"
}

variable "log_retention_days" {
  description = "Days that the builds' logs are kept"
  type        = number
  default     = 30
}
